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

static float rmsnorm_backward(float *dx, const float *x, const float *weight, const float *dy,
                              size_t n, float epsilon, bool accumulate) {
    double squares = 0, products = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (double)x[i] * x[i];
        products += (double)weight[i] * dy[i] * x[i];
    }
    double r = 1 / sqrt(squares / (double)n + epsilon), mean = products / (double)n;
    for (size_t i = 0; i < n; i++) {
        double gradient = r * ((double)weight[i] * dy[i] - x[i] * r * r * mean);
        dx[i] = (float)(gradient + (accumulate ? dx[i] : 0));
    }
    return (float)r;
}

static void rmsnorm_weight_backward(float *dweight, const float *x, const float *dy, size_t n,
                                    float r) {
    for (size_t i = 0; i < n; i++)
        dweight[i] += dy[i] * x[i] * r;
}

/* By the angles, or with a `direction` of -1 back. */
static void rotate(float *x, const float *cosine, const float *sine, size_t head_dim,
                   float direction) {
    size_t half = head_dim / 2;
    for (size_t i = 0; i < half; i++) {
        float a = x[i], b = x[i + half], s = direction * sine[i];
        x[i] = a * cosine[i] - b * s;
        x[i + half] = b * cosine[i] + a * s;
    }
}

static void rope(float *x, const float *cosine, const float *sine, size_t head_dim) {
    rotate(x, cosine, sine, head_dim, 1);
}

static void rope_backward(float *dx, const float *cosine, const float *sine, size_t head_dim) {
    rotate(dx, cosine, sine, head_dim, -1);
}

static void swiglu(float *y, const float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

static void swiglu_backward(float *dgate, float *dup, const float *gate, const float *up,
                            const float *dy, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float g = gate[i], d = dy[i], sigmoid = 1 / (1 + expf(-g));
        float of_gate = d * up[i] * (sigmoid * (1 + g * (1 - sigmoid)));
        dup[i] = d * (g * sigmoid);
        dgate[i] = of_gate;
    }
}

/* Word `index` of Philox4x32-10 of this counter and key. */
static uint32_t philox(const uint32_t counter[4], uint64_t key, size_t index) {
    uint32_t c[4], k[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t p0 = (uint64_t)c[0] * PHILOX_M0, p1 = (uint64_t)c[2] * PHILOX_M1;
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k[0];
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k[1];
        c[3] = (uint32_t)p0;
        k[0] += PHILOX_W0;
        k[1] += PHILOX_W1;
    }
    return c[index];
}

static bool drops(const dropout_mask *mask, uint64_t element) {
    uint64_t low = element / 64 * 16 + element % 16;
    const uint32_t counter[4] = {(uint32_t)low, (uint32_t)(low >> 32), mask->step, mask->place};
    return philox(counter, mask->seed, element % 64 / 16) < (uint32_t)((double)mask->p * 0x1p32);
}

static void dropout(float *y, const float *x, size_t n, const dropout_mask *mask, uint64_t first) {
    float factor = 1 / (1 - mask->p);
    for (size_t i = 0; i < n; i++)
        y[i] = drops(mask, first + i) ? 0 : x[i] * factor;
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

static void softmax_backward(float *p, float *dp, size_t n, float factor, float mean, double sum) {
    float share = (float)(1 / sum);
    for (size_t i = 0; i < n; i++) {
        p[i] *= share;
        dp[i] = factor * p[i] * (dp[i] - mean);
    }
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
    .rmsnorm_backward = rmsnorm_backward,
    .rmsnorm_weight_backward = rmsnorm_weight_backward,
    .rope = rope,
    .rope_backward = rope_backward,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .dropout = dropout,
    .add = add,
    .scale = scale,
    .dot = dot,
    .weigh_scores = weigh_scores,
    .softmax_backward = softmax_backward,
    .log_sum_exp = log_sum_exp,
    .to_bf16 = to_bf16,
    .from_bf16 = from_bf16,
    .gemm_f32 = gemm_f32,
    .gemm_f32_half = gemm_f32_half,
    .transpose_panel = transpose_panel,
    .transpose = transpose,
};
