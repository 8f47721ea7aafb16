/* For AVX-512 with VNNI: four products of bytes and their sum in one instruction. */
#include "compute/groups.h"

#ifdef __AVX512VNNI__
#include <immintrin.h>
#include <math.h>
#include <string.h>

enum { TILE_ROWS = 6 }; // 6 x 2 integer sums and 6 x 2 float sums of the 32 registers

#define KEEP_IN_REGISTER(x) __asm__("" : "+v"(x))
#define CONSTANT static inline __attribute__((always_inline)) void

/* ---- quantizing ---- */

static __m512 take(const float *x, size_t left) {
    if (left >= 16)
        return _mm512_loadu_ps(x);
    return _mm512_maskz_loadu_ps((__mmask16)((1u << left) - 1), x);
}

/* The bits of the largest magnitude: as integers they order infinities and NaNs above all else. */
static float largest_magnitude(__m512 low, __m512 high) {
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512i a = _mm512_and_si512(_mm512_castps_si512(low), magnitude);
    __m512i b = _mm512_and_si512(_mm512_castps_si512(high), magnitude);
    int32_t bits = _mm512_reduce_max_epi32(_mm512_max_epi32(a, b));
    float max;
    memcpy(&max, &bits, sizeof max);
    return max;
}

static group_factor quantize_group(int8_t *q, __m512 low, __m512 high) {
    float max = largest_magnitude(low, high);
    if (!isfinite(max) || max < 0x1p-119f) {
        memset(q, 0, GROUP);
        return (group_factor){isfinite(max) ? 0 : max, 0, 0};
    }
    __m512 inverse = _mm512_set1_ps(127 / max);
    __m512i a = _mm512_cvtps_epi32(_mm512_mul_ps(low, inverse));
    __m512i b = _mm512_cvtps_epi32(_mm512_mul_ps(high, inverse));
    _mm_storeu_si128((__m128i *)q, _mm512_cvtepi32_epi8(a));
    _mm_storeu_si128((__m128i *)(q + 16), _mm512_cvtepi32_epi8(b));
    group_factor f = {.scale = max / 127, .sum = _mm512_reduce_add_epi32(_mm512_add_epi32(a, b))};
    f.scaled_sum = f.scale * (float)f.sum;
    return f;
}

static void quantize(int8_t *q, group_factor *factors, const float *x, size_t n) {
    for (size_t i = 0; i < n; i += GROUP, factors++) {
        size_t left = n - i;
        __m512 high = left > 16 ? take(x + i + 16, left - 16) : _mm512_setzero_ps();
        *factors = quantize_group(q + i, take(x + i, left), high);
    }
}

/* ---- multiplying ---- */

/* Below, `rows`, `bits` and `minimum` are constants where the functions are inlined. */

static inline __m512i four_of(const int8_t *q) {
    int32_t four;
    memcpy(&four, q, sizeof four);
    return _mm512_set1_epi32(four);
}

static inline __m512 widen(const uint8_t *halves) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)halves));
}

/* sums += q b^T for one step; `q` points at the step of the tile's first row. */
CONSTANT step(__m512i sums[TILE_ROWS][2], const int8_t *q, size_t stride, __m512i b0, __m512i b1,
              const size_t rows) {
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++) {
        __m512i x = four_of(q + r * stride);
        sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], b0, x);
        sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], b1, x);
        KEEP_IN_REGISTER(sums[r][0]);
        KEEP_IN_REGISTER(sums[r][1]);
    }
}

CONSTANT steps(__m512i sums[TILE_ROWS][2], const int8_t *q, size_t stride, const uint8_t *values,
               const int bits, const size_t rows) {
    const __m512i low = _mm512_set1_epi8(15);
#pragma GCC unroll 8
    for (size_t i = 0; i < (size_t)bits; i++, values += 128) {
        __m512i b0 = _mm512_loadu_si512(values), b1 = _mm512_loadu_si512(values + 64);
        if (bits == 8) {
            step(sums, q + 4 * i, stride, b0, b1, rows);
            continue;
        }
        step(sums, q + 4 * i, stride, _mm512_and_si512(b0, low), _mm512_and_si512(b1, low), rows);
        step(sums, q + 4 * i + 16, stride, _mm512_and_si512(_mm512_srli_epi16(b0, 4), low),
             _mm512_and_si512(_mm512_srli_epi16(b1, 4), low), rows);
    }
}

/* total += sums, in the units of the row's and the channels' groups. */
CONSTANT scale_sums(__m512 total[TILE_ROWS][2], __m512i sums[TILE_ROWS][2],
                    const group_factor *factors, size_t stride, const uint8_t *scales,
                    const bool minimum, const size_t rows) {
    __m512 d0 = widen(scales), d1 = widen(scales + 32), m0 = d0, m1 = d1;
    if (minimum) {
        m0 = widen(scales + 64);
        m1 = widen(scales + 96);
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++) {
        __m512 x = _mm512_set1_ps(factors[r * stride].scale);
        __m512 y0 = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][0]), d0);
        __m512 y1 = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][1]), d1);
        total[r][0] = _mm512_fmadd_ps(y0, x, total[r][0]);
        total[r][1] = _mm512_fmadd_ps(y1, x, total[r][1]);
        if (minimum) {
            __m512 s = _mm512_set1_ps(factors[r * stride].scaled_sum);
            total[r][0] = _mm512_fmadd_ps(m0, s, total[r][0]);
            total[r][1] = _mm512_fmadd_ps(m1, s, total[r][1]);
        }
        KEEP_IN_REGISTER(total[r][0]);
        KEEP_IN_REGISTER(total[r][1]);
    }
}

CONSTANT tile(float *c, size_t ldc, const int8_t *q, const group_factor *factors, size_t groups,
              const uint8_t *panel, int zero, const int bits, const bool minimum, bool add,
              const size_t rows) {
    const size_t values = (size_t)bits * 128, bytes = values + (minimum ? 128 : 64);
    __m512 total[TILE_ROWS][2];
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
        total[r][0] = total[r][1] = _mm512_setzero_ps();
    for (size_t g = 0; g < groups; g++, panel += bytes) {
        __m512i sums[TILE_ROWS][2];
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++)
            sums[r][0] = sums[r][1] =
                _mm512_set1_epi32(minimum ? 0 : -zero * factors[r * groups + g].sum);
        steps(sums, q + g * GROUP, groups * GROUP, panel, bits, rows);
        scale_sums(total, sums, factors + g, groups, panel + values, minimum, rows);
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (size_t j = 0; j < 2; j++) {
            float *to = c + r * ldc + 16 * j;
            _mm512_storeu_ps(to,
                             add ? _mm512_add_ps(_mm512_loadu_ps(to), total[r][j]) : total[r][j]);
        }
}

CONSTANT tiles(float *c, size_t ldc, const group_rows *a, size_t rows, const uint8_t *panel,
               int zero, const int bits, const bool minimum, bool add) {
    const int8_t *q = a->q;
    const group_factor *f = a->factors;
    size_t n = a->groups;
    for (size_t done; rows; rows -= done, c += done * ldc, q += done * n * GROUP, f += done * n) {
        if (rows >= TILE_ROWS)
            tile(c, ldc, q, f, n, panel, zero, bits, minimum, add, done = TILE_ROWS);
        else if (rows >= 4)
            tile(c, ldc, q, f, n, panel, zero, bits, minimum, add, done = 4);
        else if (rows >= 2)
            tile(c, ldc, q, f, n, panel, zero, bits, minimum, add, done = 2);
        else
            tile(c, ldc, q, f, n, panel, zero, bits, minimum, add, done = 1);
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

static const group_kernels kernels = {"AVX-512 VNNI", quantize, multiply};
const group_kernels *const group_kernels_vnni = &kernels;
#else
#include <stddef.h>
const group_kernels *const group_kernels_vnni = NULL;
#endif
