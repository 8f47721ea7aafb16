#include "eval/measure_functions.h"

static const measure_spec everything = {.cutoff = SIZE_MAX};

double average_precision(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return average_precision_at(r, &everything);
}

double reciprocal_rank(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return reciprocal_rank_at(r, &everything);
}

/* A share of the relevant documents as a number of them, as trec_eval rounds it: up, but for less
 * than a tenth. */
static size_t share_of_relevant(const ranking *r, double fraction) {
    double count = fraction * (double)r->num_rel + 0.9;
    return count < (double)SIZE_MAX ? (size_t)count : SIZE_MAX;
}

/* Precision at as many documents as are relevant. */
double r_precision(const ranking *r, const measure_spec *spec) {
    (void)spec;
    return share((double)relevant_until(r, r->num_rel), (double)r->num_rel);
}

/* The same at a multiple of that. */
double r_precision_multiple(const ranking *r, const measure_spec *spec) {
    size_t cutoff = share_of_relevant(r, spec->numbers[0]);
    return share((double)relevant_until(r, cutoff), (double)cutoff);
}

/* The largest precision at any rank where so many relevant documents have been found. */
static double best_precision_from(const ranking *r, size_t wanted) {
    size_t found = r->num_rel_ret;
    double best = 0;
    for (size_t i = r->num_ret; i > 0 && found >= wanted; i--) {
        double precision = (double)found / (double)i;
        best = precision > best ? precision : best;
        found -= is_relevant(r, i - 1);
    }
    return best;
}

double interpolated_precision(const ranking *r, const measure_spec *spec) {
    return best_precision_from(r, share_of_relevant(r, spec->numbers[0]));
}

double mean_interpolated_precision(const ranking *r, const measure_spec *spec) {
    double sum = 0;
    for (size_t i = 0; i < spec->count; i++)
        sum += best_precision_from(r, share_of_relevant(r, spec->numbers[i]));
    return sum / (double)spec->count;
}
