/*
 * What query likelihood (Sachan et al., 2022) reads: "BOS document: {passage}\nquestion: {query}". The
 * score of a passage is the mean log-probability of the query's tokens.
 */
#ifndef DEAR_RANK_LIKELIHOOD_TEXT_H
#define DEAR_RANK_LIKELIHOOD_TEXT_H

#include "base/error.h"
#include "text/tokenizer.h"

/* Appends the query's tokens, at least one; an empty query is DEAR_ERROR_INPUT. */
dear_status likelihood_encode_query(const tokenizer *t, const char *query, token_list *out,
                                    dear_error *err);

/*
 * Appends a passage, cut to `p_max_len` tokens of which three are kept free, and the query behind it,
 * but for the last of its tokens, which predicts nothing that counts. *first_row is the token, counted
 * from the first appended here, from which on each predicts the query's next one.
 */
dear_status likelihood_encode_passage(const tokenizer *t, int64_t p_max_len, const char *title,
                                      const char *text, const token_list *query, token_list *out,
                                      int64_t *first_row, dear_error *err);

#endif
