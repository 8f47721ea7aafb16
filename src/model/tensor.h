/* Tensors as model files hold them, and their element types. */
#ifndef DEAR_MODEL_TENSOR_H
#define DEAR_MODEL_TENSOR_H

#include "base/error.h"

enum { TENSOR_MAX_DIMS = 4 };

/* Element types; the numbers are GGUF's (ggml_type), so that they can be read as they are. */
typedef enum tensor_type {
    TENSOR_OTHER = -1, ///< integers, F64, F8, ...: a file may hold them, a weight may not be one
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
 * order of dimensions is turned round when it is read). `data` may stand at any address: read it
 * through tensor_widen or memcpy. */
typedef struct tensor {
    const char *name;
    tensor_type type;
    int num_dims; ///< 0 for a single number
    int64_t shape[TENSOR_MAX_DIMS];
    const unsigned char *data; ///< `bytes` bytes, inside the map
    size_t bytes;
} tensor;

/* True for a type that tensor_widen reads (so not for TENSOR_OTHER). */
bool tensor_type_known(int type);
/* "Q4_K"; types that are known by name only too ("IQ4_XS"), "type 99" if not even that. */
const char *tensor_type_name(int type);
/* Elements a block holds (1 for plain types) and the bytes it takes; 0 when not known. */
int64_t tensor_block_elements(tensor_type type);
size_t tensor_block_bytes(tensor_type type);

/* The bytes that a tensor of this shape takes; false when its size does not fit in an int64_t or
 * its rows do not end with a block. */
bool tensor_shape_bytes(tensor_type type, int num_dims, const int64_t *shape, size_t *bytes);

/* True when `t` is a matrix [rows, columns]; a vector [columns] counts as one row. */
bool tensor_has_shape(const tensor *t, int64_t rows, int64_t columns);

/* The shape as people write it, "[576, 1536]"; returns `text`. */
const char *tensor_shape_text(const tensor *t, char text[96]);

/* Widens `count` elements (a multiple of the block) that start at `source` to float32. The formats
 * are those of the GGUF specification (ggml's quants). */
void tensor_widen(tensor_type type, const void *source, int64_t count, float *out /* [count] */);

/* Widens rows [first, first + count) of a matrix whose rows have `columns` elements. */
void tensor_widen_rows(const tensor *t, int64_t columns, int64_t first, int64_t count,
                       float *out /* [count, columns] */);

float float_from_f16(uint16_t bits);
float float_from_bf16(uint16_t bits);
uint16_t float_to_bf16(float value); ///< round to nearest even
uint16_t float_to_f16(float value);  ///< the same; infinity beyond 65504

#endif
