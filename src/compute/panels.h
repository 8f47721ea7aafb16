/*
 * Matrix products with our own kernels: the weight stands in panels of 16 or 32 output channels,
 * [panel][k][channel], in its precision; each panel is widened, a few hundred k at a time, into a
 * buffer that stays in the first-level cache while all rows are multiplied with it. (The blocking
 * is that of Goto & van de Geijn, 2008.)
 */
#ifndef DEAR_COMPUTE_PANELS_H
#define DEAR_COMPUTE_PANELS_H

#include "compute/linear.h"

typedef struct panels panels;

/* As linear_create, for float32 and bf16. */
dear_status panels_create(panels **out, int64_t out_features, int64_t in_features, precision p,
                          const linear_source *source, dear_error *err);
void panels_free(panels *w);
size_t panels_bytes(const panels *w);

/* As linear_apply. A row's result does not depend, bit for bit, on the other rows or on the number
 * of threads, in any precision. */
dear_status panels_apply(const panels *w, linear_scratch *scratch, const linear_rows *in,
                         float *y /* [T, out] */, dear_error *err);

#endif
