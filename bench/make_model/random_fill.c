#include "random_fill.h"

#include "model/quantize.h"
#include "model/quants.h"

#include <string.h>

/* splitmix64 (Steele, Lea, Flood 2014): a counter, hashed. */
static uint64_t next_word(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void fill_floats(uint64_t *state, float mean, float spread, float out[QUANT_BLOCK]) {
    for (int i = 0; i < QUANT_BLOCK; i += 4) {
        uint64_t word = next_word(state);
        for (int j = 0; j < 4; j++)
            out[i + j] = mean + spread * 0x1p-15f * (float)(int16_t)(word >> (16 * j));
    }
}

static void put_f16(uint8_t *out, float value) {
    uint16_t bits = float_to_f16(value);
    memcpy(out, &bits, sizeof bits);
}

static void put_words(uint64_t *state, uint8_t *out, size_t bytes) {
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = next_word(state);
        memcpy(out + i, &word, sizeof word);
    }
}

/*
 * All numbers of a block are equally likely, so their bytes are simply random. Two's complement and
 * Q4_0 reach one step further down than up: a scale of random sign brings the mean to 0, as Q4_1's
 * minimum of 7.5 steps does.
 */
static void fill_quants(uint64_t *state, tensor_type type, float spread, uint8_t *block) {
    float step = type == TENSOR_Q8_0 ? spread / 128 : spread / 8;
    size_t head = 2;
    if (type == TENSOR_Q4_1) {
        put_f16(block, step);
        put_f16(block + 2, -7.5f * step);
        head = 4;
    } else {
        put_f16(block, next_word(state) & 1 ? step : -step);
    }
    put_words(state, block + head, tensor_block_bytes(type) - head);
}

static bool is_quantized(tensor_type type) {
    return type == TENSOR_Q4_0 || type == TENSOR_Q4_1 || type == TENSOR_Q8_0;
}

void random_fill(uint64_t *state, tensor_type type, float mean, float spread, int64_t count,
                 void *out) {
    uint8_t *block = out;
    size_t bytes = tensor_block_bytes(type) * (size_t)(QUANT_BLOCK / tensor_block_elements(type));
    for (int64_t i = 0; i < count; i += QUANT_BLOCK, block += bytes) {
        float values[QUANT_BLOCK];
        if (is_quantized(type)) {
            fill_quants(state, type, spread, block);
            continue;
        }
        fill_floats(state, mean, spread, values);
        quantize(type, values, QUANT_BLOCK, block);
    }
}
