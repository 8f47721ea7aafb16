#include "model/quant_groups.h"

#include "model/quant_bits.h"
#include "model/quants.h"

enum { HALF = QUANT_GROUP / 2, GROUPS = QUANT_SUPERBLOCK / QUANT_GROUP };

/* Blocks of 32: {scale f16, q}; with a minimum {scale f16, min f16, q}. */

void quant_unpack_q4_0(const uint8_t *block, uint8_t *q, float *scale, float *minimum) {
    *scale = quant_f16_at(block);
    *minimum = -8 * *scale;
    quant_split_nibbles(block + 2, HALF, q);
}

void quant_unpack_q4_1(const uint8_t *block, uint8_t *q, float *scale, float *minimum) {
    *scale = quant_f16_at(block);
    *minimum = quant_f16_at(block + 2);
    quant_split_nibbles(block + 4, HALF, q);
}

/* Eight bits become the fifth bits of eight numbers, the lowest bit the first number's: each byte
 * keeps a bit of its own of eight copies, and adding 127 carries any bit to the top. */
static inline void add_fifth_bits(uint8_t bits, uint8_t *q /* [8] */) {
    uint64_t own = bits * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201), numbers;
    uint64_t top = (own + UINT64_C(0x7f7f7f7f7f7f7f7f)) & UINT64_C(0x8080808080808080);
    memcpy(&numbers, q, sizeof numbers);
    numbers |= top >> 3;
    memcpy(q, &numbers, sizeof numbers);
}

/* {32 fifth bits, low bits first; nibbles as above}. */
static inline void five_bit_numbers(const uint8_t *packed, uint8_t *q) {
    quant_split_nibbles(packed + 4, HALF, q);
    for (int i = 0; i < 4; i++)
        add_fifth_bits(packed[i], q + 8 * i);
}

void quant_unpack_q5_0(const uint8_t *block, uint8_t *q, float *scale, float *minimum) {
    *scale = quant_f16_at(block);
    *minimum = -16 * *scale;
    five_bit_numbers(block + 2, q);
}

void quant_unpack_q5_1(const uint8_t *block, uint8_t *q, float *scale, float *minimum) {
    *scale = quant_f16_at(block);
    *minimum = quant_f16_at(block + 2);
    five_bit_numbers(block + 4, q);
}

/* Signed bytes: flipping the sign bit adds 128. */
void quant_unpack_q8_0(const uint8_t *restrict block, uint8_t *restrict q, float *scale,
                       float *minimum) {
    *scale = quant_f16_at(block);
    *minimum = -128 * *scale;
    for (int j = 0; j < QUANT_GROUP; j++)
        q[j] = block[2 + j] ^ 0x80;
}

/*
 * Q4_K and Q5_K have eight groups of 32. Their 6-bit scales and minima share 12 bytes: those of
 * groups 0 to 3 are the low six bits of bytes 0 to 3 and 4 to 7; groups 4 to 7 have their low four
 * bits in bytes 8 to 11 (scale below, minimum above) and their high two on top of bytes 0 to 7.
 * {scale f16, min f16, these 12 bytes}.
 */
static void eight_scales(const uint8_t *block, float *scale, float *minimum) {
    float unit = quant_f16_at(block), min_unit = quant_f16_at(block + 2);
    const uint8_t *packed = block + 4;
    for (int g = 0; g < 4; g++) {
        int s = packed[g], m = packed[g + 4], low = packed[g + 8];
        scale[g] = unit * (float)(s & 63);
        minimum[g] = -min_unit * (float)(m & 63);
        scale[g + 4] = unit * (float)((s >> 6) << 4 | (low & 15));
        minimum[g + 4] = -min_unit * (float)((m >> 6) << 4 | low >> 4);
    }
}

/* Two groups in 32 bytes, four times. */
static inline void nibbles_of_eight(const uint8_t *packed, uint8_t *q) {
    for (int part = 0; part < GROUPS / 2; part++)
        quant_split_nibbles(packed + part * QUANT_GROUP, QUANT_GROUP, q + part * 2 * QUANT_GROUP);
}

/* {scales as above, 4 x 32 bytes of nibbles}. */
void quant_unpack_q4_k(const uint8_t *block, uint8_t *q, float *scale, float *minimum) {
    eight_scales(block, scale, minimum);
    nibbles_of_eight(block + 16, q);
}

/* {scales as above, 32 bytes: bit g of byte l is the fifth of number l of group g, 4 x 32 bytes of
 * nibbles}. */
void quant_unpack_q5_k(const uint8_t *restrict block, uint8_t *restrict q, float *scale,
                       float *minimum) {
    eight_scales(block, scale, minimum);
    nibbles_of_eight(block + 48, q);
    for (int g = 0; g < GROUPS; g++)
        for (int l = 0; l < QUANT_GROUP; l++)
            q[g * QUANT_GROUP + l] |= (block[16 + l] >> g & 1) << 4;
}

typedef struct group_type {
    int bits;
    int groups; ///< of a block
    quant_unpack_block *unpack;
} group_type;

static const group_type GROUP_TYPES[] = {
    [TENSOR_Q4_0] = {4, 1, quant_unpack_q4_0},      [TENSOR_Q4_1] = {4, 1, quant_unpack_q4_1},
    [TENSOR_Q5_0] = {8, 1, quant_unpack_q5_0},      [TENSOR_Q5_1] = {8, 1, quant_unpack_q5_1},
    [TENSOR_Q8_0] = {8, 1, quant_unpack_q8_0},      [TENSOR_Q4_K] = {4, GROUPS, quant_unpack_q4_k},
    [TENSOR_Q5_K] = {8, GROUPS, quant_unpack_q5_k},
};

int quant_group_bits(tensor_type type) {
    bool listed = type >= 0 && (size_t)type < sizeof GROUP_TYPES / sizeof *GROUP_TYPES;
    return listed ? GROUP_TYPES[type].bits : 0;
}

int quant_group_zero(tensor_type type) {
    return type == TENSOR_Q4_0 ? 8 : type == TENSOR_Q5_0 ? 16 : type == TENSOR_Q8_0 ? 128 : -1;
}

void quant_unpack(tensor_type type, const uint8_t *source, int64_t groups, uint8_t *q, float *scale,
                  float *minimum) {
    const group_type *t = &GROUP_TYPES[type];
    size_t block_bytes = tensor_block_bytes(type);
    for (int64_t g = 0; g < groups; g += t->groups, source += block_bytes)
        t->unpack(source, q + g * QUANT_GROUP, scale + g, minimum + g);
}
