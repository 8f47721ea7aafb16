/*
 * The table of hand-written kernels, filled once by what the processor can do. Each kernel has a
 * plain C reference (kernels_plain.c) that tests hold the fast ones to.
 *
 * T tokens, H hidden size, D head_dim. All arrays are float32 and contiguous unless said otherwise.
 * Kernels work on one thread, on the rows they are given; callers spread rows over threads. What a
 * kernel computes for a row never depends on the other rows.
 */
#ifndef DEAR_COMPUTE_KERNELS_H
#define DEAR_COMPUTE_KERNELS_H

#include "compute/cpu.h"

#include <stddef.h>
#include <stdint.h>

/* The widest panel of any table. */
enum { KERNELS_MAX_PANEL = 32 };

/* What a softmax that is computed in parts keeps of those done: before the first, -INFINITY and 0. */
typedef struct softmax_row {
    float max;
    double sum; ///< so that long rows lose nothing
} softmax_row;

/*
 * Which elements of a tensor dropout drops, as a function of where they stand: the backward pass asks
 * again instead of storing the answer. Element e is dropped if its 32 random bits, as a fraction, are
 * below p. They are word e % 64 / 16 of Philox4x32-10 (Salmon et al., 2011, "Parallel random numbers:
 * as easy as 1, 2, 3") with the key `seed` and the counter whose low 64 bits are e / 64 * 16 + e % 16
 * and whose other two words are `step` and `place`.
 */
enum { PHILOX_ROUNDS = 10 };
#define PHILOX_M0 0xd2511f53u // the multipliers
#define PHILOX_M1 0xcd9e8d57u
#define PHILOX_W0 0x9e3779b9u // what is added to the key from round to round
#define PHILOX_W1 0xbb67ae85u

typedef struct dropout_mask {
    float p; ///< in [0, 1)
    uint64_t seed;
    uint32_t step;  ///< of training
    uint32_t place; ///< which of the model's tensors it is
} dropout_mask;

/* c = a b, or c += a b with `add`, for one panel of columns; c, a and b are `ldc`, `lda` and `ldb`
 * elements from row to row. Each element of a b is one chain of fused additions from 0 on in the
 * order of k. (Callers cut a long k into blocks, which keeps the rounding small.) */
typedef void gemm_f32_kernel(float *c /* [rows, panel] */, size_t ldc,
                             const float *a /* [rows, k] */, size_t lda,
                             const float *b /* [k, panel] */, size_t ldb, size_t rows, size_t k,
                             bool add);

typedef struct kernels {
    cpu_level level;

    /* Columns that the matrix products below compute at a time. */
    size_t panel;

    /* y[i] = x[i] * weight[i] / sqrt(mean(x^2) + epsilon), one row (Zhang & Sennrich, 2019). */
    void (*rmsnorm)(float *y /* [n] */, const float *x /* [n] */, const float *weight /* [n] */,
                    size_t n, float epsilon);

    /* The gradient of rmsnorm's input from dy, that of its output: with r = 1 / sqrt(mean(x^2) +
     * epsilon), dx[i] = r (weight[i] dy[i] - x[i] r^2 mean(weight dy x)), or dx[i] += with `add`.
     * Returns r, for rmsnorm_weight_backward. dx may be dy. */
    float (*rmsnorm_backward)(float *dx /* [n] */, const float *x /* [n] */,
                              const float *weight /* [n] */, const float *dy /* [n] */, size_t n,
                              float epsilon, bool add);

    /* One row's part of the gradient of rmsnorm's weight: dweight[i] += dy[i] * x[i] * r. */
    void (*rmsnorm_weight_backward)(float *dweight /* [n] */, const float *x /* [n] */,
                                    const float *dy /* [n] */, size_t n, float r);

    /* Rotates the pairs (x[i], x[i + D/2]) of one head by the angles whose cosines and sines are
     * given (Su et al., 2021; Hugging Face's half-split layout). */
    void (*rope)(float *x /* [D] */, const float *cosine /* [D/2] */, const float *sine /* [D/2] */,
                 size_t head_dim);

    /* The gradient of rope's input from that of its output, in place: rotates back. */
    void (*rope_backward)(float *dx /* [D] */, const float *cosine /* [D/2] */,
                          const float *sine /* [D/2] */, size_t head_dim);

    /* y[i] = silu(gate[i]) * up[i]; y may be gate. */
    void (*swiglu)(float *y /* [n] */, const float *gate /* [n] */, const float *up /* [n] */,
                   size_t n);

    /* The gradients of swiglu's inputs from dy, that of its output. With s = sigmoid(gate[i]),
     * dgate[i] = dy[i] up[i] s (1 + gate[i] (1 - s)) and dup[i] = dy[i] gate[i] s. Either output may
     * be any of the inputs. */
    void (*swiglu_backward)(float *dgate /* [n] */, float *dup /* [n] */,
                            const float *gate /* [n] */, const float *up /* [n] */,
                            const float *dy /* [n] */, size_t n);

    /* y[i] = 0 if the mask drops element first + i, else x[i] / (1 - p) (Srivastava et al., 2014);
     * its own gradient. y may be x. All tables give the same bits. */
    void (*dropout)(float *y /* [n] */, const float *x /* [n] */, size_t n,
                    const dropout_mask *mask, uint64_t first);

    /* y[i] += x[i]. */
    void (*add)(float *y /* [n] */, const float *x /* [n] */, size_t n);

    /* y[i] = a * x[i]; y may be x. */
    void (*scale)(float *y /* [n] */, float a, const float *x /* [n] */, size_t n);

    float (*dot)(const float *x /* [n] */, const float *y /* [n] */, size_t n);

    /* One part of a softmax over factor * x, in place: the n >= 1 scores become
     * exp(factor * (x[i] - max)), max the largest of this part and those before; what is between n
     * and width, a multiple of 16, becomes 0. Returns the number by which the weights of the parts
     * before, and so all sums of them, are to be multiplied: row->sum is already. factor > 0. */
    float (*weigh_scores)(float *x /* [width] */, size_t n, size_t width, float factor,
                          softmax_row *row);

    /* The gradient of a softmax over factor * x, from dp, that of its weights, in place: the
     * exponentials that weigh_scores left in p become the weights, p[i] *= 1 / sum, and dp[i] becomes
     * factor * p[i] * (dp[i] - mean), where `mean` is the sum of p[j] dp[j] over the whole row. */
    void (*softmax_backward)(float *p /* [n] */, float *dp /* [n] */, size_t n, float factor,
                             float mean, double sum);

    /* log(sum(exp(x[i]))), stable; n >= 1. */
    float (*log_sum_exp)(const float *x /* [n] */, size_t n);

    /* bf16 bits from float32 (round to nearest even) and back. */
    void (*to_bf16)(uint16_t *y /* [n] */, const float *x /* [n] */, size_t n);
    void (*from_bf16)(float *y /* [n] */, const uint16_t *x /* [n] */, size_t n);

    gemm_f32_kernel *gemm_f32;

    /* As gemm_f32, for the first half of a panel's columns. */
    gemm_f32_kernel *gemm_f32_half;

    /* b[i][j] = rows[j][i]: up to `panel` rows stood up as the columns of a panel; columns from
     * `count` on are zeros. */
    void (*transpose_panel)(float *b /* [n, panel] */, const float *const *rows /* [count][n] */,
                            size_t count, size_t n);

    /* y[i][j] = x[j][i]; y and x are `ldy` and `ldx` elements from row to row. */
    void (*transpose)(float *y /* [columns, rows] */, size_t ldy,
                      const float *x /* [rows, columns] */, size_t ldx, size_t rows,
                      size_t columns);
} kernels;

/* The table for this machine. */
const kernels *kernels_get(void);

/* The table of one level, for tests and timings; NULL if this CPU cannot run it. */
const kernels *kernels_at(cpu_level level);

/* The tables themselves; those that were not compiled for this processor are NULL. */
extern const kernels kernels_plain;
extern const kernels *const kernels_avx2;
extern const kernels *const kernels_avx512;

#endif
