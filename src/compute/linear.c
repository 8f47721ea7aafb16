#include "compute/linear.h"

#include "base/memory.h"
#include "compute/backend.h"
#include "compute/grouped.h"
#include "compute/onednn.h"
#include "compute/panels.h"

struct linear {
    int64_t out_features, in_features;
    panels *panels; ///< one of the three is not NULL
    grouped *grouped;
    onednn_matmul *matmul;
};

static dear_status check(int64_t out_features, int64_t in_features, precision p,
                         const linear_source *source, dear_error *err) {
    size_t elements;
    if (out_features < 1 || in_features < 1 ||
        __builtin_mul_overflow((size_t)out_features, (size_t)in_features, &elements) ||
        elements > SIZE_MAX / 64)
        return error_set(err, DEAR_ERROR_USAGE, "a weight of %lld x %lld cannot be packed",
                         (long long)out_features, (long long)in_features);
    if (source->transposed && p == PRECISION_INT8)
        return error_set(err, DEAR_ERROR_USAGE,
                         "an int8 weight cannot be transposed: its groups lie along rows");
    return DEAR_OK;
}

static dear_status pack(linear *l, precision p, const linear_source *source, dear_error *err) {
    int64_t n = l->out_features, k = l->in_features;
    switch (backend_for(p)) {
    case BACKEND_ONEDNN:
        return onednn_matmul_create(&l->matmul, n, k, p, source, err);
    case BACKEND_GROUPED:
        return grouped_create(&l->grouped, n, k, source, err);
    case BACKEND_PANELS:
        break;
    }
    return panels_create(&l->panels, n, k, p, source, err);
}

dear_status linear_create(linear **out, int64_t out_features, int64_t in_features, precision p,
                          const linear_source *source, dear_error *err) {
    *out = NULL;
    TRY(check(out_features, in_features, p, source, err));
    linear *l = mem_calloc(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->out_features = out_features;
    l->in_features = in_features;
    dear_status status = pack(l, p, source, err);
    if (status == DEAR_OK)
        *out = l;
    else
        linear_free(l);
    return status;
}

dear_status linear_create_transposed(linear **out, int64_t out_features, int64_t in_features,
                                     precision p, const linear_source *source, dear_error *err) {
    linear_source back = *source;
    back.transposed = !source->transposed;
    return linear_create(out, in_features, out_features, p, &back, err);
}

void linear_free(linear *l) {
    if (!l)
        return;
    panels_free(l->panels);
    grouped_free(l->grouped);
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
    return l->panels    ? panels_bytes(l->panels)
           : l->grouped ? grouped_bytes(l->grouped)
                        : onednn_matmul_bytes(l->matmul);
}

dear_status linear_apply(const linear *l, linear_scratch *scratch, const linear_rows *rows,
                         float *y, dear_error *err) {
    if (rows->tokens <= 0)
        return DEAR_OK;
    return l->panels    ? panels_apply(l->panels, scratch, rows, y, err)
           : l->grouped ? grouped_apply(l->grouped, scratch, rows, y, err)
                        : onednn_matmul_apply(l->matmul, scratch, rows, y, err);
}
