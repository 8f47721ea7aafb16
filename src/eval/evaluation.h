/* A run held to judgments: every measure for every query, and over all of them. */
#ifndef DEAR_EVAL_EVALUATION_H
#define DEAR_EVAL_EVALUATION_H

#include "eval/measures.h"
#include "eval/qrels.h"
#include "rank/hits.h"

typedef struct evaluation {
    const char **qids;   ///< [num_queries], in strcmp's order; they belong to the run
    double *values;      ///< [num_queries, num_measures]
    double *all;         ///< [num_measures]: sums of counts, means of the others
    size_t num_queries;  ///< those that the run ranks and the judgments know
    size_t num_measures; ///< as in the list of measures given
} evaluation;

/*
 * Measures a run as trec_eval does by default. Only scores (in double precision) decide the
 * ranking: larger first, ties by docid, larger in strcmp's order first; but a run that is ordered
 * (hit_set.ordered: it came in a JSON format) is taken in its order. Queries that are not in both
 * run and judgments are left out; none left is DEAR_ERROR_INPUT. The caller ends it with
 * evaluation_free.
 */
dear_status evaluate(evaluation *out, const qrels *judged, const hit_set *run,
                     const measure_list *measures, dear_error *err);
void evaluation_free(evaluation *e);

#endif
