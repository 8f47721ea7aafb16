/* The functions behind the table of measures (measure_table.c). Internal to src/eval. */
#ifndef DEAR_EVAL_MEASURE_FUNCTIONS_H
#define DEAR_EVAL_MEASURE_FUNCTIONS_H

#include "eval/measures.h"

typedef double measure_function(const ranking *r, const measure_spec *spec);

/* measures_set.c: of the ranked documents without their order. */
measure_function num_ret, num_rel, num_rel_ret, num_nonrel_judged_ret;
measure_function set_precision, set_relative_precision, set_recall, set_map, set_f, utility;

/* measures_rank.c: of the ranks of the relevant documents. */
measure_function average_precision, r_precision, r_precision_multiple, reciprocal_rank;
measure_function interpolated_precision, mean_interpolated_precision;

/* measures_cutoff.c: of the first ranks. */
measure_function precision_at, recall_at, average_precision_at, relative_precision_at, success_at;
measure_function reciprocal_rank_at;

/* measures_gain.c: of graded relevance. */
measure_function ndcg, ndcg_at, ndcg_of_relevant, ndcg_of_levels, gain_cost, binary_gain_cost;
measure_function rank_biased_precision, rank_biased_residual;

/* measures_judged.c: of incomplete judgments. */
measure_function bpref, inferred_ap, unjudged_at, hole_rate_at;

/* What several of them use. */
static inline bool is_relevant(const ranking *r, size_t rank) {
    return r->relevances[rank] >= r->relevance_level;
}

static inline double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static inline size_t ranked_until(const ranking *r, size_t cutoff) {
    return r->num_ret < cutoff ? r->num_ret : cutoff;
}

/* Relevant documents among the first `cutoff`. */
static inline size_t relevant_until(const ranking *r, size_t cutoff) {
    size_t found = 0;
    for (size_t i = 0; i < ranked_until(r, cutoff); i++)
        found += is_relevant(r, i);
    return found;
}

#endif
