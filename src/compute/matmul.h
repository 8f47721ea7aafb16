/*
 * Products of two float32 matrices that both change from call to call: what LoRA's factors, and the
 * gradients of weights, are made of. (Weights that stay are packed once: linear.h.)
 */
#ifndef DEAR_COMPUTE_MATMUL_H
#define DEAR_COMPUTE_MATMUL_H

#include "base/error.h"

/* A factor, stored row by row: itself, or its transpose. */
typedef struct matrix {
    const float *data;
    int64_t stride;  ///< floats from one stored row to the next
    bool transposed; ///< the stored rows are the factor's columns
} matrix;

/*
 * c = alpha a b, or c += alpha a b with `add`; c [m, n], a [m, k] and b [k, n], where a factor that is
 * `transposed` is stored as [k, m] or [n, k]. c overlaps neither factor. On all threads; on one,
 * inside a parallel region. Each element of c is summed over k in one fixed order, so it has the same
 * bits on any number of threads and whatever m and n are. (The blocking is that of Goto & van de
 * Geijn, 2008.) The only failures are of memory, and leave c as it was.
 */
dear_status matmul(float *c, int64_t c_stride, const matrix *a, const matrix *b, int64_t m,
                   int64_t n, int64_t k, float alpha, bool add, dear_error *err);

#endif
