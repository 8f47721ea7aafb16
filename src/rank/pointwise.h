/*
 * Stage 1: one score for a query and each of its passages, computed independently.
 *
 * DeAR's format for a model with a score head: "query: …" cut to q_max_len tokens and
 * "document: {title} {text}" cut to p_max_len - 3, each after its BOS, no padding, no EOS; the
 * score is the head's logit at the last token. A causal model without a head reranks zero-shot.
 */
#ifndef DEAR_RANK_POINTWISE_H
#define DEAR_RANK_POINTWISE_H

#include "llm/llama.h"
#include "rank/hits.h"
#include "text/tokenizer.h"

typedef enum scorer {
    SCORER_AUTO,  ///< head if the model has one, else qlm
    SCORER_HEAD,  ///< the score head at the last token (DeAR, RankLLaMA)
    SCORER_QLM,   ///< mean log-probability of the query given the passage (Sachan et al., 2022)
    SCORER_YES_NO ///< log-odds of "Yes" against "No" to "is this relevant?" (Liang et al., 2022)
} scorer;

/* "auto", "head", "qlm", "yesno"; false for another name. */
bool scorer_parse(scorer *out, const char *name);

typedef struct pointwise_options {
    scorer scorer;
    int64_t q_max_len; ///< tokens of the query part, default 32
    int64_t p_max_len; ///< tokens of the passage part, default 196
    /* Told how many passages of the list are scored so far, several times a list; returning false
     * stops with DEAR_ERROR_CANCELLED. May be NULL. */
    bool (*progress)(void *context, size_t scored);
    void *progress_context;
} pointwise_options;

pointwise_options pointwise_defaults(void);

typedef struct pointwise pointwise;

/* `m` and `engine` must outlive it. */
dear_status pointwise_open(pointwise **out, const model *m, llama *engine,
                           const pointwise_options *options, dear_error *err);
void pointwise_close(pointwise *p);

/* The scorer in use, after "auto" was decided. */
scorer pointwise_scorer(const pointwise *p);

/* Scores all hits of the list (their order stays; their `score` is replaced). The query's tokens
 * are computed once. A hit's score does not depend on the others. */
dear_status pointwise_score(pointwise *p, hit_list *list, dear_error *err);

/* The token ids of one pair in the format of the score head, appended to `out`. */
dear_status pointwise_pair(const pointwise *p, const char *query, const char *title,
                           const char *text, token_list *out, dear_error *err);

#endif
