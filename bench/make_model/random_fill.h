/* Cheap random numbers in the element types of model files. */
#ifndef DEAR_BENCH_MAKE_MODEL_RANDOM_FILL_H
#define DEAR_BENCH_MAKE_MODEL_RANDOM_FILL_H

#include "model/tensor.h"

/*
 * Fills `out` with `count` numbers (a multiple of 32), uniform between mean - spread and
 * mean + spread, as F32, F16, BF16, Q4_0, Q4_1 or Q8_0. In the quantized types the mean is 0
 * whatever is asked for. `state` is any number; the same one gives the same bytes, and each call
 * moves it on.
 */
void random_fill(uint64_t *state, tensor_type type, float mean, float spread, int64_t count,
                 void *out);

#endif
