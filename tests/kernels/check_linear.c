/* Packed linear layers in all precisions, against sums in double and exact integers. */
#include "check.h"

#include "compute/backend.h"
#include "compute/linear.h"
#include "compute/onednn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
    int64_t in, out, tokens;
    float *weight, *x; ///< [out, in], [tokens, in]
} layer;

/* `signs`: every number +1 or -1, so that int8 holds only +-127. */
static layer make_layer(int64_t in, int64_t out, int64_t tokens, bool signs) {
    layer l = {in, out, tokens, check_random((size_t)(out * in), 7),
               check_random((size_t)(tokens * in), 8)};
    for (int64_t i = 0; signs && i < out * in; i++)
        l.weight[i] = i < in || l.weight[i] > 0 ? 1 : -1; // the first row all +1
    for (int64_t i = 0; signs && i < tokens * in; i++)
        l.x[i] = i < in || l.x[i] > 0 ? 1 : -1;
    return l;
}

static void free_layer(layer *l) {
    free(l->weight);
    free(l->x);
}

static dear_status rows_of(void *context, int64_t first, int64_t count, float *out,
                           dear_error *err) {
    (void)err;
    const layer *l = context;
    memcpy(out, l->weight + first * l->in, (size_t)(count * l->in) * sizeof *out);
    return DEAR_OK;
}

/* A copy, rounded to bfloat16 if `round`. */
static float *rounded(const float *x, int64_t n, bool round) {
    float *copy = check_alloc((size_t)n * sizeof *copy);
    for (int64_t i = 0; i < n; i++) {
        uint16_t bits;
        copy[i] = x[i];
        kernels_plain.to_bf16(&bits, &x[i], 1);
        if (round)
            kernels_plain.from_bf16(&copy[i], &bits, 1);
    }
    return copy;
}

/* The definition of a float product; `bf16`: weights are rounded, `round_x`: activations too. */
static void naive_float(const layer *l, bool bf16, bool round_x, float *y) {
    float *weight = rounded(l->weight, l->out * l->in, bf16);
    float *xs = rounded(l->x, l->tokens * l->in, round_x);
    for (int64_t t = 0; t < l->tokens; t++)
        for (int64_t o = 0; o < l->out; o++) {
            double sum = 0;
            for (int64_t i = 0; i < l->in; i++)
                sum += (double)weight[o * l->in + i] * xs[t * l->in + i];
            y[t * l->out + o] = (float)sum;
        }
    free(weight);
    free(xs);
}

/* The definition of W8A8, with its sums in int64. */
static void naive_int8(const layer *l, float *y) {
    int8_t *w = check_alloc((size_t)(l->out * l->in)), *x = check_alloc((size_t)l->in);
    float *scales = check_alloc((size_t)l->out * sizeof *scales);
    for (int64_t o = 0; o < l->out; o++)
        scales[o] = kernels_plain.quantize_row(w + o * l->in, l->weight + o * l->in, (size_t)l->in);
    for (int64_t t = 0; t < l->tokens; t++) {
        float scale = kernels_plain.quantize_row(x, l->x + t * l->in, (size_t)l->in);
        for (int64_t o = 0; o < l->out; o++) {
            int64_t sum = 0;
            for (int64_t i = 0; i < l->in; i++)
                sum += (int64_t)w[o * l->in + i] * x[i];
            y[t * l->out + o] = (float)sum * scale * scales[o];
        }
    }
    free(w);
    free(x);
    free(scales);
}

/* int8 must be exact; float32 sums may round, up to `allowed` of the largest result. */
static void compare(const layer *l, precision p, bool rounds_x, double allowed, const float *y,
                    const char *who) {
    size_t count = (size_t)(l->tokens * l->out);
    float *want = check_alloc(count * sizeof *want);
    if (p == PRECISION_INT8)
        naive_int8(l, want);
    else
        naive_float(l, p == PRECISION_BF16, rounds_x, want);
    double error = check_difference(y, want, count);
    check_that(error <= (p == PRECISION_INT8 ? 0 : allowed),
               "%s, %lld x %lld, %lld tokens: off by %.2g of the largest", who, (long long)l->in,
               (long long)l->out, (long long)l->tokens, error);
    free(want);
}

/* Row by row, the last first, must give what the batch gave. */
static void check_rows_alone(const layer *l, const linear *packed, linear_scratch *scratch,
                             precision p, const float *y) {
    size_t n = (size_t)l->out;
    float *alone = check_alloc(n * sizeof *alone);
    double error = 0;
    for (int64_t t = l->tokens - 1; t >= 0; t -= 1 + l->tokens / 8) {
        linear_apply(packed, scratch, l->x + t * l->in, 1, alone, NULL);
        bool same = memcmp(alone, y + t * l->out, n * sizeof *alone) == 0;
        error = fmax(error, same ? 0 : fmax(1e-9, check_difference(alone, y + t * l->out, n)));
    }
    double allowed = p == PRECISION_INT8 || backend_for(p) == BACKEND_PANELS ? 0 : 1e-5;
    check_that(error <= allowed, "%s, %lld x %lld: a row alone differs from a row in a batch",
               linear_backend(p), (long long)l->in, (long long)l->out);
    free(alone);
}

static void check_layer(int64_t in, int64_t out, int64_t tokens, precision p, bool signs) {
    layer l = make_layer(in, out, tokens, signs);
    linear *packed = NULL;
    linear_scratch *scratch = NULL;
    float *y = check_alloc((size_t)(tokens * out) * sizeof *y);
    dear_error err;
    if (check_that(linear_create(&packed, out, in, p, rows_of, &l, &err) == DEAR_OK &&
                       linear_scratch_create(&scratch, &err) == DEAR_OK &&
                       linear_apply(packed, scratch, l.x, tokens, y, &err) == DEAR_OK,
                   "%s: %s", linear_backend(p), err.message)) {
        compare(&l, p, backend_for(p) == BACKEND_ONEDNN && p == PRECISION_BF16,
                backend_for(p) == BACKEND_ONEDNN ? 2e-6 : 1e-6, y, linear_backend(p));
        check_rows_alone(&l, packed, scratch, p, y);
    }
    linear_free(packed);
    linear_scratch_free(scratch);
    free(y);
    free_layer(&l);
}

/* oneDNN's side, also where our own kernels are preferred. Its int8 kernels for older processors
 * saturate, so here the numbers are small but for one. */
static void check_onednn(int64_t in, int64_t out, int64_t tokens, precision p) {
    layer l = make_layer(in, out, tokens, false);
    for (int64_t i = 0; i < out * in; i++)
        l.weight[i] = i % in == 3 ? 1 : 0.2f * l.weight[i];
    for (int64_t i = 0; i < tokens * in; i++)
        l.x[i] = i % in == in / 2 ? 1 : 0.2f * l.x[i];
    onednn_matmul *m = NULL;
    linear_scratch *scratch = NULL;
    float *y = check_alloc((size_t)(tokens * out) * sizeof *y);
    dear_error err;
    dear_status status = onednn_matmul_create(&m, out, in, p, rows_of, &l, &err);
    if (status == DEAR_ERROR_UNSUPPORTED)
        printf("skipped: %s\n", err.message);
    else if (check_that(status == DEAR_OK && linear_scratch_create(&scratch, &err) == DEAR_OK &&
                            onednn_matmul_apply(m, scratch, l.x, tokens, y, &err) == DEAR_OK,
                        "oneDNN: %s", err.message))
        compare(&l, p, p == PRECISION_BF16, 2e-6, y, "oneDNN");
    onednn_matmul_free(m);
    linear_scratch_free(scratch);
    free(y);
    free_layer(&l);
}

void check_linear(const check_options *options) {
    static const int64_t shapes[][2] = {{1, 1},    {3, 5},    {2, 16},   {64, 17},   {65, 33},
                                        {300, 48}, {576, 40}, {513, 31}, {1024, 64}, {1537, 130}};
    static const int64_t tokens[] = {1, 2, 5, 6, 13, 145, 300};
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t += options->quick ? 4 : 1) {
                int64_t in = shapes[s][0], out = shapes[s][1];
                check_layer(in, out, tokens[t], p, false);
                check_layer(in, out, tokens[t], p, true);
                if (!options->quick && p != PRECISION_BF16 && in > 8)
                    check_onednn(in, out, tokens[t], p);
            }
    if (!options->quick)
        check_onednn(64, 48, 21, PRECISION_BF16);
}
