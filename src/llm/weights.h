/* A LLaMA's weights, packed for the precision they are computed in. */
#ifndef DEAR_LLM_WEIGHTS_H
#define DEAR_LLM_WEIGHTS_H

#include "compute/linear.h"
#include "model/model.h"

/* A packed weight [out, in] and its bias [out], NULL when it has none. */
typedef struct projection {
    linear *weight;
    float *bias;
} projection;

/* Matrices that are multiplied in one go stand below each other in one packed weight. */
typedef enum projection_kind {
    PROJECTION_QUERY,
    PROJECTION_KEY_VALUE,
    PROJECTION_QKV, ///< query, key and value
    PROJECTION_OUTPUT,
    PROJECTION_GATE_UP,
    PROJECTION_DOWN
} projection_kind;

/* Packs a projection of one layer. */
dear_status projection_load(projection *out, const model *m, int64_t layer, projection_kind kind,
                            precision p, dear_error *err);
/* Packs its weight [out, in] as [in, out]: what takes gradients back through it. */
dear_status projection_load_transposed(linear **out, const model *m, int64_t layer,
                                       projection_kind kind, precision p, dear_error *err);

/* H hidden, Q = num_heads * head_dim, K = num_kv_heads * head_dim, I intermediate size. */
typedef struct layer_weights {
    float *attention_norm; ///< [H]
    float *mlp_norm;       ///< [H]
    projection query;      ///< [Q, H]: the last layer only, where few rows need a query
    projection key_value;  ///< [2K, H]: the last layer only
    projection qkv;        ///< [Q + 2K, H]: all other layers
    projection output;     ///< [H, Q]
    projection gate_up;    ///< [2I, H]: gate above up
    projection down;       ///< [H, I]
} layer_weights;

typedef struct llama_weights {
    layer_weights *layers; ///< [num_layers]
    float *final_norm;     ///< [H]
    float *score;          ///< [H], NULL without a score head
    int64_t num_layers;
} llama_weights;

/* Told the share done, 0 to 1. */
typedef void (*weights_progress)(void *context, double share);

dear_status llama_weights_load(llama_weights *out, const model *m, precision p,
                               weights_progress progress, void *context, dear_error *err);
void llama_weights_free(llama_weights *w);

/* Bytes that the packed projections of all layers take. */
size_t llama_weights_bytes(const llama_weights *w);

/* The output head, [vocab_size, H]: lm_head.weight, or the embeddings where they are tied. */
dear_status llama_weights_head(linear **out, const model *m, precision p, dear_error *err);
/* The same as [H, vocab_size], for gradients on their way back. */
dear_status llama_weights_head_transposed(linear **out, const model *m, precision p,
                                          dear_error *err);

/* True when the files hold all projections in quantized groups (model_group_bits). */
bool llama_weights_are_grouped(const model *m);

#endif
