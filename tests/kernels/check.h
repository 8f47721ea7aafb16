/* What the checks of tests/kernels share: numbers to compute on, comparing, and counting. */
#ifndef DEAR_TESTS_KERNELS_CHECK_H
#define DEAR_TESTS_KERNELS_CHECK_H

#include "compute/kernels.h"

#include <stdbool.h>

typedef struct check_options {
    bool quick; ///< fewer sizes, and nothing of oneDNN: for valgrind
    bool time;  ///< print timings; they are never judged
} check_options;

/* Each prints what fails. */
void check_rows(const check_options *options);   ///< kernels that work on rows
void check_gemm(const check_options *options);   ///< the kernels of matrix products
void check_groups(const check_options *options); ///< products of quantized groups
void check_linear(const check_options *options); ///< packed weights, all precisions
void check_matmul(const check_options *options); ///< products of matrices that change
void check_attention(const check_options *options);
void check_attention_backward(const check_options *options);

/* Counts a check; a failed one is printed. Returns `passed`. */
bool check_that(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));
int check_failures(void);
int check_count(void);

/* A block of exactly `bytes` bytes, so that memory checkers see the first byte too many. */
void *check_alloc(size_t bytes);

/* Numbers in [-1, 1), the same for the same seed. */
void check_fill(float *x, size_t n, uint32_t seed);
float *check_random(size_t n, uint32_t seed);

/* The largest difference, as a share of the largest magnitude of `want`; infinite when one of the
 * two holds a NaN that the other does not. */
double check_difference(const float *got, const float *want, size_t n);

#endif
