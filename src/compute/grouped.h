/*
 * Matrix products of int8: weights quantized in groups (compute/groups.h), as the model's file holds
 * them where it does, else rounded to 8 bits; activations rounded to 8 bits in groups of 32.
 */
#ifndef DEAR_COMPUTE_GROUPED_H
#define DEAR_COMPUTE_GROUPED_H

#include "compute/linear.h"

typedef struct grouped grouped;

/* As linear_create, for PRECISION_INT8. */
dear_status grouped_create(grouped **out, int64_t out_features, int64_t in_features,
                           const linear_source *source, dear_error *err);
void grouped_free(grouped *w);
size_t grouped_bytes(const grouped *w);

/* As linear_apply. A row's result does not depend, bit for bit, on the other rows or on the number
 * of threads. */
dear_status grouped_apply(const grouped *w, linear_scratch *scratch, const linear_rows *in,
                          float *y /* [T, out] */, dear_error *err);

#endif
