/*
 * For AVX2: products of four bits and eight, summed in 16 bits over a group: 32/4 steps of two
 * products of at most 15 * 127 stay below 2^15. Weights of 8 bits are taken as two halves.
 */
#include "compute/groups.h"

#ifdef __AVX2__
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CONSTANT static inline __attribute__((always_inline)) void

enum { TILE_ROWS = 4, HALVES_MAX = 2 };

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

/* Below, `rows`, `bits` and `minimum` are constants where the functions are inlined. A tile covers
 * 16 channels, two vectors; `sums` are of 16 bits, [row][vector][half of the weights' bits]. */
typedef __m256i tile_sums[TILE_ROWS][2][HALVES_MAX];

static inline __m256i load(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}

static inline __m256i high_halves(__m256i bytes) {
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
}

static inline __m256i low_halves(__m256i bytes) {
    return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

static inline __m256i four_of(const int8_t *q) {
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
}

CONSTANT step(tile_sums sums, const int8_t *q, size_t stride, __m256i b0, __m256i b1,
              const int half, const size_t rows) {
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        __m256i x = four_of(q + r * stride);
        sums[r][0][half] = _mm256_add_epi16(sums[r][0][half], _mm256_maddubs_epi16(b0, x));
        sums[r][1][half] = _mm256_add_epi16(sums[r][1][half], _mm256_maddubs_epi16(b1, x));
    }
}

CONSTANT steps(tile_sums sums, const int8_t *q, size_t stride, const uint8_t *values,
               const int bits, const size_t rows) {
#pragma GCC unroll 8
    for (size_t i = 0; i < (size_t)bits; i++, values += 128) {
        __m256i b0 = load(values), b1 = load(values + 32);
        step(sums, q + 4 * i, stride, low_halves(b0), low_halves(b1), 0, rows);
        if (bits == 8)
            step(sums, q + 4 * i, stride, high_halves(b0), high_halves(b1), 1, rows);
        else
            step(sums, q + 4 * i + 16, stride, high_halves(b0), high_halves(b1), 0, rows);
    }
}

/* The 32-bit sums of eight channels, as float32, less `zero` times the row's sum. */
static inline __m256 gather(const __m256i *sums, const int bits, int32_t less) {
    __m256i sum = _mm256_madd_epi16(sums[0], _mm256_set1_epi16(1));
    if (bits == 8)
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(sums[1], _mm256_set1_epi16(16)));
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(sum, _mm256_set1_epi32(less)));
}

static inline __m256 widen(const uint8_t *halves) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
}

/* total += sums, in the units of the row's and the channels' groups. */
CONSTANT scale_sums(float total[TILE_ROWS][16], tile_sums sums, const group_factor *factors,
                    size_t stride, const uint8_t *scales, int zero, const int bits,
                    const bool minimum, const size_t rows) {
#pragma GCC unroll 2
    for (size_t j = 0; j < 2; j++) {
        __m256 d = widen(scales + 16 * j), m = d;
        if (minimum)
            m = widen(scales + 2 * GROUP_PANEL + 16 * j);
#pragma GCC unroll 4
        for (size_t r = 0; r < rows; r++) {
            const group_factor *f = factors + r * stride;
            __m256 y = _mm256_mul_ps(gather(sums[r][j], bits, minimum ? 0 : zero * f->sum), d);
            __m256 t = _mm256_loadu_ps(total[r] + 8 * j);
            t = _mm256_fmadd_ps(y, _mm256_set1_ps(f->scale), t);
            if (minimum)
                t = _mm256_fmadd_ps(m, _mm256_set1_ps(f->scaled_sum), t);
            _mm256_storeu_ps(total[r] + 8 * j, t);
        }
    }
}

/* 16 channels: `panel` points at their first values, `scales` at their first scale. */
CONSTANT tile(float *c, size_t ldc, const int8_t *q, const group_factor *factors, size_t groups,
              const uint8_t *panel, const uint8_t *scales, int zero, const int bits,
              const bool minimum, bool add, const size_t rows) {
    const size_t bytes = (size_t)bits * 128 + (minimum ? 128 : 64);
    float total[TILE_ROWS][16] = {{0}};
    for (size_t g = 0; g < groups; g++) {
        tile_sums sums;
        memset(sums, 0, sizeof sums);
        steps(sums, q + g * GROUP, groups * GROUP, panel + g * bytes, bits, rows);
        scale_sums(total, sums, factors + g, groups, scales + g * bytes, zero, bits, minimum, rows);
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < 16; i += 8) {
            __m256 t = _mm256_loadu_ps(total[r] + i);
            float *to = c + r * ldc + i;
            _mm256_storeu_ps(to, add ? _mm256_add_ps(_mm256_loadu_ps(to), t) : t);
        }
}

CONSTANT tiles(float *c, size_t ldc, const group_rows *a, size_t rows, const uint8_t *panel,
               int zero, const int bits, const bool minimum, bool add) {
    const size_t tallest = bits == 4 ? TILE_ROWS : TILE_ROWS / 2; // 8 bits need twice the sums
    const uint8_t *scales = panel + (size_t)bits * 128;
    for (size_t half = 0; half < 2; half++, panel += 64, scales += 32, c += 16) {
        for (size_t row = 0, done; row < rows; row += done) {
            const int8_t *q = a->q + row * a->groups * GROUP;
            const group_factor *f = a->factors + row * a->groups;
            float *to = c + row * ldc;
            if (rows - row >= tallest)
                tile(to, ldc, q, f, a->groups, panel, scales, zero, bits, minimum, add,
                     done = tallest);
            else
                tile(to, ldc, q, f, a->groups, panel, scales, zero, bits, minimum, add, done = 1);
        }
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
