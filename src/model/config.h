/* What shape a LLaMA has, from config.json or from GGUF metadata. */
#ifndef DEAR_MODEL_CONFIG_H
#define DEAR_MODEL_CONFIG_H

#include "base/error.h"

enum { MODEL_MAX_EOS = 8 };

typedef enum rope_kind {
    ROPE_DEFAULT, ///< inv_freq[i] = theta^(-2i/head_dim)
    ROPE_LINEAR,  ///< ... / factor
    ROPE_LLAMA3,  ///< low frequencies divided by factor, smooth between (LLaMA 3.1)
    ROPE_FACTORS  ///< ... / rope_factors[i], as GGUF's rope_freqs.weight holds them
} rope_kind;

typedef struct llama_config {
    int64_t vocab_size;
    int64_t hidden_size;
    int64_t intermediate_size;
    int64_t num_layers;
    int64_t num_heads;
    int64_t num_kv_heads;
    int64_t head_dim;
    int64_t max_positions; ///< context length the model was trained for
    double rms_norm_eps;
    double rope_theta;
    rope_kind rope;
    double rope_factor;                                 ///< LINEAR and LLAMA3
    double rope_low_freq_factor, rope_high_freq_factor; ///< LLAMA3
    int64_t rope_original_positions;                    ///< LLAMA3
    bool tied_embeddings;                               ///< the output head is the embedding matrix
    bool attention_bias;                                ///< q, k, v and o carry a bias
    bool mlp_bias;                                      ///< gate, up and down carry a bias
    bool is_classifier; ///< there is a score head (one label), from the model or an adapter
    int32_t bos;        ///< -1 when absent
    int32_t eos[MODEL_MAX_EOS];
    int num_eos;
} llama_config;

/* Reads `path` (a config.json). Unknown architectures, rope types and activations, and sizes that
 * contradict each other, are errors that name the key. */
dear_status config_read_json(llama_config *out, const char *path, dear_error *err);

/* Adds the stop tokens that `path` (a generation_config.json) names; a missing file adds none. */
dear_status config_read_generation(llama_config *config, const char *path, dear_error *err);

/* Adds one stop token unless it is there already. `where` begins the message when there are too
 * many, or the id is negative or too large. */
dear_status config_add_eos(llama_config *config, int64_t id, const char *where, dear_error *err);

/* Gives a head the hidden size's even share when the file did not say its size (head_dim is 0). */
dear_status config_derive_head_dim(llama_config *config, const char *where, dear_error *err);

/* Holds the sizes to each other: all positive and bounded, heads a multiple of kv_heads, head_dim
 * even. `where` begins the message. */
dear_status config_check(const llama_config *config, const char *where, dear_error *err);

#endif
