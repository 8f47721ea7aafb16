/* What measures see of one query, from its hits and its judgments. Internal to src/eval. */
#ifndef DEAR_EVAL_RANKING_H
#define DEAR_EVAL_RANKING_H

#include "eval/evaluation.h"

/* A query to be measured. */
typedef struct judged_list {
    const qrels_topic *topic;
    const hit_list *list; ///< NULL when the run does not rank it
} judged_list;

/* Ranks the query's documents as evaluate() says; `ordered` as hit_set.ordered. The caller ends it
 * with ranking_free, on failure too. */
dear_status ranking_make(ranking *out, const judged_list *query, bool ordered,
                         const evaluation_options *options, dear_error *err);
void ranking_free(ranking *r);

/* The first `count` relevances, a character each, between "'": digits, ">" above 9, "-" for
 * UNJUDGED, "." for UNASSESSED (trec_eval's relstring). The caller frees it; NULL when there is no
 * memory. */
char *ranking_string(const ranking *r, size_t count);

#endif
