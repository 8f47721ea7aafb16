/* Vectors of 8: the vocabulary in which kernels_vec.h is written, for AVX2 with FMA and F16C. */
#ifndef DEAR_COMPUTE_VEC_AVX2_H
#define DEAR_COMPUTE_VEC_AVX2_H

#include "compute/cpu.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    LANES = 8,
    TILE_ROWS = 6, // 6 x 2 accumulators, 2 columns of b, 1 of a: 15 of the 16 registers
    TABLE_LEVEL = CPU_AVX2
};

typedef __m256 vec;   // 8 float32
typedef __m256i ivec; // 8 int32, or 16 int16

static inline vec vec_set(float x) {
    return _mm256_set1_ps(x);
}
static inline vec vec_load(const float *p) {
    return _mm256_loadu_ps(p);
}
static inline void vec_store(float *p, vec x) {
    _mm256_storeu_ps(p, x);
}
/* All ones in the first n lanes, n < 8. */
static inline ivec first_lanes(size_t n) {
    static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const ivec *)(ones + LANES - n));
}
/* The first n < 8 elements, the other lanes `fill`. */
static inline vec vec_load_part(const float *p, size_t n, float fill) {
    ivec mask = first_lanes(n);
    vec part = _mm256_maskload_ps(p, mask);
    return _mm256_blendv_ps(vec_set(fill), part, _mm256_castsi256_ps(mask));
}
static inline void vec_store_part(float *p, vec x, size_t n) {
    _mm256_maskstore_ps(p, first_lanes(n), x);
}
static inline vec vec_add(vec a, vec b) {
    return _mm256_add_ps(a, b);
}
static inline vec vec_sub(vec a, vec b) {
    return _mm256_sub_ps(a, b);
}
static inline vec vec_mul(vec a, vec b) {
    return _mm256_mul_ps(a, b);
}
static inline vec vec_div(vec a, vec b) {
    return _mm256_div_ps(a, b);
}
/* a * b + c */
static inline vec vec_fma(vec a, vec b, vec c) {
    return _mm256_fmadd_ps(a, b, c);
}
/* c - a * b */
static inline vec vec_fnma(vec a, vec b, vec c) {
    return _mm256_fnmadd_ps(a, b, c);
}
/* b where either is NaN. */
static inline vec vec_max(vec a, vec b) {
    return _mm256_max_ps(a, b);
}
static inline vec vec_min(vec a, vec b) {
    return _mm256_min_ps(a, b);
}
static inline vec vec_round(vec x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* x where key is not below limit, else 0. */
static inline vec vec_unless_below(vec x, vec key, vec limit) {
    return _mm256_and_ps(x, _mm256_cmp_ps(key, limit, _CMP_NLT_UQ));
}
static inline vec vec_from_int(ivec x) {
    return _mm256_cvtepi32_ps(x);
}
static inline ivec vec_to_int(vec x) {
    return _mm256_cvtps_epi32(x);
}
static inline ivec vec_bits(vec x) {
    return _mm256_castps_si256(x);
}
static inline vec vec_from_bits(ivec x) {
    return _mm256_castsi256_ps(x);
}
/* x * 2^n for whole n from -126 to 127 */
static inline vec vec_times_power(vec x, vec n) {
    ivec exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}
static inline float vec_sum(vec x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
static inline float vec_largest(vec x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

static inline ivec ivec_set(int32_t x) {
    return _mm256_set1_epi32(x);
}
static inline ivec ivec_load(const int32_t *p) {
    return _mm256_loadu_si256((const ivec *)p);
}
static inline void ivec_store(int32_t *p, ivec x) {
    _mm256_storeu_si256((ivec *)p, x);
}
static inline ivec ivec_add(ivec a, ivec b) {
    return _mm256_add_epi32(a, b);
}
static inline ivec ivec_and(ivec a, ivec b) {
    return _mm256_and_si256(a, b);
}
static inline ivec ivec_or(ivec a, ivec b) {
    return _mm256_or_si256(a, b);
}
static inline ivec ivec_xor(ivec a, ivec b) {
    return _mm256_xor_si256(a, b);
}
/* 64-bit products of the low lanes of each pair. */
static inline ivec ivec_mul_low_halves(ivec a, ivec b) {
    return _mm256_mul_epu32(a, b);
}
/* The high lane of each pair in the low one's place, above it 0. */
static inline ivec ivec_high_to_low(ivec x) {
    return _mm256_srli_epi64(x, 32);
}
/* The low lane of each pair of a, then that of b. */
static inline ivec ivec_interleave_low_halves(ivec a, ivec b) {
    return _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xaa);
}
static inline ivec ivec_max(ivec a, ivec b) {
    return _mm256_max_epi32(a, b);
}
static inline ivec ivec_shift_left(ivec x, int n) {
    return _mm256_slli_epi32(x, n);
}
static inline ivec ivec_shift_right(ivec x, int n) {
    return _mm256_srli_epi32(x, n);
}
/* where condition > limit: a, else b */
static inline ivec ivec_if_above(ivec condition, ivec limit, ivec a, ivec b) {
    return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi32(condition, limit));
}

static inline void ivec_store_uint16(uint16_t *p, ivec x) {
    __m128i s = _mm_packus_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storeu_si128((__m128i *)p, s);
}
static inline ivec ivec_load_uint16(const uint16_t *p) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
}

#endif
