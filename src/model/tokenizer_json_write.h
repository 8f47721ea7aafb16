/* The tokenizer of a GGUF file as Hugging Face's files. */
#ifndef DEAR_MODEL_TOKENIZER_JSON_WRITE_H
#define DEAR_MODEL_TOKENIZER_JSON_WRITE_H

#include "model/gguf.h"

/* Writes tokenizer.json and tokenizer_config.json (the chat template in it) into `directory`, for
 * `t`, the tokenizer of `from`. */
dear_status tokenizer_write_folder(const tokenizer *t, const gguf *from, const char *directory,
                                   dear_error *err);

#endif
