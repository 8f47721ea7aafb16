/*
 * Whether the difference between two runs over the same queries is more than chance. Which test to
 * take: Smucker, Allan and Carterette, "A comparison of statistical significance tests for
 * information retrieval evaluation", CIKM 2007 (the t-test and the randomization test agree).
 */
#ifndef DEAR_EVAL_SIGNIFICANCE_H
#define DEAR_EVAL_SIGNIFICANCE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef enum significance_test {
    SIGNIFICANCE_T_TEST,       ///< paired Student's t, two-sided
    SIGNIFICANCE_BOOTSTRAP,    ///< paired bootstrap of shifted differences (Sakai, SIGIR 2006)
    SIGNIFICANCE_RANDOMIZATION ///< Fisher's paired randomization (Smucker et al., CIKM 2007)
} significance_test;

typedef struct comparison {
    size_t num_queries;
    size_t wins, ties, losses; ///< queries where the second run is better, equal, worse
    double mean_difference;    ///< second - first
    double effect_size;        ///< Cohen's d of paired differences (d_z); 0 when they do not vary
    double p;                  ///< two-sided
} comparison;

/*
 * Compares the values [num_queries] of one measure for the same queries. `samples` (at least 1;
 * 100000 is usual) and `seed` are for the tests that draw; the same seed gives the same p.
 *
 * The t-test's p is Student's distribution with num_queries - 1 degrees of freedom. The bootstrap
 * draws queries with replacement from the differences less their mean, and its p is the share of
 * draws whose |t| reaches the one observed. The randomization test changes the signs of the
 * differences, and its p is the share of changes whose |sum| reaches the one observed: of all
 * changes when there are at most `samples`, else of a sample. In a share of samples what was
 * observed counts as one of them, so that p is never 0 (Davison and Hinkley, "Bootstrap methods
 * and their application", 1997).
 *
 * No differences at all give p = 1; fewer than two queries are DEAR_ERROR_INPUT.
 */
dear_status compare_values(comparison *out, const double *first, const double *second,
                           size_t num_queries, significance_test test, size_t samples,
                           uint64_t seed, dear_error *err);

/*
 * Holm's step-down correction ("A simple sequentially rejective multiple test procedure", 1979):
 * replaces the p values [count] of a family by adjusted ones, which are to be held to the level
 * that one test alone would be held to.
 */
dear_status holm_adjust(double *p, size_t count, dear_error *err);

/* The probability that Student's t with `freedom` > 0 degrees of freedom is at least as far from 0
 * as `t` (two-sided). */
double student_t_probability(double t, double freedom);

#endif
