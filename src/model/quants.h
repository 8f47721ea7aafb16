/*
 * GGUF's quantized blocks, widened to float32. A block holds 32 numbers (256 for the K kinds), cut
 * into groups that share a scale and maybe a minimum: value = scale * q + offset. Layouts as the
 * GGUF specification and ggml define them; all numbers little-endian.
 */
#ifndef DEAR_MODEL_QUANTS_H
#define DEAR_MODEL_QUANTS_H

#include <stdint.h>

enum { QUANT_BLOCK = 32, QUANT_SUPERBLOCK = 256 };

void quant_widen_q4_0(const uint8_t *block /* 18 bytes */, float *out /* [32] */);
void quant_widen_q4_1(const uint8_t *block /* 20 bytes */, float *out /* [32] */);
void quant_widen_q5_0(const uint8_t *block /* 22 bytes */, float *out /* [32] */);
void quant_widen_q5_1(const uint8_t *block /* 24 bytes */, float *out /* [32] */);
void quant_widen_q8_0(const uint8_t *block /* 34 bytes */, float *out /* [32] */);
void quant_widen_q2_k(const uint8_t *block /* 84 bytes */, float *out /* [256] */);
void quant_widen_q3_k(const uint8_t *block /* 110 bytes */, float *out /* [256] */);
void quant_widen_q4_k(const uint8_t *block /* 144 bytes */, float *out /* [256] */);
void quant_widen_q5_k(const uint8_t *block /* 176 bytes */, float *out /* [256] */);
void quant_widen_q6_k(const uint8_t *block /* 210 bytes */, float *out /* [256] */);

#endif
