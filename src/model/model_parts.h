/* What a model is made of; for the files that open it and those that read its weights. */
#ifndef DEAR_MODEL_MODEL_PARTS_H
#define DEAR_MODEL_MODEL_PARTS_H

#include "model/adapter.h"
#include "model/gguf.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "model/weight_names.h"

enum { MAX_ADAPTERS = 2 };

struct model {
    char *path;           ///< as the caller gave it
    char *base;           ///< the folder or file that its weights begin as
    llama_config config;  ///< of the model as it is used, adapters included
    safetensors *tensors; ///< the weights: of a directory ...
    gguf *file;           ///< ... or of a GGUF file
    tokenizer *tokens;
    adapter *adapters[MAX_ADAPTERS]; ///< merged in this order
    int num_adapters;
    bool head_is_embedding; ///< the base has no output head of its own
    float *rope_factors;    ///< [head_dim/2], or NULL
};

/* A weight, found in the model's files. */
typedef struct found_weight {
    weight_info info;
    const tensor
        *tensor;       ///< what it begins as: the last adapter's that replaces it, else the base's
    int first_adapter; ///< adapters from this one on add to it
    bool is_permuted;  ///< its rows stand in GGUF's order
} found_weight;

/* False when the model has no weight of that name. */
bool model_find(found_weight *out, const model *m, const char *name);

/* As model_find; that it is there, is of this shape and a type that can be read, and has rows
 * [first, first + count), is checked. */
dear_status model_find_rows(found_weight *out, const model *m, const char *name, int64_t rows,
                            int64_t columns, int64_t first, int64_t count, dear_error *err);

/* The folder whose tokenizer is the model's: the base's, or, when it has none, that of the first
 * adapter with one. For a base that is a folder. */
const char *model_tokenizer_directory(const model *m);

/* Where row `row` of the weight stands in its tensor. */
int64_t model_row_in_file(const model *m, const found_weight *w, int64_t row);

/* Makes the configuration that of the model with its adapters: heads and vocabulary that they
 * bring, embeddings that they untie. */
dear_status model_apply_adapters(model *m, dear_error *err);

/* Every weight that the configuration wants is there with its shape and a type that can be read;
 * every change of an adapter has its weight; nothing that matters is ignored. */
dear_status model_check_weights(const model *m, dear_error *err);

#endif
