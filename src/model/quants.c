#include "model/quants.h"

#include "model/quant_bits.h"
#include "model/quant_groups.h"

enum { GROUP = 16, NUM_GROUPS = QUANT_SUPERBLOCK / GROUP };

/* Where a format has no minimum, offset = -zero * scale: the halves have so few bits that products
 * and sum are exact, as scale * (q - zero) is. */
static inline void scale_numbers(const uint8_t *restrict q, int count, float scale, float offset,
                                 float *restrict out) {
    for (int j = 0; j < count; j++)
        out[j] = scale * (float)q[j] + offset;
}

/* The types of groups of 32, which kernels can read as they are too. */
static inline void widen_groups(quant_unpack_block *unpack, const uint8_t *block, int groups,
                                float *out) {
    uint8_t q[QUANT_SUPERBLOCK];
    float scale[QUANT_SUPERBLOCK / QUANT_GROUP], minimum[QUANT_SUPERBLOCK / QUANT_GROUP];
    unpack(block, q, scale, minimum);
    for (int g = 0; g < groups; g++)
        scale_numbers(q + g * QUANT_GROUP, QUANT_GROUP, scale[g], minimum[g],
                      out + g * QUANT_GROUP);
}

void quant_widen_q4_0(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q4_0, block, 1, out);
}

void quant_widen_q4_1(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q4_1, block, 1, out);
}

void quant_widen_q5_0(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q5_0, block, 1, out);
}

void quant_widen_q5_1(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q5_1, block, 1, out);
}

void quant_widen_q8_0(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q8_0, block, 1, out);
}

void quant_widen_q4_k(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q4_k, block, 8, out);
}

void quant_widen_q5_k(const uint8_t *block, float *out) {
    widen_groups(quant_unpack_q5_k, block, 8, out);
}

/*
 * The two lowest bits of 256 numbers in 64 bytes: each half of 128 has 32 bytes, and byte l holds
 * the numbers l, l + 32, l + 64 and l + 96 of its half, low bits first.
 */
static inline void split_pairs(const uint8_t *restrict packed, uint8_t *restrict q) {
    for (int half = 0; half < 2; half++)
        for (int quarter = 0; quarter < 4; quarter++)
            for (int l = 0; l < 32; l++)
                q[half * 128 + quarter * 32 + l] = packed[half * 32 + l] >> (2 * quarter) & 3;
}

/* {16 x (scale 4 bits, min 4 bits), 64 bytes of two bits, scale of scales f16, of minima f16}. */
void quant_widen_q2_k(const uint8_t *block, float *out) {
    uint8_t q[QUANT_SUPERBLOCK];
    split_pairs(block + 16, q);
    float scale = quant_f16_at(block + 80), min = quant_f16_at(block + 82);
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
    uint8_t q[QUANT_SUPERBLOCK];
    split_pairs(block + 32, q);
    for (int bit = 0; bit < 8; bit++)
        for (int l = 0; l < 32; l++)
            q[bit * 32 + l] |= (block[l] >> bit & 1) << 2;
    float unit = quant_f16_at(block + 108);
    for (int g = 0; g < NUM_GROUPS; g++) {
        float scale = unit * (float)q3_k_scale(block + 96, g);
        scale_numbers(q + g * GROUP, GROUP, scale, -4 * scale, out + g * GROUP);
    }
}

/* {2 x 64 bytes of low nibbles, 64 bytes of two high bits, 16 signed scales, scale of scales f16}.
 */
void quant_widen_q6_k(const uint8_t *block, float *out) {
    uint8_t q[QUANT_SUPERBLOCK], high[QUANT_SUPERBLOCK];
    quant_split_nibbles(block, 64, q);
    quant_split_nibbles(block + 64, 64, q + 128);
    split_pairs(block + 128, high);
    for (int j = 0; j < QUANT_SUPERBLOCK; j++)
        q[j] |= high[j] << 4;
    float unit = quant_f16_at(block + 208);
    for (int g = 0; g < NUM_GROUPS; g++) {
        float scale = unit * (float)(int8_t)block[192 + g];
        scale_numbers(q + g * GROUP, GROUP, scale, -32 * scale, out + g * GROUP);
    }
}
