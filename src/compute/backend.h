/* Which code computes the matrix products of each precision on this processor. */
#ifndef DEAR_COMPUTE_BACKEND_H
#define DEAR_COMPUTE_BACKEND_H

#include "compute/linear.h"

typedef enum backend {
    BACKEND_PANELS,  ///< our own kernels for float32 and bf16
    BACKEND_GROUPED, ///< our own kernels for int8
    BACKEND_ONEDNN
} backend;

/* For float32 and bf16 oneDNN, where the processor has instructions of its own for the precision
 * (AVX-512 for f32, bf16 dot products for bf16) and a small product comes out exact. int8 is always
 * ours: no library multiplies groups as files hold them. Asked once. */
backend backend_for(precision p);

#endif
