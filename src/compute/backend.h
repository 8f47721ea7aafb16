/* Which code computes the matrix products of each precision on this processor. */
#ifndef DEAR_COMPUTE_BACKEND_H
#define DEAR_COMPUTE_BACKEND_H

#include "compute/linear.h"

typedef enum backend {
    BACKEND_PANELS, ///< our own kernels
    BACKEND_ONEDNN
} backend;

/* oneDNN where the processor has instructions of its own for the precision (AVX-512 for f32, bf16
 * dot products for bf16, VNNI or AMX for int8) and a small product comes out exact: oneDNN's int8
 * kernels for older processors let 16-bit sums saturate. Asked once. */
backend backend_for(precision p);

#endif
