/*
 * Linear layers: y = x W^T (+ bias), with W packed once for the precision it is computed in.
 *
 *  f32   float32 weights and activations.
 *  bf16  bfloat16 weights; activations are rounded to bfloat16 where the CPU multiplies bf16
 *        natively and stay float32 where it does not (the weights are then widened tile by tile).
 *  int8  W8A8: weights symmetric per output channel, activations symmetric per token, int32
 *        accumulation that is exact on every CPU, scales applied in the epilogue. A row's result
 *        does not depend, bit for bit, on how many rows are computed with it.
 */
#ifndef DEAR_COMPUTE_LINEAR_H
#define DEAR_COMPUTE_LINEAR_H

#include "base/error.h"

typedef enum precision {
    PRECISION_AUTO, ///< see precision_resolve
    PRECISION_F32,
    PRECISION_BF16,
    PRECISION_INT8
} precision;

const char *precision_name(precision p);
/* "auto", "f32", "bf16", "int8"; false for another name. */
bool precision_parse(precision *out, const char *name);
/* What to compute in when `p` is asked for: PRECISION_AUTO is float32, the one precision whose
 * rankings are those of the reference (docs/architecture.md has what the others cost). */
precision precision_resolve(precision p);
/* The fastest precision here, whatever its rankings, by a probe of a few milliseconds, asked once.
 * It measures one thread's processor time, so a busy machine gives the same answer as an idle one. */
precision precision_fastest(void);

typedef struct linear linear;

/*
 * Gives rows [first, first + count) of the weight as float32 into `out` [count, in_features]. Used
 * to stream a weight into its packed form without ever holding it whole in float32.
 */
typedef dear_status (*linear_source)(void *context, int64_t first, int64_t count, float *out,
                                     dear_error *err);

/* Packs a weight [out_features, in_features] read from `source`. `p` is not PRECISION_AUTO. */
dear_status linear_create(linear **out, int64_t out_features, int64_t in_features, precision p,
                          linear_source source, void *context, dear_error *err);
void linear_free(linear *l);

int64_t linear_out_features(const linear *l);
int64_t linear_in_features(const linear *l);
/* Bytes that the packed weight takes. */
size_t linear_bytes(const linear *l);

/* Scratch memory that applications share; one per engine, used by one application at a time. */
typedef struct linear_scratch linear_scratch;
dear_status linear_scratch_create(linear_scratch **out, dear_error *err);
void linear_scratch_free(linear_scratch *s);

/* y = x W^T, on all threads. */
dear_status linear_apply(const linear *l, linear_scratch *scratch, const float *x /* [T, in] */,
                         int64_t tokens, float *y /* [T, out] */, dear_error *err);

/* The name of the GEMM that computes this precision here ("oneDNN s8s8s32", ...). */
const char *linear_backend(precision p);

/* Floating-point (or int8) operations a second that the backend reaches on a large square problem,
 * measured now: the peak that benches divide by. */
double linear_peak(precision p);

#endif
