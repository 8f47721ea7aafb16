/* What stands behind linear_scratch: one block that only grows. */
#ifndef DEAR_COMPUTE_SCRATCH_H
#define DEAR_COMPUTE_SCRATCH_H

#include "compute/linear.h"

/* At least `bytes` bytes at a 64-byte boundary, valid until the next call; NULL when there is no
 * memory. What an earlier call wrote there is lost. */
void *scratch_reserve(linear_scratch *s, size_t bytes);

/* `bytes` rounded up to whole cache lines, so that parts of a block do not share one. */
static inline size_t scratch_lines(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

#endif
