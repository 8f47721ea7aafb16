#include "model/quants.h"

#include "model/tensor.h"

#include <string.h>

enum { HALF = QUANT_BLOCK / 2, GROUP = 16, NUM_GROUPS = QUANT_SUPERBLOCK / GROUP };

static float f16_at(const uint8_t *bytes) {
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    return float_from_f16(bits);
}

static uint32_t u32_at(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* Byte j holds number j in its low four bits and number j + count in its high four. */
static inline void split_nibbles(const uint8_t *restrict packed, int count, int8_t *restrict q) {
    for (int j = 0; j < count; j++)
        q[j] = (int8_t)(packed[j] & 15);
    for (int j = 0; j < count; j++)
        q[j + count] = (int8_t)(packed[j] >> 4);
}

static inline void scale_numbers(const int8_t *restrict q, int count, float scale, float offset,
                                 float *restrict out) {
    for (int j = 0; j < count; j++)
        out[j] = scale * (float)q[j] + offset;
}

/* Blocks of 32: {scale f16, q}; with a minimum {scale f16, min f16, q}. */

void quant_widen_q4_0(const uint8_t *block, float *out) {
    int8_t q[QUANT_BLOCK];
    split_nibbles(block + 2, HALF, q);
    for (int j = 0; j < QUANT_BLOCK; j++)
        q[j] = (int8_t)(q[j] - 8);
    scale_numbers(q, QUANT_BLOCK, f16_at(block), 0, out);
}

void quant_widen_q4_1(const uint8_t *block, float *out) {
    int8_t q[QUANT_BLOCK];
    split_nibbles(block + 4, HALF, q);
    scale_numbers(q, QUANT_BLOCK, f16_at(block), f16_at(block + 2), out);
}

/* {32 fifth bits, low bits first; nibbles as above}. */
static void five_bit_numbers(const uint8_t *packed, int8_t *q) {
    uint32_t fifth = u32_at(packed);
    split_nibbles(packed + 4, HALF, q);
    for (int j = 0; j < QUANT_BLOCK; j++)
        q[j] = (int8_t)(q[j] | (fifth >> j & 1) << 4);
}

void quant_widen_q5_0(const uint8_t *block, float *out) {
    int8_t q[QUANT_BLOCK];
    five_bit_numbers(block + 2, q);
    for (int j = 0; j < QUANT_BLOCK; j++)
        q[j] = (int8_t)(q[j] - 16);
    scale_numbers(q, QUANT_BLOCK, f16_at(block), 0, out);
}

void quant_widen_q5_1(const uint8_t *block, float *out) {
    int8_t q[QUANT_BLOCK];
    five_bit_numbers(block + 4, q);
    scale_numbers(q, QUANT_BLOCK, f16_at(block), f16_at(block + 2), out);
}

void quant_widen_q8_0(const uint8_t *block, float *out) {
    int8_t q[QUANT_BLOCK];
    memcpy(q, block + 2, sizeof q);
    scale_numbers(q, QUANT_BLOCK, f16_at(block), 0, out);
}

/*
 * The two lowest bits of 256 numbers in 64 bytes: each half of 128 has 32 bytes, and byte l holds
 * the numbers l, l + 32, l + 64 and l + 96 of its half, low bits first.
 */
static inline void split_pairs(const uint8_t *restrict packed, int8_t *restrict q) {
    for (int half = 0; half < 2; half++)
        for (int quarter = 0; quarter < 4; quarter++)
            for (int l = 0; l < 32; l++)
                q[half * 128 + quarter * 32 + l] =
                    (int8_t)(packed[half * 32 + l] >> (2 * quarter) & 3);
}

/* {16 x (scale 4 bits, min 4 bits), 64 bytes of two bits, scale of scales f16, of minima f16}. */
void quant_widen_q2_k(const uint8_t *block, float *out) {
    int8_t q[QUANT_SUPERBLOCK];
    split_pairs(block + 16, q);
    float scale = f16_at(block + 80), min = f16_at(block + 82);
    for (int g = 0; g < NUM_GROUPS; g++)
        scale_numbers(q + g * GROUP, GROUP, scale * (float)(block[g] & 15),
                      -min * (float)(block[g] >> 4), out + g * GROUP);
}

/* Sixteen 6-bit scales in 12 bytes: the low four bits in the first 8, the high two in the last 4.
 */
static int q3_k_scale(const uint8_t *packed, int g) {
    int low = g < 8 ? packed[g] & 15 : packed[g - 8] >> 4;
    int high = packed[8 + g % 4] >> (2 * (g / 4)) & 3;
    return (low | high << 4) - 32;
}

/* {32 bytes: bit b of byte l is set when number 32 b + l loses no 4, 64 bytes of two bits, 12 bytes
 * of scales, scale of scales f16}. */
void quant_widen_q3_k(const uint8_t *block, float *out) {
    int8_t q[QUANT_SUPERBLOCK];
    split_pairs(block + 32, q);
    for (int bit = 0; bit < 8; bit++)
        for (int l = 0; l < 32; l++)
            q[bit * 32 + l] = (int8_t)(q[bit * 32 + l] + (block[l] >> bit & 1) * 4 - 4);
    float scale = f16_at(block + 108);
    for (int g = 0; g < NUM_GROUPS; g++)
        scale_numbers(q + g * GROUP, GROUP, scale * (float)q3_k_scale(block + 96, g), 0,
                      out + g * GROUP);
}

/*
 * Q4_K and Q5_K have eight groups of 32. Their 6-bit scales and minima share 12 bytes: those of
 * groups 0 to 3 are the low six bits of bytes 0 to 3 and 4 to 7; groups 4 to 7 have their low four
 * bits in bytes 8 to 11 (scale below, minimum above) and their high two on top of bytes 0 to 7.
 */
static void scale_eight_groups(const uint8_t *block, const int8_t *q, float *out) {
    float scale = f16_at(block), min = f16_at(block + 2);
    const uint8_t *packed = block + 4;
    for (int g = 0; g < 8; g++) {
        int s = packed[g % 4], m = packed[g % 4 + 4];
        if (g < 4) {
            s &= 63;
            m &= 63;
        } else {
            s = (s >> 6) << 4 | (packed[g + 4] & 15);
            m = (m >> 6) << 4 | packed[g + 4] >> 4;
        }
        scale_numbers(q + g * 32, 32, scale * (float)s, -min * (float)m, out + g * 32);
    }
}

/* {scale f16, min f16, 12 bytes as above, 4 x 32 bytes of nibbles}. */
void quant_widen_q4_k(const uint8_t *block, float *out) {
    int8_t q[QUANT_SUPERBLOCK];
    for (int part = 0; part < 4; part++)
        split_nibbles(block + 16 + part * 32, 32, q + part * 64);
    scale_eight_groups(block, q, out);
}

/* {scale f16, min f16, 12 bytes as above, 32 bytes: bit g of byte l is the fifth of number l of
 * group g, 4 x 32 bytes of nibbles}. */
void quant_widen_q5_k(const uint8_t *block, float *out) {
    int8_t q[QUANT_SUPERBLOCK];
    for (int part = 0; part < 4; part++)
        split_nibbles(block + 48 + part * 32, 32, q + part * 64);
    for (int g = 0; g < 8; g++)
        for (int l = 0; l < 32; l++)
            q[g * 32 + l] = (int8_t)(q[g * 32 + l] | (block[16 + l] >> g & 1) << 4);
    scale_eight_groups(block, q, out);
}

/* {2 x 64 bytes of low nibbles, 64 bytes of two high bits, 16 signed scales, scale of scales f16}.
 */
void quant_widen_q6_k(const uint8_t *block, float *out) {
    int8_t low[QUANT_SUPERBLOCK], q[QUANT_SUPERBLOCK];
    split_nibbles(block, 64, low);
    split_nibbles(block + 64, 64, low + 128);
    split_pairs(block + 128, q);
    for (int j = 0; j < QUANT_SUPERBLOCK; j++)
        q[j] = (int8_t)((low[j] | q[j] << 4) - 32);
    float scale = f16_at(block + 208);
    for (int g = 0; g < NUM_GROUPS; g++)
        scale_numbers(q + g * GROUP, GROUP, scale * (float)(int8_t)block[192 + g], 0,
                      out + g * GROUP);
}
