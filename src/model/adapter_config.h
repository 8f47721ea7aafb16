/* adapter_config.json: how a PEFT LoRA adapter was made. */
#ifndef DEAR_MODEL_ADAPTER_CONFIG_H
#define DEAR_MODEL_ADAPTER_CONFIG_H

#include "base/error.h"

/* What to do with an adapter that this program cannot apply; ends messages. */
#define ADAPTER_WAY_OUT                                                                            \
    "merge it into its base with PEFT (merge_and_unload, then save_pretrained) and load the "      \
    "result"

/* A number for the modules whose name is `key` or ends with ".key". */
typedef struct lora_pattern {
    char *key;
    double value;
} lora_pattern;

/* Zero-initialize; end with adapter_config_free. */
typedef struct adapter_config {
    char *base;           ///< base_model_name_or_path, or NULL
    bool is_classifier;   ///< task_type is SEQ_CLS
    bool ties_weights;    ///< ensure_weight_tying
    bool rank_stabilized; ///< use_rslora: the scale is alpha / sqrt(rank), not alpha / rank
    double rank, alpha;   ///< r and lora_alpha, for modules without a pattern
    lora_pattern *ranks;  ///< rank_pattern; the first that matches holds
    size_t num_ranks;
    lora_pattern *alphas; ///< alpha_pattern
    size_t num_alphas;
} adapter_config;

/* Reads `path`; whatever is not plain LoRA is DEAR_ERROR_UNSUPPORTED. */
dear_status adapter_config_read(adapter_config *out, const char *path, dear_error *err);
void adapter_config_free(adapter_config *c);

/* The rank of a module ("model.layers.0.self_attn.q_proj") and the scale of its product B A. */
int64_t adapter_config_rank(const adapter_config *c, const char *module);
double adapter_config_scale(const adapter_config *c, const char *module);

#endif
