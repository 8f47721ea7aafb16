/* Keys and values of one sequence, all layers: [layer][position][num_kv_heads, head_dim]. */
#ifndef DEAR_LLM_KV_CACHE_H
#define DEAR_LLM_KV_CACHE_H

#include "base/error.h"
#include "model/config.h"

typedef struct kv_cache {
    int64_t length;   ///< positions held
    int64_t capacity; ///< positions there is room for
    int64_t num_layers;
    int64_t row;  ///< floats a position takes in one layer: num_kv_heads * head_dim
    int64_t base; ///< position of the first row in the text (the length of a prefix before it)
    float *k;     ///< [num_layers, capacity, row]
    float *v;     ///< [num_layers, capacity, row]
} kv_cache;

dear_status kv_cache_create(kv_cache **out, const llama_config *config, int64_t capacity,
                            dear_error *err);
void kv_cache_free(kv_cache *c);

/* Makes room for `positions` in all, keeping what is held. */
dear_status kv_cache_reserve(kv_cache *c, int64_t positions, dear_error *err);

/* Forgets the positions from `length` on. */
void kv_cache_truncate(kv_cache *c, int64_t length);

/* The rows of a layer. */
float *kv_cache_keys(const kv_cache *c, int64_t layer);
float *kv_cache_values(const kv_cache *c, int64_t layer);

#endif
