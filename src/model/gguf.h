/* The GGUF format, versions 2 and 3: typed metadata, tensor table, aligned tensor data. */
#ifndef DEAR_MODEL_GGUF_H
#define DEAR_MODEL_GGUF_H

#include "model/config.h"
#include "model/tensor.h"
#include "text/tokenizer.h"

typedef struct gguf gguf;

dear_status gguf_open(gguf **out, const char *path, dear_error *err);
const tensor *gguf_find(const gguf *g, const char *name);
size_t gguf_count(const gguf *g);
const tensor *gguf_at(const gguf *g, size_t index);

/* The model's shape; an architecture other than "llama" is DEAR_ERROR_UNSUPPORTED. */
dear_status gguf_config(const gguf *g, llama_config *out, dear_error *err);
/* The tokenizer that the metadata holds, chat template included. */
dear_status gguf_tokenizer(const gguf *g, tokenizer **out, dear_error *err);
/* tokenizer.chat_template, or NULL. Owned by `g`. */
const char *gguf_chat_template(const gguf *g);
/* As file_map_release. */
void gguf_release(const gguf *g);
void gguf_close(gguf *g);

#endif
