/* Tokenizers as GGUF metadata, for writing: carried from another file, or made of one that was read
 * from tokenizer.json. A vocabulary larger than the tokenizer's ends in unused tokens. */
#ifndef DEAR_MODEL_GGUF_TOKENS_H
#define DEAR_MODEL_GGUF_TOKENS_H

#include "model/gguf_write.h"

/* tokenizer.ggml.token_type */
enum {
    GGUF_TOKEN_NORMAL = 1,
    GGUF_TOKEN_UNKNOWN = 2,
    GGUF_TOKEN_CONTROL = 3,
    GGUF_TOKEN_USER = 4,
    GGUF_TOKEN_UNUSED = 5,
    GGUF_TOKEN_BYTE = 6
};

/* The score of an unused token, below all others. */
#define GGUF_UNUSED_SCORE (-1e6f)

/* The element of tokenizer.ggml.tokens for an id that has no token. */
void gguf_put_unused_name(gguf_writer *w, size_t id);

/* Copies the tokenizer and the chat template of `from`; an error when it has more tokens than
 * `vocab_size`, or none. */
dear_status gguf_copy_tokens(gguf_writer *w, const gguf *from, int64_t vocab_size, dear_error *err);

/*
 * Puts the tokenizer `t`, opened from `directory`, whose tokenizer.json names the splits that GGUF
 * has short names for ("llama-bpe", "smollm", "gpt-2"); `c` says how large the vocabulary is and
 * which tokens end a text. What GGUF cannot say is DEAR_ERROR_UNSUPPORTED: another split or
 * normalizer, added tokens that take white space, and a tokenizer with byte fallback whose merges
 * are not those that SentencePiece would do by scores.
 */
dear_status gguf_put_tokens(gguf_writer *w, const tokenizer *t, const char *directory,
                            const llama_config *c, dear_error *err);

#endif
