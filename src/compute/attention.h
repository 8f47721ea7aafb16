/*
 * Causal attention over packed sequences (grouped queries; Vaswani et al., 2017; Ainslie et al.,
 * 2023). A token attends to the keys of its sequence's shared prefix, then to those of its own
 * sequence up to itself.
 */
#ifndef DEAR_COMPUTE_ATTENTION_H
#define DEAR_COMPUTE_ATTENTION_H

#include "base/error.h"

/* One span of keys and values: rows of [num_kv_heads, head_dim], `stride` floats apart. */
typedef struct attention_keys {
    const float *k; ///< [count, num_kv_heads, head_dim]
    const float *v; ///< [count, num_kv_heads, head_dim]
    int64_t count;
    int64_t stride;
} attention_keys;

/*
 * One run of consecutive query tokens of one sequence. Query i of the run sees all of `prefix` and
 * the first `own_visible + i` of `own`.
 */
typedef struct attention_run {
    const float *q; ///< [count, num_heads, head_dim], rows `q_stride` floats apart
    float *out;     ///< [count, num_heads, head_dim], rows `out_stride` floats apart
    int64_t count;
    attention_keys prefix; ///< count 0: none
    attention_keys own;
    int64_t own_visible; ///< own keys that the first query sees, itself included: >= 1
} attention_run;

typedef struct attention_shape {
    int64_t num_heads, num_kv_heads, head_dim;
    int64_t q_stride, out_stride;
    float scale; ///< 1 / sqrt(head_dim)
} attention_shape;

/* All runs, on all threads. What a query gets does not depend on the other runs. */
dear_status attention_apply(const attention_shape *shape, const attention_run *runs, size_t count,
                            dear_error *err);

#endif
