/* A tokenizer carried from one GGUF file's metadata into another's. */
#ifndef DEAR_BENCH_MAKE_MODEL_GGUF_TOKENS_H
#define DEAR_BENCH_MAKE_MODEL_GGUF_TOKENS_H

#include "gguf_header.h"

/* Copies the tokenizer and the chat template of `from`, with unused tokens added up to
 * `vocab_size`; an error when it has more tokens than that, or none. */
dear_status gguf_tokens_copy(gguf_header *h, const gguf *from, int64_t vocab_size, dear_error *err);

#endif
