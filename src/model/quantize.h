/*
 * Numbers as model files hold them: float32 made narrow, the way back from tensor_widen. Layouts as
 * the GGUF specification and ggml define them; every number goes to the nearest that its block can
 * hold.
 */
#ifndef DEAR_MODEL_QUANTIZE_H
#define DEAR_MODEL_QUANTIZE_H

#include "model/tensor.h"

/* True for the types that can be written: F32, F16, BF16, Q8_0, Q4_0 and Q4_1. */
bool quantize_known(tensor_type type);

/* The type of that name in small letters ("q8_0"), of those; false when it is none. */
bool quantize_parse_type(tensor_type *out, const char *name);

/*
 * Writes `count` numbers (a multiple of tensor_block_elements) to `out`, at any address. A block of
 * 32 has one scale: Q8_0 takes amax / 127; Q4_0 the number of largest magnitude over -8, since its
 * range reaches one step further down than up; Q4_1 (max - min) / 15 above the minimum.
 */
void quantize(tensor_type type, const float *values, int64_t count, void *out);

/* The first of `count` numbers that has no place in `type`: one that is not finite, or is too large
 * for its half-precision numbers or scales; -1 when all have. */
int64_t quantize_find_misfit(tensor_type type, const float *values, int64_t count);

#endif
