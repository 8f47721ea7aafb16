/*
 * Matrix products by oneDNN, with the weight in the layout that oneDNN likes best. Hides that
 * versions 2 and 3 of oneDNN have different C interfaces; nothing else sees its types.
 */
#ifndef DEAR_COMPUTE_ONEDNN_H
#define DEAR_COMPUTE_ONEDNN_H

#include "compute/linear.h"

typedef struct onednn_matmul onednn_matmul;

/* As linear_create, for float32 and bf16; DEAR_ERROR_UNSUPPORTED where this oneDNN cannot on this processor. */
dear_status onednn_matmul_create(onednn_matmul **out, int64_t out_features, int64_t in_features,
                                 precision p, const linear_source *source, dear_error *err);
void onednn_matmul_free(onednn_matmul *m);
size_t onednn_matmul_bytes(const onednn_matmul *m);

/* As linear_apply. */
dear_status onednn_matmul_apply(const onednn_matmul *m, linear_scratch *scratch,
                                const linear_rows *in, float *y /* [T, out] */, dear_error *err);

#endif
