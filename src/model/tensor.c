#include "model/tensor.h"

#include "model/quants.h"

#include <stdio.h>
#include <string.h>

/* How a type is stored; `widen` reads one block, NULL for plain numbers and for types that are only
 * known by name. */
typedef struct type_traits {
    const char *name;
    int block_elements;
    int block_bytes;
    void (*widen)(const uint8_t *block, float *out);
} type_traits;

static const type_traits TYPES[] = {
    [TENSOR_F32] = {"F32", 1, 4, NULL},
    [TENSOR_F16] = {"F16", 1, 2, NULL},
    [TENSOR_Q4_0] = {"Q4_0", QUANT_BLOCK, 18, quant_widen_q4_0},
    [TENSOR_Q4_1] = {"Q4_1", QUANT_BLOCK, 20, quant_widen_q4_1},
    [TENSOR_Q5_0] = {"Q5_0", QUANT_BLOCK, 22, quant_widen_q5_0},
    [TENSOR_Q5_1] = {"Q5_1", QUANT_BLOCK, 24, quant_widen_q5_1},
    [TENSOR_Q8_0] = {"Q8_0", QUANT_BLOCK, 34, quant_widen_q8_0},
    [9] = {.name = "Q8_1"},
    [TENSOR_Q2_K] = {"Q2_K", QUANT_SUPERBLOCK, 84, quant_widen_q2_k},
    [TENSOR_Q3_K] = {"Q3_K", QUANT_SUPERBLOCK, 110, quant_widen_q3_k},
    [TENSOR_Q4_K] = {"Q4_K", QUANT_SUPERBLOCK, 144, quant_widen_q4_k},
    [TENSOR_Q5_K] = {"Q5_K", QUANT_SUPERBLOCK, 176, quant_widen_q5_k},
    [TENSOR_Q6_K] = {"Q6_K", QUANT_SUPERBLOCK, 210, quant_widen_q6_k},
    [15] = {.name = "Q8_K"},
    [16] = {.name = "IQ2_XXS"},
    [17] = {.name = "IQ2_XS"},
    [18] = {.name = "IQ3_XXS"},
    [19] = {.name = "IQ1_S"},
    [20] = {.name = "IQ4_NL"},
    [21] = {.name = "IQ3_S"},
    [22] = {.name = "IQ2_S"},
    [23] = {.name = "IQ4_XS"},
    [24] = {.name = "I8"},
    [25] = {.name = "I16"},
    [26] = {.name = "I32"},
    [27] = {.name = "I64"},
    [28] = {.name = "F64"},
    [29] = {.name = "IQ1_M"},
    [TENSOR_BF16] = {"BF16", 1, 2, NULL},
    [34] = {.name = "TQ1_0"},
    [35] = {.name = "TQ2_0"},
    [39] = {.name = "MXFP4"},
};

static const type_traits *traits(int type) {
    static const type_traits unknown = {0};
    bool listed = type >= 0 && (size_t)type < sizeof TYPES / sizeof *TYPES;
    return listed ? &TYPES[type] : &unknown;
}

bool tensor_type_known(int type) {
    return traits(type)->block_bytes > 0;
}

const char *tensor_type_name(int type) {
    const char *name = traits(type)->name;
    return name ? name : "an unknown type";
}

int64_t tensor_block_elements(tensor_type type) {
    return traits(type)->block_elements;
}

size_t tensor_block_bytes(tensor_type type) {
    return (size_t)traits(type)->block_bytes;
}

bool tensor_shape_bytes(tensor_type type, int num_dims, const int64_t *shape, size_t *bytes) {
    int64_t elements = 1, block = tensor_block_elements(type), size;
    for (int i = 0; i < num_dims; i++)
        if (shape[i] < 0 || __builtin_mul_overflow(elements, shape[i], &elements))
            return false;
    int64_t row = num_dims > 0 ? shape[num_dims - 1] : 1;
    if (block == 0 || row % block != 0 ||
        __builtin_mul_overflow(elements / block, (int64_t)tensor_block_bytes(type), &size))
        return false;
    *bytes = (size_t)size;
    return true;
}

bool tensor_has_shape(const tensor *t, int64_t rows, int64_t columns) {
    if (t->num_dims == 1)
        return rows == 1 && t->shape[0] == columns;
    return t->num_dims == 2 && t->shape[0] == rows && t->shape[1] == columns;
}

const char *tensor_shape_text(const tensor *t, char text[96]) {
    size_t used = 0;
    text[used++] = '[';
    for (int i = 0; i < t->num_dims; i++)
        used += (size_t)snprintf(text + used, 96 - used, "%s%lld", i ? ", " : "",
                                 (long long)t->shape[i]);
    snprintf(text + used, 96 - used, "]");
    return text;
}

static inline float float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/*
 * Without branches, so that loops over it vectorise. A subnormal is read as 2^-14 plus itself (its
 * ten bits below an exponent that float32 has), and the 2^-14 is taken off again.
 */
static inline float widen_f16(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, magnitude = (uint32_t)(bits & 0x7fff) << 13;
    uint32_t exponent = magnitude & 31u << 23;
    /* The exponent moves from bias 15 to 127; all ones (infinity, NaN) become all ones. */
    uint32_t is_special = -(uint32_t)(exponent == 31u << 23);
    uint32_t is_subnormal = -(uint32_t)(exponent == 0);
    uint32_t normal = magnitude + ((127u - 15u) << 23) + (is_special & (128u - 16u) << 23) +
                      (is_subnormal & 1u << 23);
    float excess = float_from_bits(is_subnormal & 113u << 23);
    return float_from_bits(bits_from_float(float_from_bits(normal) - excess) | sign);
}

static inline float widen_bf16(uint16_t bits) {
    return float_from_bits((uint32_t)bits << 16);
}

float float_from_f16(uint16_t bits) {
    return widen_f16(bits);
}

float float_from_bf16(uint16_t bits) {
    return widen_bf16(bits);
}

uint16_t float_to_bf16(float value) {
    uint32_t bits = bits_from_float(value);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 0x40); /* a NaN stays one */
    bits += 0x7fff + (bits >> 16 & 1);
    return (uint16_t)(bits >> 16);
}

uint16_t float_to_f16(float value) {
    uint32_t bits = bits_from_float(value), sign = bits >> 16 & 0x8000,
             magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00); /* a NaN stays one */
    if (magnitude >= 0x477ff000)          /* 65520 rounds to 2^16 */
        return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) { /* under 2^-14: adding 1/2 leaves multiples of 2^-24 */
        float shifted = float_from_bits(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_from_float(shifted) - 0x3f000000));
    }
    magnitude += 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((magnitude - 0x38000000) >> 13));
}

/* Numbers converted at a time: a loop of constant length is vectorised at -O2. */
enum { CHUNK = 16 };

static void widen_f16_array(const uint8_t *source, int64_t count, float *restrict out) {
    uint16_t bits[CHUNK];
    int64_t i = 0;
    for (; i + CHUNK <= count; i += CHUNK) {
        memcpy(bits, source + i * 2, sizeof bits);
        for (int j = 0; j < CHUNK; j++)
            out[i + j] = widen_f16(bits[j]);
    }
    memcpy(bits, source + i * 2, (size_t)(count - i) * 2);
    for (int64_t j = 0; i + j < count; j++)
        out[i + j] = widen_f16(bits[j]);
}

static void widen_bf16_array(const uint8_t *source, int64_t count, float *restrict out) {
    uint16_t bits[CHUNK];
    int64_t i = 0;
    for (; i + CHUNK <= count; i += CHUNK) {
        memcpy(bits, source + i * 2, sizeof bits);
        for (int j = 0; j < CHUNK; j++)
            out[i + j] = widen_bf16(bits[j]);
    }
    memcpy(bits, source + i * 2, (size_t)(count - i) * 2);
    for (int64_t j = 0; i + j < count; j++)
        out[i + j] = widen_bf16(bits[j]);
}

void tensor_widen(tensor_type type, const void *source, int64_t count, float *out) {
    const type_traits *t = traits(type);
    const uint8_t *block = source;
    if (type == TENSOR_F32)
        memcpy(out, source, (size_t)count * sizeof *out);
    else if (type == TENSOR_F16)
        widen_f16_array(source, count, out);
    else if (type == TENSOR_BF16)
        widen_bf16_array(source, count, out);
    else
        for (int64_t i = 0; i < count; i += t->block_elements, block += t->block_bytes)
            t->widen(block, out + i);
}

void tensor_widen_rows(const tensor *t, int64_t columns, int64_t first, int64_t count, float *out) {
    size_t row_bytes;
    if (tensor_shape_bytes(t->type, 1, &columns, &row_bytes))
        tensor_widen(t->type, t->data + (size_t)first * row_bytes, count * columns, out);
}
