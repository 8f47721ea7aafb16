/*
 * Numbers quantized in groups of 32 along a row: value = scale * q + minimum. What GGUF calls Q4_0,
 * Q4_1, Q5_0, Q5_1, Q8_0, Q4_K and Q5_K are such numbers; the kernels here multiply them without
 * widening them first. Weights stand in panels of 32 output channels, group after group, a channel's
 * four neighbours of k side by side, as the CPU's int8 dot products read them.
 */
#ifndef DEAR_COMPUTE_GROUPS_H
#define DEAR_COMPUTE_GROUPS_H

#include "compute/cpu.h"

#include <stddef.h>
#include <stdint.h>

enum {
    GROUP = 32,       ///< numbers of a row that share a scale
    GROUP_PANEL = 32, ///< output channels of a panel
    GROUP_STEPS = 8   ///< a group is read four numbers at a time
};

/*
 * One group of a panel, in this order:
 *   values   bits 8: [8][32][4] one a byte; bits 4: [4][32][4], steps 0 to 3 in the low half of the
 *            bytes, 4 to 7 in the high half; unsigned
 *   scales   [32] float16
 *   minima   [32] float16, only when `zero` is negative; else minimum = -zero * scale
 */
typedef struct group_format {
    int bits; ///< 4 or 8
    int zero; ///< the q that stands for 0, or -1
} group_format;

static inline size_t group_value_bytes(group_format f) {
    return (size_t)f.bits * GROUP * GROUP_PANEL / 8;
}

/* Bytes of one group of a panel. */
static inline size_t group_bytes(group_format f) {
    return group_value_bytes(f) + (f.zero < 0 ? 2 : 1) * GROUP_PANEL * sizeof(uint16_t);
}

/* What a group of activations is multiplied with. */
typedef struct group_factor {
    float scale;
    float scaled_sum; ///< scale * sum
    int32_t sum;      ///< of the group's q
} group_factor;

/* Activations, signed 8 bits: value = scale * q. */
typedef struct group_rows {
    const int8_t *q;             ///< [rows, groups * GROUP]
    const group_factor *factors; ///< [rows, groups]
    size_t groups;
} group_rows;

typedef struct group_kernels {
    const char *name;

    /* One row: q = round(x * (127 / max|x|)) of each group, half to even; what lies beyond n is 0.
     * A group that holds an infinity or a NaN gives zeros and a scale that is not finite, so its
     * products are NaN; one of values under 2^-119 gives zeros. */
    void (*quantize)(int8_t *q /* [groups * GROUP] */, group_factor *factors /* [groups] */,
                     const float *x /* [n] */, size_t n);

    /* c = a b^T, or c += a b^T with `add`, for the channels of one panel: integer products are
     * exact, a row's groups are added in their order in float32. */
    void (*multiply)(float *c /* [rows, GROUP_PANEL], ldc apart */, size_t ldc, const group_rows *a,
                     size_t rows, const uint8_t *panel, group_format format, bool add);
} group_kernels;

/* The fastest for this machine. */
const group_kernels *group_kernels_get(void);

/* Those of one level, for tests and timings; NULL if this CPU cannot run them. AVX-512 without VNNI
 * has none of its own. */
const group_kernels *group_kernels_at(cpu_level level);

/* The kernels themselves; those that were not compiled for this processor are NULL. */
extern const group_kernels group_kernels_plain;
extern const group_kernels *const group_kernels_avx2;
extern const group_kernels *const group_kernels_vnni;

#endif
