/* A run held to judgments: every measure for every query, and over all of them. */
#ifndef DEAR_EVAL_EVALUATION_H
#define DEAR_EVAL_EVALUATION_H

#include "eval/measures.h"
#include "eval/qrels.h"
#include "rank/hits.h"

typedef struct evaluation_options {
    bool complete;           ///< judged queries that the run lacks count, as empty rankings
    bool judged_only;        ///< documents without a judgment are left out of the rankings
    int32_t relevance_level; ///< a document is relevant from here on
    size_t max_ret;          ///< documents of a query that are looked at, the best; 0 is all
    gain_kind gain;          ///< of nDCG
    size_t num_docs;         ///< in the collection; measures that count the rest need it
} evaluation_options;

/* trec_eval's: relevant from 1 on, every document, linear gain. */
evaluation_options evaluation_defaults(void);

typedef struct evaluation {
    const char **qids;   ///< [num_queries], in strcmp's order; they belong to the judgments
    double *values;      ///< [num_queries, num_measures]
    char **texts;        ///< [num_queries, num_measures]: of MEASURE_STRING, NULL for others
    double *all;         ///< [num_measures]: sums of counts, means of the others
    const char *run_id;  ///< the run's name, which belongs to it; NULL when it has none
    size_t num_queries;  ///< those that were measured
    size_t num_measures; ///< as in the list of measures given
} evaluation;

/*
 * Measures a run as trec_eval does; `options` may be NULL for the defaults. Only scores (in double
 * precision) decide the ranking: larger first, ties by docid, larger in strcmp's order first; but
 * a run that is ordered (hit_set.ordered: it came in a JSON format) is taken in its order. Queries
 * without judgments are left out, and so, unless options->complete, are those that the run does
 * not rank; none left is DEAR_ERROR_INPUT. The caller ends it with evaluation_free, before
 * `judged` and `run`.
 */
dear_status evaluate(evaluation *out, const qrels *judged, const hit_set *run,
                     const measure_list *measures, const evaluation_options *options,
                     dear_error *err);
void evaluation_free(evaluation *e);

#endif
