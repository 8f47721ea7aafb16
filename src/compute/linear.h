/*
 * Linear layers: y = x W^T (+ bias), with W packed once for the precision it is computed in.
 *
 *  f32   float32 weights and activations.
 *  bf16  bfloat16 weights; activations are rounded to bfloat16 where the CPU multiplies bf16
 *        natively and stay float32 where it does not (the weights are then widened tile by tile).
 *  int8  weights in groups of 32 along a row that share a scale (and a minimum): those of the file
 *        where it is quantized that way (Q4_0, Q8_0, ...), else rounded to 8 bits; activations
 *        rounded to 8 bits in such groups too; exact integer products of groups, added in float32.
 *        A row's result does not depend, bit for bit, on how many rows are computed with it.
 */
#ifndef DEAR_COMPUTE_LINEAR_H
#define DEAR_COMPUTE_LINEAR_H

#include "base/error.h"

typedef enum precision {
    PRECISION_AUTO, ///< left to llama_open, which asks precision_fastest
    PRECISION_F32,
    PRECISION_BF16,
    PRECISION_INT8
} precision;

const char *precision_name(precision p);
/* "auto", "f32", "bf16", "int8"; false for another name. */
bool precision_parse(precision *out, const char *name);
/* The faster here of float32 and int8, the two whose rankings can be told apart by chance only (int8:
 * of weights that a file holds in groups); by a probe of a few milliseconds, asked once. It measures
 * one thread's processor time, so a busy machine gives the same answer as an idle one. */
precision precision_fastest(void);

typedef struct linear linear;

/*
 * Where a weight [out_features, in_features] is read from as it is packed, a few rows at a time, so
 * that it is never held whole in float32. Any number of threads may read at the same time.
 */
typedef struct linear_source {
    /* Rows [first, first + count) as float32 into `out` [count, in_features]. */
    dear_status (*rows)(void *context, int64_t first, int64_t count, float *out, dear_error *err);

    /* The same rows as the file's groups of 32, value = scale * q + minimum: q [count, in_features],
     * scale and minimum [count, in_features / 32]. Used when group_bits is not 0. */
    dear_status (*groups)(void *context, int64_t first, int64_t count, uint8_t *q, float *scale,
                          float *minimum, dear_error *err);
    int group_bits; ///< of q: 4 or 8; 0: the file has no such groups
    int group_zero; ///< all minima are -group_zero * scale; -1: they are not

    /* rows() reads the weight's columns instead, as the rows of its transpose [in_features,
     * out_features]: `out` is [count, out_features]. Not for int8, whose groups lie along rows. */
    bool transposed;
    void *context;
} linear_source;

/* Packs the weight. `p` is not PRECISION_AUTO. */
dear_status linear_create(linear **out, int64_t out_features, int64_t in_features, precision p,
                          const linear_source *source, dear_error *err);
/* The way back through y = x W^T, for the source that linear_create packs W [out_features,
 * in_features] from: packs W^T, so that linear_apply computes dx = dy W from dy [T, out_features] to
 * dx [T, in_features]. Beside the packed weight, memory holds a few hundred rows of W in float32, and
 * with oneDNN one more copy of W in `p`, while packing. Not for int8. */
dear_status linear_create_transposed(linear **out, int64_t out_features, int64_t in_features,
                                     precision p, const linear_source *source, dear_error *err);
void linear_free(linear *l);

int64_t linear_out_features(const linear *l);
int64_t linear_in_features(const linear *l);
/* Bytes that the packed weight takes. */
size_t linear_bytes(const linear *l);

/* Scratch memory that applications share; one per engine, used by one application at a time. */
typedef struct linear_scratch linear_scratch;
dear_status linear_scratch_create(linear_scratch **out, dear_error *err);
void linear_scratch_free(linear_scratch *s);

/* Rows [first, first + count). */
typedef struct row_range {
    int64_t first, count;
} row_range;

/* What a layer is applied to, and how. */
typedef struct linear_rows {
    const float *x; ///< [T, in]
    int64_t tokens; ///< T
    bool add;       ///< y += x W^T instead of y = x W^T
    /* Rows, in order and apart, whose activations int8 keeps to 16 bits, in two parts of 8, at twice
     * the cost: those that results hang on most. The other precisions do not look at them. */
    const row_range *precise;
    size_t num_precise;
} linear_rows;

/* y = x W^T (or y += x W^T), on all threads; on one, inside a parallel region. */
dear_status linear_apply(const linear *l, linear_scratch *scratch, const linear_rows *rows,
                         float *y /* [T, out] */, dear_error *err);

/* The name of the GEMM that computes this precision, not PRECISION_AUTO, here ("oneDNN s8s8s32", ...). */
const char *linear_backend(precision p);

/* Floating-point (or int8) operations a second that the backend reaches on a large square problem,
 * measured now: the peak that benches divide by. */
double linear_peak(precision p);

#endif
