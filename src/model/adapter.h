/* PEFT LoRA adapters: adapter_config.json and adapter_model.safetensors. */
#ifndef DEAR_MODEL_ADAPTER_H
#define DEAR_MODEL_ADAPTER_H

#include "model/tensor.h"

typedef struct adapter adapter;

/* Opens a PEFT directory. Kinds of adapter other than plain LoRA, and adapter_model.bin, are
 * DEAR_ERROR_UNSUPPORTED with the way out named. Every tensor in the file must be half of a
 * low-rank pair or replace a weight whole. */
dear_status adapter_open(adapter **out, const char *directory, dear_error *err);
void adapter_close(adapter *a);

const char *adapter_directory(const adapter *a);
/* base_model_name_or_path as the file has it, or NULL. */
const char *adapter_base(const adapter *a);
/* True when it was trained as a classifier (task_type SEQ_CLS). */
bool adapter_is_classifier(const adapter *a);
/* True when a change of the embedding is meant for the output head too (ensure_weight_tying). */
bool adapter_ties_weights(const adapter *a);

/* The weights that the adapter changes or replaces ("score.weight"), in order of name. */
size_t adapter_count(const adapter *a);
const char *adapter_name_at(const adapter *a, size_t index);

/* A tensor that replaces the base's whole (modules_to_save): NULL when `name` ("score.weight") is
 * not one of them. */
const tensor *adapter_replacement(const adapter *a, const char *name);

/* True when the adapter changes the weight `name` by a low-rank product. */
bool adapter_changes(const adapter *a, const char *name);

/* The halves of that product, *a_half [rank, in_features] and *b_half
 * [out_features, rank], which belong to the adapter, and the scale that it is multiplied by; NULL and 0
 * when the adapter does not change the weight so. */
double adapter_factors(const adapter *a, const char *name, const tensor **a_half,
                       const tensor **b_half);

/* Holds A and B to the shape of the weight that they change; DEAR_OK when they change none. */
dear_status adapter_check_shape(const adapter *a, const char *name, int64_t out_features,
                                int64_t in_features, dear_error *err);

/*
 * Adds scale * B A, in float32, for rows [first, first + count) to `rows`; the shape of the weight
 * ([out_features, in_features]) is held to A's and B's. Does nothing when the adapter does not
 * touch `name`. Any number of threads may call it at the same time.
 */
dear_status adapter_add(const adapter *a, const char *name, int64_t out_features,
                        int64_t in_features, int64_t first, int64_t count,
                        float *rows /* [count, in_features] */, dear_error *err);

#endif
