/*
 * Texts as open-domain question answering compares them: the tokens of DPR's evaluation (Karpukhin
 * et al., "Dense passage retrieval for open-domain question answering", EMNLP 2020, whose
 * SimpleTokenizer is DrQA's). The text is brought to NFD; a token is a run of letters, numbers and
 * marks, or any other single character that is neither a separator nor a control; tokens are
 * lower-cased.
 */
#ifndef DEAR_EVAL_ANSWER_TOKENS_H
#define DEAR_EVAL_ANSWER_TOKENS_H

#include "base/error.h"
#include "base/strbuf.h"

/*
 * The tokens of one text, each followed by a newline, which no token holds, and a newline before
 * the first: one text's tokens stand in another's, one after the other, if and only if its string
 * is part of the other's. Zero-initialize; used for one text after the other.
 */
typedef struct answer_tokens {
    char *text;    ///< "\nparis\n,\nfrance\n", not zero-terminated; "\n" for no tokens
    size_t length; ///< bytes
    size_t capacity;
    strbuf normal; ///< the text in NFD
} answer_tokens;

/* Takes the tokens of valid UTF-8 in the place of those that were there. */
dear_status answer_tokens_take(answer_tokens *t, const char *text, size_t length, dear_error *err);
void answer_tokens_free(answer_tokens *t);

#endif
