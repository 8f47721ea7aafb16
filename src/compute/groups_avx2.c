/*
 * For AVX2, whose product of bytes adds pairs in 16 bits and saturates. With weights of 4 bits a
 * group's sums stay below 2^15, 8 steps of two products of at most 15 * 127; weights of 8 bits
 * would not, so they and the activations are widened, and pairs of products are added in 32 bits.
 */
#include "compute/groups.h"

#ifdef __AVX2__
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CONSTANT static inline __attribute__((always_inline)) void

/* Left alone, GCC 12 keeps sums on the stack. */
#define KEEP_IN_REGISTER(x) __asm__("" : "+x"(x))

enum { TILE_ROWS = 4, TILE_SUMS = 8, LINE = 4 * GROUP_PANEL /* bytes of a panel's step */ };

/* ---- quantizing ---- */

static int32_t largest_lane(__m256i x) {
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1)));
}

static int32_t sum_of_lanes(__m256i x) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

/* The bits of the largest magnitude: as integers they order infinities and NaNs above all else. */
static float largest_magnitude(const float *x) {
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    __m256i max = _mm256_setzero_si256();
    for (size_t i = 0; i < GROUP; i += 8) {
        __m256i bits = _mm256_castps_si256(_mm256_loadu_ps(x + i));
        max = _mm256_max_epi32(max, _mm256_and_si256(bits, magnitude));
    }
    int32_t bits = largest_lane(max);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static group_factor quantize_group(int8_t *q, const float *x) {
    float max = largest_magnitude(x);
    if (!isfinite(max) || max < 0x1p-119f) {
        memset(q, 0, GROUP);
        return (group_factor){isfinite(max) ? 0 : max, 0, 0};
    }
    __m256 inverse = _mm256_set1_ps(127 / max);
    __m256i part[4], sum = _mm256_setzero_si256();
    for (size_t i = 0; i < 4; i++) {
        part[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), inverse));
        sum = _mm256_add_epi32(sum, part[i]);
    }
    __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(part[0], part[1]),
                                       _mm256_packs_epi32(part[2], part[3]));
    const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256((__m256i *)q, _mm256_permutevar8x32_epi32(bytes, in_order));
    group_factor f = {.scale = max / 127, .sum = sum_of_lanes(sum)};
    f.scaled_sum = f.scale * (float)f.sum;
    return f;
}

static void quantize(int8_t *q, group_factor *factors, const float *x, size_t n) {
    size_t i = 0;
    for (; i + GROUP <= n; i += GROUP)
        factors[i / GROUP] = quantize_group(q + i, x + i);
    if (i < n) {
        float last[GROUP] = {0};
        memcpy(last, x + i, (n - i) * sizeof *x);
        factors[i / GROUP] = quantize_group(q + i, last);
    }
}

/* ---- multiplying ---- */

/*
 * A tile is `rows` rows times `vectors` of 8 channels. Shapes are constants where the functions are
 * inlined, so that the tile's sums, row after row, live in registers: eight of the sixteen, for
 * weights and activations need the others.
 */
typedef __m256i tile_sums[TILE_SUMS];
typedef float tile_totals[TILE_SUMS][8];
typedef struct shape {
    size_t rows, vectors;
    int bits;
    bool minima;
} shape;

/* What a tile multiplies; pointers are to its first row, its first channel and their first group. */
typedef struct operands {
    const int8_t *q;
    const group_factor *factors;
    size_t groups; // rows are so many groups apart
    const uint8_t *values, *scales;
    int zero;
} operands;

/* What a step takes of the weights' bytes: halves go with bytes of activations, bytes with words. */
typedef enum weight_part { LOW_HALVES, HIGH_HALVES, EVEN_BYTES, ODD_BYTES } weight_part;

static inline __m256i load(const void *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}

static inline __m256i broadcast_four_bytes(const void *p) {
    int32_t four;
    memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline __m256i weights(const uint8_t *values, const weight_part part) {
    __m256i b = load(values);
    if (part == LOW_HALVES)
        return _mm256_and_si256(b, _mm256_set1_epi8(15));
    if (part == HIGH_HALVES)
        return _mm256_and_si256(_mm256_srli_epi16(b, 4), _mm256_set1_epi8(15));
    if (part == EVEN_BYTES)
        return _mm256_and_si256(b, _mm256_set1_epi16(255));
    return _mm256_srli_epi16(b, 8);
}

/* sums += q b^T; rows of q are `stride` bytes apart. */
CONSTANT step(tile_sums sums, const void *q, size_t stride, const uint8_t *values,
              const weight_part part, const shape s) {
    for (size_t i = 0; i < s.rows * s.vectors; i++) {
        __m256i b = weights(values + i % s.vectors * 32, part);
        __m256i x = broadcast_four_bytes((const char *)q + i / s.vectors * stride);
        if (part == LOW_HALVES || part == HIGH_HALVES)
            sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(b, x));
        else
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(b, x));
        KEEP_IN_REGISTER(sums[i]);
    }
}

CONSTANT multiply_4(tile_sums sums, const int8_t *q, size_t stride, const uint8_t *values,
                    const shape s) {
#pragma GCC unroll 4
    for (size_t i = 0; i < GROUP_STEPS / 2; i++) {
        step(sums, q + 4 * i, stride, values + LINE * i, LOW_HALVES, s);
        step(sums, q + 4 * i + GROUP / 2, stride, values + LINE * i, HIGH_HALVES, s);
    }
    for (size_t i = 0; i < s.rows * s.vectors; i++)
        sums[i] = _mm256_madd_epi16(sums[i], _mm256_set1_epi16(1));
}

/* A group's even numbers, then its odd ones: the pairs of a step stand side by side. */
static inline void widen_row(int16_t wide[GROUP], const int8_t *q) {
    __m256i x = load(q), even = _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
    _mm256_storeu_si256((__m256i *)wide, even);
    _mm256_storeu_si256((__m256i *)(wide + GROUP / 2), _mm256_srai_epi16(x, 8));
}

CONSTANT multiply_8(tile_sums sums, const int8_t *q, size_t stride, const uint8_t *values,
                    const shape s) {
    int16_t wide[TILE_ROWS][GROUP];
    for (size_t r = 0; r < s.rows; r++)
        widen_row(wide[r], q + r * stride);
    for (size_t i = 0; i < GROUP_STEPS; i++) {
        step(sums, wide[0] + 2 * i, sizeof *wide, values + LINE * i, EVEN_BYTES, s);
        step(sums, wide[0] + 2 * i + GROUP / 2, sizeof *wide, values + LINE * i, ODD_BYTES, s);
    }
}

static inline __m256 widen(const uint8_t *halves) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
}

/* total += sums, in the units of the row's and the channels' groups. */
CONSTANT scale_sums(tile_totals total, tile_sums sums, const operands *o, size_t group,
                    const uint8_t *scales, const shape s) {
    for (size_t i = 0; i < s.rows * s.vectors; i++) {
        const group_factor *f = o->factors + i / s.vectors * o->groups + group;
        const uint8_t *scale = scales + i % s.vectors * 16;
        __m256i sum = sums[i];
        if (!s.minima)
            sum = _mm256_sub_epi32(sum, _mm256_set1_epi32(o->zero * f->sum));
        __m256 y = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), widen(scale));
        y = _mm256_fmadd_ps(y, _mm256_set1_ps(f->scale), _mm256_loadu_ps(total[i]));
        if (s.minima)
            y = _mm256_fmadd_ps(widen(scale + 2 * GROUP_PANEL), _mm256_set1_ps(f->scaled_sum), y);
        _mm256_storeu_ps(total[i], y);
    }
}

CONSTANT add_group(tile_totals total, const operands *o, size_t group, const shape s) {
    const size_t bytes = (size_t)s.bits * LINE + (s.minima ? 4 : 2) * GROUP_PANEL;
    const int8_t *q = o->q + group * GROUP;
    const uint8_t *values = o->values + group * bytes;
    tile_sums sums;
    for (size_t i = 0; i < s.rows * s.vectors; i++)
        sums[i] = _mm256_setzero_si256();
    if (s.bits == 4)
        multiply_4(sums, q, o->groups * GROUP, values, s);
    else
        multiply_8(sums, q, o->groups * GROUP, values, s);
    scale_sums(total, sums, o, group, o->scales + group * bytes, s);
}

CONSTANT tile(float *c, size_t ldc, const operands *o, bool add, const shape s) {
    tile_totals total = {{0}};
    for (size_t g = 0; g < o->groups; g++)
        add_group(total, o, g, s);
    for (size_t i = 0; i < s.rows * s.vectors; i++) {
        __m256 t = _mm256_loadu_ps(total[i]);
        float *to = c + i / s.vectors * ldc + i % s.vectors * 8;
        _mm256_storeu_ps(to, add ? _mm256_add_ps(_mm256_loadu_ps(to), t) : t);
    }
}

/* One row or two take all channels at once and so read the panel once, in its order; four take
 * first one half of them, then the other. */
CONSTANT tiles(float *c, size_t ldc, const group_rows *a, size_t rows, const uint8_t *panel,
               int zero, const int bits, const bool minima, bool add) {
    operands o = {a->q, a->factors, a->groups, panel, panel + (size_t)bits * LINE, zero};
    for (size_t done; rows; rows -= done, c += done * ldc) {
        if (rows >= 4) {
            operands second = o;
            second.values += LINE / 2;
            second.scales += GROUP_PANEL;
            tile(c, ldc, &o, add, (shape){4, 2, bits, minima});
            tile(c + GROUP_PANEL / 2, ldc, &second, add, (shape){4, 2, bits, minima});
            done = 4;
        } else if (rows >= 2)
            tile(c, ldc, &o, add, (shape){done = 2, 4, bits, minima});
        else
            tile(c, ldc, &o, add, (shape){done = 1, 4, bits, minima});
        o.q += done * o.groups * GROUP;
        o.factors += done * o.groups;
    }
}

static void multiply(float *c, size_t ldc, const group_rows *a, size_t rows, const uint8_t *panel,
                     group_format format, bool add) {
    if (format.bits == 4 && format.zero < 0)
        tiles(c, ldc, a, rows, panel, 0, 4, true, add);
    else if (format.bits == 4)
        tiles(c, ldc, a, rows, panel, format.zero, 4, false, add);
    else if (format.zero < 0)
        tiles(c, ldc, a, rows, panel, 0, 8, true, add);
    else
        tiles(c, ldc, a, rows, panel, format.zero, 8, false, add);
}

static const group_kernels kernels = {"AVX2", quantize, multiply};
const group_kernels *const group_kernels_avx2 = &kernels;
#else
#include <stddef.h>
const group_kernels *const group_kernels_avx2 = NULL;
#endif
