/* Text built piece by piece, turned into tokens. */
#ifndef DEAR_RANK_ENCODE_TEXT_H
#define DEAR_RANK_ENCODE_TEXT_H

#include "base/error.h"
#include "base/strbuf.h"
#include "text/tokenizer.h"

#define NO_TOKEN_LIMIT SIZE_MAX

/* Appends the tokens of `text`, at most `limit` of them, special tokens taken as plain text. Frees
 * the buffer whatever happens; one that ran out of memory while it was built is an error. */
dear_status encode_text(const tokenizer *t, strbuf *text, size_t limit, token_list *out,
                        dear_error *err);

#endif
