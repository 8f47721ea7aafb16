/* Packed linear layers in all precisions, against sums in double. */
#include "check.h"

#include "compute/backend.h"
#include "compute/groups.h"
#include "compute/linear.h"
#include "compute/onednn.h"
#include "model/tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
    int64_t in, out, tokens;
    float *weight, *x; ///< [out, in], [tokens, in]
} layer;

/* `signs`: every number +1 or -1, so that int8 activations are all +-127. */
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

/* What int8 makes of a row of activations. */
static void round_activations(float *x, int64_t n) {
    int8_t q[GROUP];
    group_factor f;
    for (int64_t i = 0; i < n; i += GROUP) {
        int64_t count = n - i < GROUP ? n - i : GROUP;
        group_kernels_plain.quantize(q, &f, x + i, (size_t)count);
        for (int64_t j = 0; j < count; j++)
            x[i + j] = f.scale * (float)q[j];
    }
}

/* What int8 makes of a row of weights: 8 bits around 128, a scale of float16. */
static void round_weights(float *w, int64_t n) {
    for (int64_t i = 0; i < n; i += GROUP) {
        int64_t count = n - i < GROUP ? n - i : GROUP;
        float max = 0;
        for (int64_t j = 0; j < count; j++)
            max = fmaxf(max, fabsf(w[i + j]));
        float scale = float_from_f16(float_to_f16(max / 127));
        for (int64_t j = 0; j < count; j++)
            w[i + j] = scale > 0 ? scale * fminf(127, fmaxf(-128, rintf(w[i + j] / scale))) : 0;
    }
}

/* The layer as int8 sees it; `exact_x`: with activations as they are. */
static void naive_int8(const layer *l, bool exact_x, float *y) {
    layer seen = {l->in, l->out, l->tokens, rounded(l->weight, l->out * l->in, false),
                  rounded(l->x, l->tokens * l->in, false)};
    for (int64_t o = 0; o < l->out; o++)
        round_weights(seen.weight + o * l->in, l->in);
    for (int64_t t = 0; t < l->tokens && !exact_x; t++)
        round_activations(seen.x + t * l->in, l->in);
    naive_float(&seen, false, false, y);
    free_layer(&seen);
}

/* Sums may round, up to `allowed` of the largest result. */
static void compare(const layer *l, precision p, bool rounds_x, double allowed, const float *y,
                    const char *who) {
    size_t count = (size_t)(l->tokens * l->out);
    float *want = check_alloc(count * sizeof *want);
    if (p == PRECISION_INT8)
        naive_int8(l, false, want);
    else
        naive_float(l, p == PRECISION_BF16, rounds_x, want);
    double error = check_difference(y, want, count);
    check_that(error <= allowed, "%s, %lld x %lld, %lld tokens: off by %.2g of the largest", who,
               (long long)l->in, (long long)l->out, (long long)l->tokens, error);
    free(want);
}

/* Every other row precise: those are as if activations were not rounded, the others unchanged. And
 * `add` adds. */
static void check_precise_rows(const layer *l, const linear *packed, linear_scratch *scratch,
                               const float *y) {
    size_t n = (size_t)l->out, count = (size_t)l->tokens * n;
    float *want = check_alloc(count * sizeof *want), *got = check_alloc(count * sizeof *got);
    row_range *precise = check_alloc((size_t)l->tokens * sizeof *precise);
    linear_rows rows = {.x = l->x, .tokens = l->tokens, .precise = precise, .add = true};
    for (int64_t t = 0; t < l->tokens; t += 2)
        precise[rows.num_precise++] = (row_range){t, 1};
    naive_int8(l, true, want);
    memset(got, 0, count * sizeof *got);
    dear_status status = linear_apply(packed, scratch, &rows, got, NULL);
    for (int64_t t = 0; t < l->tokens; t++) {
        bool same = memcmp(got + (size_t)t * n, y + (size_t)t * n, n * sizeof *y) == 0;
        double error = check_difference(got + (size_t)t * n, want + (size_t)t * n, n);
        check_that(status == DEAR_OK && (t % 2 ? same : error <= 1e-3),
                   "int8, %lld x %lld: row %lld, %s, is off by %.2g", (long long)l->in,
                   (long long)l->out, (long long)t, t % 2 ? "not precise" : "precise", error);
    }
    free(precise);
    free(want);
    free(got);
}

/* Row by row, the last first, must give what the batch gave. */
static void check_rows_alone(const layer *l, const linear *packed, linear_scratch *scratch,
                             precision p, const float *y) {
    size_t n = (size_t)l->out;
    float *alone = check_alloc(n * sizeof *alone);
    double error = 0;
    for (int64_t t = l->tokens - 1; t >= 0; t -= 1 + l->tokens / 8) {
        linear_rows row = {.x = l->x + t * l->in, .tokens = 1};
        linear_apply(packed, scratch, &row, alone, NULL);
        bool same = memcmp(alone, y + t * l->out, n * sizeof *alone) == 0;
        error = fmax(error, same ? 0 : fmax(1e-9, check_difference(alone, y + t * l->out, n)));
    }
    double allowed = backend_for(p) != BACKEND_ONEDNN ? 0 : 1e-5;
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
    linear_source source = {.rows = rows_of, .context = &l};
    linear_rows rows = {.x = l.x, .tokens = tokens};
    if (check_that(linear_create(&packed, out, in, p, &source, &err) == DEAR_OK &&
                       linear_scratch_create(&scratch, &err) == DEAR_OK &&
                       linear_apply(packed, scratch, &rows, y, &err) == DEAR_OK,
                   "%s: %s", linear_backend(p), err.message)) {
        compare(&l, p, backend_for(p) == BACKEND_ONEDNN && p == PRECISION_BF16,
                backend_for(p) == BACKEND_ONEDNN ? 2e-6 : 1e-6, y, linear_backend(p));
        check_rows_alone(&l, packed, scratch, p, y);
        if (p == PRECISION_INT8)
            check_precise_rows(&l, packed, scratch, y);
    }
    linear_free(packed);
    linear_scratch_free(scratch);
    free(y);
    free_layer(&l);
}

/* dx = dy W of `tokens` rows, packed from the source of W; and the other way round, from W^T to x W^T. */
static void check_transposed(int64_t in, int64_t out, int64_t tokens, precision p) {
    layer l = make_layer(in, out, tokens, false), back = make_layer(out, in, tokens, false);
    kernels_plain.transpose(back.weight, (size_t)out, l.weight, (size_t)in, (size_t)out,
                            (size_t)in);
    linear_source source = {.rows = rows_of, .context = &l};
    linear *packed = NULL;
    linear_scratch *scratch = NULL;
    float *dx = check_alloc((size_t)(tokens * in) * sizeof *dx);
    linear_rows rows = {.x = back.x, .tokens = tokens};
    dear_error err;
    if (check_that(linear_create_transposed(&packed, out, in, p, &source, &err) == DEAR_OK &&
                       linear_scratch_create(&scratch, &err) == DEAR_OK &&
                       linear_apply(packed, scratch, &rows, dx, &err) == DEAR_OK,
                   "%s, transposed: %s", linear_backend(p), err.message)) {
        bool onednn = backend_for(p) == BACKEND_ONEDNN;
        check_that(linear_in_features(packed) == out && linear_out_features(packed) == in,
                   "%s, transposed: features", linear_backend(p));
        compare(&back, p, onednn && p == PRECISION_BF16, onednn ? 2e-6 : 1e-6, dx,
                "transposed weight");
        check_rows_alone(&back, packed, scratch, p, dx);
    }
    linear_free(packed);
    linear_scratch_free(scratch);
    free(dx);
    free_layer(&l);
    free_layer(&back);
}

/* oneDNN's side, also where our own kernels are preferred. */
static void check_onednn(int64_t in, int64_t out, int64_t tokens, precision p) {
    layer l = make_layer(in, out, tokens, false);
    onednn_matmul *m = NULL;
    linear_scratch *scratch = NULL;
    float *y = check_alloc((size_t)(tokens * out) * sizeof *y);
    dear_error err;
    linear_source source = {.rows = rows_of, .context = &l};
    linear_rows rows = {.x = l.x, .tokens = tokens};
    dear_status status = onednn_matmul_create(&m, out, in, p, &source, &err);
    if (status == DEAR_ERROR_UNSUPPORTED)
        printf("skipped: %s\n", err.message);
    else if (check_that(status == DEAR_OK && linear_scratch_create(&scratch, &err) == DEAR_OK &&
                            onednn_matmul_apply(m, scratch, &rows, y, &err) == DEAR_OK,
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
                if (p != PRECISION_INT8)
                    check_transposed(in, out, tokens[t], p);
                if (!options->quick && p == PRECISION_F32 && in > 8)
                    check_onednn(in, out, tokens[t], p);
            }
    if (!options->quick)
        check_onednn(64, 48, 21, PRECISION_BF16);
}
