/* How numbers stand in the bytes of GGUF's quantized blocks. */
#ifndef DEAR_MODEL_QUANT_BITS_H
#define DEAR_MODEL_QUANT_BITS_H

#include "model/tensor.h"

#include <string.h>

static inline float quant_f16_at(const uint8_t *bytes) {
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    return float_from_f16(bits);
}

/* Byte j holds number j in its low four bits and number j + count in its high four. */
static inline void quant_split_nibbles(const uint8_t *restrict packed, int count,
                                       uint8_t *restrict q /* [2 * count] */) {
    for (int j = 0; j < count; j++)
        q[j] = packed[j] & 15;
    for (int j = 0; j < count; j++)
        q[j + count] = packed[j] >> 4;
}

#endif
