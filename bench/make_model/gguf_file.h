/* A model with random weights as one GGUF file. */
#ifndef DEAR_BENCH_MAKE_MODEL_GGUF_FILE_H
#define DEAR_BENCH_MAKE_MODEL_GGUF_FILE_H

#include "model/config.h"
#include "model/tensor.h"

/*
 * Writes a model of shape `c` to `path`, its matrices of `type`, its norms in float32. `name` is
 * what the file calls the model; `tokenizer_from` is the GGUF file whose tokenizer it gets, or the
 * name of a model that is one. Nothing bears the name `path` until it is whole.
 */
dear_status make_gguf(const char *path, const char *name, const llama_config *c, tensor_type type,
                      const char *tokenizer_from, dear_error *err);

#endif
