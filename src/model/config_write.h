/* config.json, as transformers and config_read_json read it. */
#ifndef DEAR_MODEL_CONFIG_WRITE_H
#define DEAR_MODEL_CONFIG_WRITE_H

#include "base/json.h"
#include "model/config.h"
#include "model/tensor.h"

/* A whole config.json for a model of shape `c` whose weights are of `type`; NULL without memory.
 * GGUF's rope divisors have no place in it: ROPE_FACTORS is written as no scaling at all. */
json_t *config_to_json(const llama_config *c, tensor_type type);

/*
 * Makes `json`, the config.json of a model's base, that of the model `c` that adapters made of it:
 * architecture and labels, vocabulary, tied embeddings, the type of the weights. The rest stays.
 * False without memory.
 */
bool config_update_json(json_t *json, const llama_config *c, tensor_type type);

#endif
