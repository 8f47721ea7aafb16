/*
 * GGUF's quantized types whose groups are 32 numbers of a row, taken apart: value = scale * q +
 * minimum, with q in unsigned 4 or 8 bits. (A type that has no minimum has a q that stands for 0.)
 */
#ifndef DEAR_MODEL_QUANT_GROUPS_H
#define DEAR_MODEL_QUANT_GROUPS_H

#include "model/tensor.h"

#include <stdint.h>

enum { QUANT_GROUP = 32 };

/* The bits that a q of this type fits in: 4 (Q4_0, Q4_1, Q4_K) or 8 (Q5_0, Q5_1, Q5_K, Q8_0); 0 for
 * types that are not made of such groups. */
int quant_group_bits(tensor_type type);

/* The q that stands for 0 in every group of this type: 8 (Q4_0), 16 (Q5_0), 128 (Q8_0); -1 for
 * types whose groups have minima of their own. */
int quant_group_zero(tensor_type type);

/* Takes apart `groups` groups of a type that has bits, whole blocks, from `source` on (any
 * address). */
void quant_unpack(tensor_type type, const uint8_t *source, int64_t groups,
                  uint8_t *q /* [groups * 32] */, float *scale /* [groups] */,
                  float *minimum /* [groups] */);

/* One block: of one group, or of eight for the K kinds. */
typedef void quant_unpack_block(const uint8_t *block, uint8_t *q, float *scale, float *minimum);

quant_unpack_block quant_unpack_q4_0, quant_unpack_q4_1, quant_unpack_q5_0, quant_unpack_q5_1,
    quant_unpack_q8_0, quant_unpack_q4_k, quant_unpack_q5_k;

#endif
