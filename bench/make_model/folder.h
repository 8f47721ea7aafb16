/* A classifier with random weights as a Hugging Face folder. */
#ifndef DEAR_BENCH_MAKE_MODEL_FOLDER_H
#define DEAR_BENCH_MAKE_MODEL_FOLDER_H

#include "model/config.h"
#include "model/tensor.h"

/*
 * Makes the folder `path`: config.json (a LlamaForSequenceClassification of shape `c` with one
 * label), safetensors of `type` (F32, F16 or BF16) in shards of 5 GB, and the tokenizer of the folder
 * `tokenizer_from`. `path` must not be there yet; the folder is made beside it and renamed when
 * whole, and removed on failure.
 */
dear_status make_folder(const char *path, const llama_config *c, tensor_type type,
                        const char *tokenizer_from, dear_error *err);

#endif
