#include "compute/linear.h"

#include "base/memory.h"
#include "compute/backend.h"
#include "compute/onednn.h"
#include "compute/panels.h"

enum {
    INT8_MAX_FEATURES = 1 << 16, ///< 2^16 * 127^2 < 2^31: sums stay in int32
};

struct linear {
    int64_t out_features, in_features;
    panels *panels; ///< one of the two is not NULL
    onednn_matmul *matmul;
};

static dear_status check(int64_t out_features, int64_t in_features, precision p, dear_error *err) {
    size_t elements;
    if (out_features < 1 || in_features < 1 ||
        __builtin_mul_overflow((size_t)out_features, (size_t)in_features, &elements) ||
        elements > SIZE_MAX / 64)
        return error_set(err, DEAR_ERROR_USAGE, "a weight of %lld x %lld cannot be packed",
                         (long long)out_features, (long long)in_features);
    if (p == PRECISION_INT8 && in_features > INT8_MAX_FEATURES)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%lld input features are too many for int8 (at most %d)",
                         (long long)in_features, INT8_MAX_FEATURES);
    return DEAR_OK;
}

dear_status linear_create(linear **out, int64_t out_features, int64_t in_features, precision p,
                          linear_source source, void *context, dear_error *err) {
    *out = NULL;
    TRY(check(out_features, in_features, p, err));
    linear *l = mem_calloc(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->out_features = out_features;
    l->in_features = in_features;
    dear_status status =
        backend_for(p) == BACKEND_ONEDNN
            ? onednn_matmul_create(&l->matmul, out_features, in_features, p, source, context, err)
            : panels_create(&l->panels, out_features, in_features, p, source, context, err);
    if (status == DEAR_OK)
        *out = l;
    else
        linear_free(l);
    return status;
}

void linear_free(linear *l) {
    if (!l)
        return;
    panels_free(l->panels);
    onednn_matmul_free(l->matmul);
    mem_free(l);
}

int64_t linear_out_features(const linear *l) {
    return l->out_features;
}

int64_t linear_in_features(const linear *l) {
    return l->in_features;
}

size_t linear_bytes(const linear *l) {
    return l->panels ? panels_bytes(l->panels) : onednn_matmul_bytes(l->matmul);
}

dear_status linear_apply(const linear *l, linear_scratch *scratch, const float *x, int64_t tokens,
                         float *y, dear_error *err) {
    if (tokens <= 0)
        return DEAR_OK;
    return l->panels ? panels_apply(l->panels, scratch, x, tokens, y, err)
                     : onednn_matmul_apply(l->matmul, scratch, x, tokens, y, err);
}
