/* How tokenizer.json spells the ways of splitting a text that GGUF has short names for. */
#ifndef DEAR_MODEL_TOKENIZER_SPLITS_H
#define DEAR_MODEL_TOKENIZER_SPLITS_H

#include "base/json.h"
#include "text/tokenizer_parts.h"

/* How a tokenizer.json prepares a text for BPE, in GGUF's terms. */
typedef struct text_preparation {
    const gguf_split *split; ///< of a byte-level tokenizer, else NULL
    bool add_space_prefix;   ///< of one with byte fallback: texts begin with "▁"
} text_preparation;

/* Reads normalizer and pre-tokenizer of `directory`/tokenizer.json, from which `t` was opened. What
 * GGUF has no name for is DEAR_ERROR_UNSUPPORTED. */
dear_status tokenizer_splits_read(text_preparation *out, const tokenizer *t, const char *directory,
                                  dear_error *err);

/* The pre_tokenizer of a byte-level tokenizer; NULL without memory. */
json_t *tokenizer_splits_json(const gguf_split *split);

#endif
