/* The reference: each kernel as its definition reads. */
#include "compute/kernels.h"

#include <math.h>
#include <string.h>

enum { PANEL = 16 };

static void rmsnorm(float *y, const float *x, const float *weight, size_t n, float epsilon) {
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * x[i];
    float scale = (float)(1 / sqrt(squares / (double)n + epsilon));
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * scale * weight[i];
}

static void rope(float *x, const float *cosine, const float *sine, size_t head_dim) {
    size_t half = head_dim / 2;
    for (size_t i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}

static void swiglu(float *y, const float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void add(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void scale(float *y, float a, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i];
}

static float dot(const float *x, const float *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * y[i];
    return (float)sum;
}

static float largest(const float *x, size_t n) {
    float max = x[0];
    for (size_t i = 1; i < n; i++)
        if (x[i] > max)
            max = x[i];
    return max;
}

static float weigh_scores(float *x, size_t n, size_t width, float factor, softmax_row *row) {
    float before = row->max;
    row->max = fmaxf(before, largest(x, n));
    float base = row->max == -INFINITY ? 0 : row->max;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = expf(factor * (x[i] - base));
        sum += x[i];
    }
    for (size_t i = n; i < width; i++)
        x[i] = 0;
    float fade = expf(factor * (before - base));
    row->sum = row->sum * fade + sum;
    return fade;
}

static float log_sum_exp(const float *x, size_t n) {
    float max = largest(x, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += expf(x[i] - max);
    return (float)(max + log(sum));
}

static void to_bf16(uint16_t *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
        y[i] = (uint16_t)((isnan(x[i]) ? bits | 0x400000 : rounded) >> 16);
    }
}

static void from_bf16(float *y, const uint16_t *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(&y[i], &bits, sizeof bits);
    }
}

static void gemm_f32_columns(float *c, size_t ldc, const float *a, size_t lda, const float *b,
                             size_t ldb, size_t rows, size_t k, bool accumulate, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        float sum[PANEL] = {0};
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < columns; j++)
                sum[j] += a[r * lda + i] * b[i * ldb + j];
        for (size_t j = 0; j < columns; j++)
            c[r * ldc + j] = sum[j] + (accumulate ? c[r * ldc + j] : 0);
    }
}

static void gemm_f32(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                     size_t rows, size_t k, bool accumulate) {
    gemm_f32_columns(c, ldc, a, lda, b, ldb, rows, k, accumulate, PANEL);
}

static void gemm_f32_half(float *c, size_t ldc, const float *a, size_t lda, const float *b,
                          size_t ldb, size_t rows, size_t k, bool accumulate) {
    gemm_f32_columns(c, ldc, a, lda, b, ldb, rows, k, accumulate, PANEL / 2);
}

static void transpose_panel(float *b, const float *const *rows, size_t count, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < PANEL; j++)
            b[i * PANEL + j] = j < count ? rows[j][i] : 0;
}

static void transpose(float *y, size_t ldy, const float *x, size_t ldx, size_t rows,
                      size_t columns) {
    for (size_t i = 0; i < columns; i++)
        for (size_t j = 0; j < rows; j++)
            y[i * ldy + j] = x[j * ldx + i];
}

const kernels kernels_plain = {
    .level = CPU_PLAIN,
    .panel = PANEL,
    .rmsnorm = rmsnorm,
    .rope = rope,
    .swiglu = swiglu,
    .add = add,
    .scale = scale,
    .dot = dot,
    .weigh_scores = weigh_scores,
    .log_sum_exp = log_sum_exp,
    .to_bf16 = to_bf16,
    .from_bf16 = from_bf16,
    .gemm_f32 = gemm_f32,
    .gemm_f32_half = gemm_f32_half,
    .transpose_panel = transpose_panel,
    .transpose = transpose,
};
