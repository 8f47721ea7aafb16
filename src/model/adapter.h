/* PEFT LoRA adapters: adapter_config.json and adapter_model.safetensors. */
#ifndef DEAR_MODEL_ADAPTER_H
#define DEAR_MODEL_ADAPTER_H

#include "model/tensor.h"

typedef struct adapter adapter;

/* Opens a PEFT directory. Kinds of adapter other than plain LoRA, and adapter_model.bin, are
 * DEAR_ERROR_UNSUPPORTED with the way out named. */
dear_status adapter_open(adapter **out, const char *directory, dear_error *err);
void adapter_close(adapter *a);

/* base_model_name_or_path as the file has it. */
const char *adapter_base(const adapter *a);

/* A tensor that replaces the base's whole (modules_to_save): NULL when `name` ("score.weight") is
 * not one of them. */
const tensor *adapter_replacement(const adapter *a, const char *name);

/* True when the adapter changes the weight `name` by a low-rank product. */
bool adapter_changes(const adapter *a, const char *name);

/*
 * Adds scale * B A for rows [first, first + count) to `rows`; the shape of the weight ([out_features,
 * in_features]) is held to A's and B's. Does nothing when the adapter does not touch `name`.
 */
dear_status adapter_add(const adapter *a, const char *name, int64_t out_features,
                        int64_t in_features, int64_t first, int64_t count,
                        float *rows /* [count, in_features] */, dear_error *err);

#endif
