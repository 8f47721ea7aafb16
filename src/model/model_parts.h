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
    llama_config config;  ///< of the model as it is used, adapters included
    safetensors *tensors; ///< the weights: of a directory ...
    gguf *file;           ///< ... or of a GGUF file
    tokenizer *tokens;
    adapter *adapters[MAX_ADAPTERS]; ///< merged in this order
    int num_adapters;
    bool head_is_embedding; ///< the base has no output head of its own
    float *rope_factors;    ///< [head_dim/2], or NULL
};

/*
 * The tensor that a weight begins as: the last adapter's that replaces it, else the base's; NULL
 * when there is none. Adapters from *first_adapter on add to it.
 */
const tensor *model_find(const model *m, const weight_info *info, const char *name,
                         int *first_adapter);

/* Makes the configuration that of the model with its adapters: heads and vocabulary that they
 * bring, embeddings that they untie. */
dear_status model_apply_adapters(model *m, dear_error *err);

/* Every weight that the configuration wants is there with its shape and a type that can be read;
 * every change of an adapter has its weight; nothing that matters is ignored. */
dear_status model_check_weights(const model *m, dear_error *err);

#endif
