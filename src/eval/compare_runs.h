/* One measure of several runs against that of a first one, query by query. */
#ifndef DEAR_EVAL_COMPARE_RUNS_H
#define DEAR_EVAL_COMPARE_RUNS_H

#include "eval/evaluation.h"
#include "eval/significance.h"

typedef struct comparison_options {
    significance_test test;
    size_t samples; ///< for the tests that draw
    uint64_t seed;
} comparison_options;

/* The t-test; 100000 samples for the others. */
comparison_options comparison_defaults(void);

typedef struct run_comparison {
    double first_mean, second_mean; ///< over the queries that both runs were measured for
    comparison values;              ///< query by query
    double adjusted_p;              ///< Holm's, over the runs compared by this measure
} run_comparison;

/*
 * Compares each of `others` [num_others] with `first` by the measure in that column of both,
 * which has a value for each query; into out [num_others]. The tests of one measure are a family
 * for Holm's correction. Fewer than two queries that both have are DEAR_ERROR_INPUT.
 */
dear_status compare_runs(run_comparison *out, const evaluation *first, const evaluation *others,
                         size_t num_others, size_t column, const comparison_options *options,
                         dear_error *err);

#endif
