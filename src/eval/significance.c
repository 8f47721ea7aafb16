#include "eval/significance.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

/* Sums of the same numbers in another order differ by rounding; what is so close is equal. */
static const double ROUNDING = 1e-12;

typedef struct moments {
    double mean;
    double deviation; ///< standard, of a sample
} moments;

static moments moments_of(const double *values, size_t count) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return (moments){mean, sqrt(squares / (double)(count - 1))};
}

/* |t| of a sample's mean against 0: infinite when all values are one that is not 0. */
static double t_statistic(moments m, size_t count) {
    return m.mean == 0 ? 0 : fabs(m.mean) / (m.deviation / sqrt((double)count));
}

static double p_of_t_test(moments m, size_t count) {
    return student_t_probability(t_statistic(m, count), (double)(count - 1));
}

/* What was observed counts as one of the samples. */
static double p_of_samples(size_t reached, size_t samples) {
    return (double)(reached + 1) / (double)(samples + 1);
}

static dear_status p_of_bootstrap(double *p, const double *differences, size_t count,
                                  moments observed, size_t samples, uint64_t seed,
                                  dear_error *err) {
    double *drawn = mem_calloc(count, sizeof *drawn);
    if (!drawn)
        return error_memory(err);
    random_source random = random_from_seed(seed);
    double threshold = t_statistic(observed, count) * (1 - ROUNDING);
    size_t reached = 0;
    for (size_t s = 0; s < samples; s++) {
        for (size_t i = 0; i < count; i++)
            drawn[i] = differences[random_below(&random, count)] - observed.mean;
        reached += t_statistic(moments_of(drawn, count), count) >= threshold;
    }
    mem_free(drawn);
    *p = p_of_samples(reached, samples);
    return DEAR_OK;
}

/* Of all ways to add or subtract each of the differences, those that reach the threshold. */
static size_t count_signs(const double *differences, size_t count, double sum, double threshold) {
    if (count == 0)
        return fabs(sum) >= threshold;
    return count_signs(differences + 1, count - 1, sum + *differences, threshold) +
           count_signs(differences + 1, count - 1, sum - *differences, threshold);
}

static double sum_with_random_signs(const double *differences, size_t count,
                                    random_source *random) {
    double sum = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++, bits >>= 1) {
        if (i % 64 == 0)
            bits = random_bits(random);
        sum += bits & 1 ? differences[i] : -differences[i];
    }
    return sum;
}

static double p_of_randomization(const double *differences, size_t count, size_t samples,
                                 uint64_t seed) {
    double sum = 0, magnitude = 0;
    for (size_t i = 0; i < count; i++) {
        sum += differences[i];
        magnitude += fabs(differences[i]);
    }
    double threshold = fabs(sum) - ROUNDING * magnitude;
    if (count < 64 && UINT64_C(1) << count <= samples)
        return (double)count_signs(differences, count, 0, threshold) /
               (double)(UINT64_C(1) << count);
    random_source random = random_from_seed(seed);
    size_t reached = 0;
    for (size_t s = 0; s < samples; s++)
        reached += fabs(sum_with_random_signs(differences, count, &random)) >= threshold;
    return p_of_samples(reached, samples);
}

/* Counts wins, ties and losses, and fills in the differences. */
static void take_differences(comparison *out, double *differences, const double *first,
                             const double *second, size_t count) {
    *out = (comparison){.num_queries = count};
    for (size_t i = 0; i < count; i++) {
        differences[i] = second[i] - first[i];
        out->wins += differences[i] > 0;
        out->ties += differences[i] == 0;
        out->losses += differences[i] < 0;
    }
}

dear_status compare_values(comparison *out, const double *first, const double *second,
                           size_t num_queries, significance_test test, size_t samples,
                           uint64_t seed, dear_error *err) {
    *out = (comparison){0};
    if (num_queries < 2)
        return error_set(err, DEAR_ERROR_INPUT,
                         "two runs are compared over two queries at least, not %zu", num_queries);
    double *differences = mem_calloc(num_queries, sizeof *differences);
    if (!differences)
        return error_memory(err);
    take_differences(out, differences, first, second, num_queries);
    moments observed = moments_of(differences, num_queries);
    out->mean_difference = observed.mean;
    out->effect_size = observed.deviation > 0 ? observed.mean / observed.deviation : 0;
    dear_status status = DEAR_OK;
    if (out->ties == num_queries)
        out->p = 1;
    else if (test == SIGNIFICANCE_T_TEST)
        out->p = p_of_t_test(observed, num_queries);
    else if (test == SIGNIFICANCE_RANDOMIZATION)
        out->p = p_of_randomization(differences, num_queries, samples, seed);
    else
        status = p_of_bootstrap(&out->p, differences, num_queries, observed, samples, seed, err);
    mem_free(differences);
    return status;
}

static int by_value(const void *a, const void *b) {
    double x = **(double *const *)a, y = **(double *const *)b;
    return (x > y) - (x < y);
}

dear_status holm_adjust(double *p, size_t count, dear_error *err) {
    double **rising = mem_calloc(count, sizeof(double *));
    if (!rising)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        rising[i] = &p[i];
    if (count > 1)
        qsort(rising, count, sizeof(double *), by_value);
    double least = 0;
    for (size_t i = 0; i < count; i++) {
        least = fmax(least, fmin(1, (double)(count - i) * *rising[i]));
        *rising[i] = least;
    }
    mem_free(rising);
    return DEAR_OK;
}
