#include "llm/kv_cache.h"

#include "base/memory.h"

#include <string.h>

dear_status kv_cache_create(kv_cache **out, const llama_config *config, int64_t capacity,
                            dear_error *err) {
    *out = NULL;
    kv_cache *c = mem_calloc(1, sizeof *c);
    if (!c)
        return error_memory(err);
    c->num_layers = config->num_layers;
    c->row = config->num_kv_heads * config->head_dim;
    dear_status status = kv_cache_reserve(c, capacity, err);
    if (status != DEAR_OK) {
        kv_cache_free(c);
        return status;
    }
    *out = c;
    return DEAR_OK;
}

void kv_cache_free(kv_cache *c) {
    if (!c)
        return;
    mem_free(c->k);
    mem_free(c->v);
    mem_free(c);
}

/* A copy of `old` with room for `positions` in each layer. */
static float *widened(const kv_cache *c, const float *old, int64_t positions) {
    float *grown = mem_calloc((size_t)(c->num_layers * positions), (size_t)c->row * sizeof *grown);
    if (!grown)
        return NULL;
    for (int64_t layer = 0; old && layer < c->num_layers; layer++)
        memcpy(grown + layer * positions * c->row, old + layer * c->capacity * c->row,
               (size_t)(c->length * c->row) * sizeof *grown);
    return grown;
}

dear_status kv_cache_reserve(kv_cache *c, int64_t positions, dear_error *err) {
    if (positions <= c->capacity)
        return DEAR_OK;
    if (positions < c->capacity + c->capacity / 2)
        positions = c->capacity + c->capacity / 2;
    float *k = widened(c, c->k, positions);
    float *v = widened(c, c->v, positions);
    if (!k || !v) {
        mem_free(k);
        mem_free(v);
        return error_memory(err);
    }
    mem_free(c->k);
    mem_free(c->v);
    c->k = k;
    c->v = v;
    c->capacity = positions;
    return DEAR_OK;
}

void kv_cache_truncate(kv_cache *c, int64_t length) {
    if (length < c->length)
        c->length = length;
}

float *kv_cache_keys(const kv_cache *c, int64_t layer) {
    return c->k + layer * c->capacity * c->row;
}

float *kv_cache_values(const kv_cache *c, int64_t layer) {
    return c->v + layer * c->capacity * c->row;
}
