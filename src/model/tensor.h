/* Tensors as model files hold them, and their element types. */
#ifndef DEAR_MODEL_TENSOR_H
#define DEAR_MODEL_TENSOR_H

#include "base/error.h"

/* Element types; the numbers are GGUF's (ggml_type), so that they can be read as they are. */
typedef enum tensor_type {
    TENSOR_F32 = 0,
    TENSOR_F16 = 1,
    TENSOR_Q4_0 = 2,
    TENSOR_Q4_1 = 3,
    TENSOR_Q5_0 = 6,
    TENSOR_Q5_1 = 7,
    TENSOR_Q8_0 = 8,
    TENSOR_Q2_K = 10,
    TENSOR_Q3_K = 11,
    TENSOR_Q4_K = 12,
    TENSOR_Q5_K = 13,
    TENSOR_Q6_K = 14,
    TENSOR_BF16 = 30
} tensor_type;

/* A view of a tensor inside a mapped file. Row-major; the last dimension is contiguous (GGUF's
 * order of dimensions is turned round when it is read). */
typedef struct tensor {
    const char *name;
    tensor_type type;
    int num_dims;
    int64_t shape[4];
    const unsigned char *data; ///< `bytes` bytes, inside the map
    size_t bytes;
} tensor;

bool tensor_type_known(int type);
const char *tensor_type_name(tensor_type type);
/* Elements a block holds (1 for plain types) and the bytes it takes. */
int64_t tensor_block_elements(tensor_type type);
size_t tensor_block_bytes(tensor_type type);

/* Widens `count` elements (a multiple of the block) that start at `source` to float32. The formats
 * are those of the GGUF specification (ggml's quants). */
void tensor_widen(tensor_type type, const void *source, int64_t count, float *out /* [count] */);

float float_from_f16(uint16_t bits);
float float_from_bf16(uint16_t bits);
uint16_t float_to_bf16(float value); ///< round to nearest even

#endif
