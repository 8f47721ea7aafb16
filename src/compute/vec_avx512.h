/* Vectors of 16: as vec_avx2.h, function for function, for AVX-512 F, BW, DQ and VL. */
#ifndef DEAR_COMPUTE_VEC_AVX512_H
#define DEAR_COMPUTE_VEC_AVX512_H

#include "compute/cpu.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    LANES = 16,
    TILE_ROWS = 12, // 12 x 2 accumulators, 2 columns of b, 1 of a: 27 of the 32 registers
    TABLE_LEVEL = CPU_AVX512
};

typedef __m512 vec;   // 16 float32
typedef __m512i ivec; // 16 int32, or 32 int16

static inline vec vec_set(float x) {
    return _mm512_set1_ps(x);
}
static inline vec vec_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void vec_store(float *p, vec x) {
    _mm512_storeu_ps(p, x);
}
static inline __mmask16 first_lanes(size_t n) {
    return (__mmask16)((1u << n) - 1);
}
static inline vec vec_load_part(const float *p, size_t n, float fill) {
    return _mm512_mask_loadu_ps(vec_set(fill), first_lanes(n), p);
}
static inline void vec_store_part(float *p, vec x, size_t n) {
    _mm512_mask_storeu_ps(p, first_lanes(n), x);
}
static inline vec vec_add(vec a, vec b) {
    return _mm512_add_ps(a, b);
}
static inline vec vec_sub(vec a, vec b) {
    return _mm512_sub_ps(a, b);
}
static inline vec vec_mul(vec a, vec b) {
    return _mm512_mul_ps(a, b);
}
static inline vec vec_div(vec a, vec b) {
    return _mm512_div_ps(a, b);
}
static inline vec vec_fma(vec a, vec b, vec c) {
    return _mm512_fmadd_ps(a, b, c);
}
static inline vec vec_fnma(vec a, vec b, vec c) {
    return _mm512_fnmadd_ps(a, b, c);
}
static inline vec vec_max(vec a, vec b) {
    return _mm512_max_ps(a, b);
}
static inline vec vec_min(vec a, vec b) {
    return _mm512_min_ps(a, b);
}
static inline vec vec_round(vec x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT);
}
static inline vec vec_unless_below(vec x, vec key, vec limit) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(key, limit, _CMP_NLT_UQ), x);
}
static inline vec vec_from_int(ivec x) {
    return _mm512_cvtepi32_ps(x);
}
static inline ivec vec_to_int(vec x) {
    return _mm512_cvtps_epi32(x);
}
static inline ivec vec_bits(vec x) {
    return _mm512_castps_si512(x);
}
static inline vec vec_from_bits(ivec x) {
    return _mm512_castsi512_ps(x);
}
static inline vec vec_times_power(vec x, vec n) {
    return _mm512_scalef_ps(x, n);
}
static inline float vec_sum(vec x) {
    return _mm512_reduce_add_ps(x);
}
static inline float vec_largest(vec x) {
    return _mm512_reduce_max_ps(x);
}

static inline ivec ivec_set(int32_t x) {
    return _mm512_set1_epi32(x);
}
static inline ivec ivec_load(const int32_t *p) {
    return _mm512_loadu_si512(p);
}
static inline void ivec_store(int32_t *p, ivec x) {
    _mm512_storeu_si512(p, x);
}
static inline ivec ivec_add(ivec a, ivec b) {
    return _mm512_add_epi32(a, b);
}
static inline ivec ivec_and(ivec a, ivec b) {
    return _mm512_and_si512(a, b);
}
static inline ivec ivec_or(ivec a, ivec b) {
    return _mm512_or_si512(a, b);
}
static inline ivec ivec_xor(ivec a, ivec b) {
    return _mm512_xor_si512(a, b);
}
static inline ivec ivec_mul_low_halves(ivec a, ivec b) {
    return _mm512_mul_epu32(a, b);
}
static inline ivec ivec_high_to_low(ivec x) {
    return _mm512_srli_epi64(x, 32);
}
static inline ivec ivec_interleave_low_halves(ivec a, ivec b) {
    return _mm512_mask_mov_epi32(a, 0xaaaa, _mm512_slli_epi64(b, 32));
}
static inline ivec ivec_max(ivec a, ivec b) {
    return _mm512_max_epi32(a, b);
}
static inline ivec ivec_shift_left(ivec x, int n) {
    return _mm512_slli_epi32(x, (unsigned)n);
}
static inline ivec ivec_shift_right(ivec x, int n) {
    return _mm512_srli_epi32(x, (unsigned)n);
}
static inline ivec ivec_if_above(ivec condition, ivec limit, ivec a, ivec b) {
    return _mm512_mask_mov_epi32(b, _mm512_cmpgt_epi32_mask(condition, limit), a);
}

static inline void ivec_store_uint16(uint16_t *p, ivec x) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(x));
}
static inline ivec ivec_load_uint16(const uint16_t *p) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
}

#endif
