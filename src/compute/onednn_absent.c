/* oneDNN in a build without it (DEAR_PLAIN): no product can be made, so there is none to apply. */
#include "compute/onednn.h"

static dear_status absent(dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED, "this build has no oneDNN");
}

dear_status onednn_matmul_create(onednn_matmul **out, int64_t out_features, int64_t in_features,
                                 precision p, const linear_source *source, dear_error *err) {
    (void)out_features, (void)in_features, (void)p, (void)source;
    *out = NULL;
    return absent(err);
}

void onednn_matmul_free(onednn_matmul *m) {
    (void)m;
}

size_t onednn_matmul_bytes(const onednn_matmul *m) {
    (void)m;
    return 0;
}

dear_status onednn_matmul_apply(const onednn_matmul *m, linear_scratch *scratch,
                                const linear_rows *in, float *y, dear_error *err) {
    (void)m, (void)scratch, (void)in, (void)y;
    return absent(err);
}
