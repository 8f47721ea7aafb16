/* Random weights as safetensors: one file, or shards and their index. */
#ifndef DEAR_BENCH_MAKE_MODEL_FOLDER_WEIGHTS_H
#define DEAR_BENCH_MAKE_MODEL_FOLDER_WEIGHTS_H

#include "model/config.h"
#include "model/tensor.h"

/* Writes the weights of a model of shape `c`, of `type` (F16 or BF16), into `directory`. */
dear_status folder_write_weights(const char *directory, const llama_config *c, tensor_type type,
                                 dear_error *err);

#endif
