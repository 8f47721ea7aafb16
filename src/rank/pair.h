/* DeAR's stage-1 input: "query: …" and "document: {title} {text}", each after its BOS. */
#ifndef DEAR_RANK_PAIR_H
#define DEAR_RANK_PAIR_H

#include "base/error.h"
#include "text/tokenizer.h"

typedef struct pair_limits {
    int64_t q_max_len; ///< tokens of the query part, its BOS not counted
    int64_t p_max_len; ///< tokens of the passage part, of which three are kept free
} pair_limits;

/*
 * What all of a query's pairs begin with: its part and the BOS of the document's. A byte-level
 * tokenizer gives "BOS query BOS"; one with byte fallback (LLaMA 2, the teacher) "BOS BOS query
 * BOS BOS", since there the tokenizer adds a BOS of its own to each part.
 */
dear_status pair_encode_query(const tokenizer *t, const pair_limits *limits, const char *query,
                              token_list *out, dear_error *err);

/* What follows it: the document's tokens, cut so that the pair of `prefix` tokens before it and
 * these has at most q_max_len + p_max_len. */
dear_status pair_encode_document(const tokenizer *t, const pair_limits *limits, size_t prefix,
                                 const char *title, const char *text, token_list *out,
                                 dear_error *err);

#endif
