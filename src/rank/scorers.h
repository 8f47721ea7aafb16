/* The three ways to score a query's hits; pointwise.c chooses between them. */
#ifndef DEAR_RANK_SCORERS_H
#define DEAR_RANK_SCORERS_H

#include "rank/pointwise.h"

struct pointwise {
    const model *m;
    const tokenizer *tok;
    llama *engine;
    pointwise_options options;
    kv_cache *query_cache;  ///< keys and values of what a query's pairs begin with
    token_list turn_before; ///< yes/no: what the chat template writes before the user's words
    token_list turn_after;  ///< ... and after them
    int32_t yes, no;        ///< yes/no: the two answers' first tokens
};

dear_status score_by_head(pointwise *p, hit_list *list, dear_error *err);
dear_status score_by_query_likelihood(pointwise *p, hit_list *list, dear_error *err);

dear_status yes_no_open(pointwise *p, dear_error *err);
dear_status score_by_yes_no(pointwise *p, hit_list *list, dear_error *err);

/* Passages whose tokens go through the model in one forward. */
typedef struct passage_batch {
    size_t first;              ///< index of the first hit
    size_t count;              ///< hits
    token_list ids;            ///< of all, end to end
    llama_sequence *sequences; ///< [count], `ids` set when the batch is full
    size_t *offsets;           ///< [count] of each sequence in ids
    float *hidden;             ///< [rows, H]
    int64_t rows;
} passage_batch;

/* Appends the tokens of hit `index` to `ids`; *first_row is the first whose state is wanted,
 * counted within the passage. */
typedef dear_status (*passage_encoder)(pointwise *p, const hit_list *list, size_t index,
                                       token_list *ids, int64_t *first_row, void *context,
                                       dear_error *err);
/* Turns the states of a batch into scores of its hits. */
typedef dear_status (*state_reader)(pointwise *p, hit_list *list, const passage_batch *batch,
                                    void *context, dear_error *err);

/* Takes all hits through the model in batches of bounded size. `prefix` may be NULL. */
dear_status score_in_batches(pointwise *p, hit_list *list, const kv_cache *prefix,
                             passage_encoder encode, state_reader read, void *context,
                             dear_error *err);

/* Computes `ids` into the query cache, anew. */
dear_status cache_prefix(pointwise *p, const token_list *ids, dear_error *err);

#endif
