/* Writing PEFT LoRA adapters, as PEFT, transformers and adapter_open read them. */
#ifndef DEAR_MODEL_ADAPTER_WRITE_H
#define DEAR_MODEL_ADAPTER_WRITE_H

#include "model/tensor.h"

/* What adapter_config.json says. */
typedef struct adapter_settings {
    const char
        *base; ///< base_model_name_or_path: a path (relative to the adapter), a name; or NULL
    bool is_classifier;         ///< task_type is SEQ_CLS, else CAUSAL_LM
    int64_t rank;               ///< r
    double alpha;               ///< lora_alpha: the product B A is scaled by alpha / rank
    double dropout;             ///< lora_dropout, for those who train on
    const char *const *modules; ///< target_modules: "q_proj", ...
    size_t num_modules;
    tensor_type type; ///< of the numbers in the file: F32, F16 or BF16
} adapter_settings;

/* A tensor of the adapter: half of a pair ("model.layers.0.self_attn.q_proj.lora_A.weight", [rank,
 * in], or lora_B, [out, rank]) or one that replaces the base's ("score.weight", [1, hidden]). */
typedef struct adapter_tensor {
    const char *name;
    const float *values; ///< [rows, columns]
    int64_t rows, columns;
} adapter_tensor;

/*
 * Makes or fills `directory`: adapter_model.safetensors, then adapter_config.json, each written
 * beside its place and renamed, so that a folder without the second is no adapter yet and one that
 * is written again with the same settings is whole at every moment. Tensors that replace the base's
 * are listed as modules_to_save. A number that is not finite, or that `type` cannot hold, is
 * DEAR_ERROR_INPUT with its tensor named, before anything is written.
 */
dear_status adapter_write(const char *directory, const adapter_settings *settings,
                          const adapter_tensor *tensors, size_t count, dear_error *err);

#endif
