/*
 * The gradient of causal attention over packed sequences: of runs that begin with their sequence,
 * without prefix or cache. Weights are computed again, a few queries at a time, as forward
 * (attention.h) does not keep them (Dao et al., 2022); memory is linear in a run's length.
 */
#ifndef DEAR_COMPUTE_ATTENTION_BACKWARD_H
#define DEAR_COMPUTE_ATTENTION_BACKWARD_H

#include "compute/attention.h"

/* One sequence: what forward read and wrote, and the gradients of that, which overlap none of it.
 * q and dq are the shape's `q_stride` floats from row to row, out and dout its `out_stride`. */
typedef struct attention_gradient_run {
    const float *q; ///< [count, num_heads, head_dim]
    const float
        *k; ///< [count, num_kv_heads, head_dim], rows `kv_stride` floats apart, as all of k's
    const float *v;    ///< [count, num_kv_heads, head_dim]
    const float *out;  ///< [count, num_heads, head_dim]
    const float *dout; ///< [count, num_heads, head_dim]
    float *dq;         ///< [count, num_heads, head_dim]
    float *dk;         ///< [count, num_kv_heads, head_dim]
    float *dv;         ///< [count, num_kv_heads, head_dim]
    int64_t count;
    int64_t kv_stride;
} attention_gradient_run;

/*
 * dq, dk and dv of all runs; dk and dv are sums over the query heads that share a KV head. On all
 * threads; on one, inside a parallel region. A run's gradients have the same bits on any number of
 * threads and whatever the other runs are. Fails when a shape is impossible or memory is lacking, and
 * leaves the outputs as they were then.
 */
dear_status attention_backward(const attention_shape *shape, const attention_gradient_run *runs,
                               size_t count, dear_error *err);

#endif
