#include "eval/compare_runs.h"

#include "base/memory.h"

#include <string.h>

enum { USUAL_SAMPLES = 100000 };

comparison_options comparison_defaults(void) {
    return (comparison_options){.test = SIGNIFICANCE_T_TEST, .samples = USUAL_SAMPLES};
}

/* Steps through both, which are in the order of their ids, and takes the values of common queries:
 * into a and b [fewer of both]. Returns how many they are. */
static size_t take_common(double *a, double *b, const evaluation *first, const evaluation *second,
                          size_t column) {
    size_t count = 0;
    for (size_t i = 0, j = 0; i < first->num_queries && j < second->num_queries;) {
        int order = strcmp(first->qids[i], second->qids[j]);
        if (order == 0) {
            a[count] = first->values[i * first->num_measures + column];
            b[count++] = second->values[j * second->num_measures + column];
        }
        i += order <= 0;
        j += order >= 0;
    }
    return count;
}

static double mean(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static dear_status compare_two(run_comparison *out, const evaluation *first,
                               const evaluation *second, size_t column, const comparison_options *o,
                               dear_error *err) {
    double *a = mem_calloc(first->num_queries, sizeof *a);
    double *b = mem_calloc(first->num_queries, sizeof *b);
    dear_status status = a && b ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK) {
        size_t count = take_common(a, b, first, second, column);
        status = compare_values(&out->values, a, b, count, o->test, o->samples, o->seed, err);
        out->first_mean = mean(a, count);
        out->second_mean = mean(b, count);
    }
    mem_free(a);
    mem_free(b);
    return status;
}

static dear_status adjust(run_comparison *all, size_t count, dear_error *err) {
    double *p = mem_calloc(count, sizeof *p);
    if (!p)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        p[i] = all[i].values.p;
    dear_status status = holm_adjust(p, count, err);
    for (size_t i = 0; i < count; i++)
        all[i].adjusted_p = p[i];
    mem_free(p);
    return status;
}

dear_status compare_runs(run_comparison *out, const evaluation *first, const evaluation *others,
                         size_t num_others, size_t column, const comparison_options *options,
                         dear_error *err) {
    for (size_t i = 0; i < num_others; i++)
        TRY(compare_two(&out[i], first, &others[i], column, options, err));
    return adjust(out, num_others, err);
}
