#include "model/quantize.h"

#include "model/quants.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* Lanes of a maximum: compilers vectorise a row of independent ones. */
enum { LANES = 8 };

static const tensor_type WRITABLE[] = {TENSOR_F32,  TENSOR_F16,  TENSOR_BF16,
                                       TENSOR_Q8_0, TENSOR_Q4_0, TENSOR_Q4_1};
enum { NUM_WRITABLE = sizeof WRITABLE / sizeof *WRITABLE };

bool quantize_known(tensor_type type) {
    for (size_t i = 0; i < NUM_WRITABLE; i++)
        if (WRITABLE[i] == type)
            return true;
    return false;
}

bool quantize_parse_type(tensor_type *out, const char *name) {
    for (size_t i = 0; i < NUM_WRITABLE; i++)
        if (strcasecmp(name, tensor_type_name(WRITABLE[i])) == 0) {
            *out = WRITABLE[i];
            return true;
        }
    return false;
}

static float largest_magnitude(const float *x) {
    float lanes[LANES] = {0}, largest = 0;
    for (int i = 0; i < QUANT_BLOCK; i += LANES)
        for (int j = 0; j < LANES; j++) {
            float magnitude = fabsf(x[i + j]);
            lanes[j] = magnitude > lanes[j] ? magnitude : lanes[j];
        }
    for (int j = 0; j < LANES; j++)
        largest = lanes[j] > largest ? lanes[j] : largest;
    return largest;
}

static void find_range(const float *x, float *minimum, float *maximum) {
    float low[LANES], high[LANES];
    memcpy(low, x, sizeof low);
    memcpy(high, x, sizeof high);
    for (int i = LANES; i < QUANT_BLOCK; i += LANES)
        for (int j = 0; j < LANES; j++) {
            low[j] = x[i + j] < low[j] ? x[i + j] : low[j];
            high[j] = x[i + j] > high[j] ? x[i + j] : high[j];
        }
    *minimum = low[0];
    *maximum = high[0];
    for (int j = 1; j < LANES; j++) {
        *minimum = low[j] < *minimum ? low[j] : *minimum;
        *maximum = high[j] > *maximum ? high[j] : *maximum;
    }
}

static void put_f16(uint8_t *out, float value) {
    uint16_t bits = float_to_f16(value);
    memcpy(out, &bits, sizeof bits);
}

/* A scale too small to have an inverse is 0 in half precision too. */
static float inverse(float scale) {
    return fabsf(scale) > FLT_MIN ? 1 / scale : 0;
}

/* To the nearest, halves away from zero. */
static inline int round_half_away(float value) {
    int whole = (int)value;
    float rest = value - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

static void write_q8_0(const float *restrict x, uint8_t *restrict out) {
    float scale = largest_magnitude(x) / 127, by = inverse(scale);
    put_f16(out, scale);
    for (int i = 0; i < QUANT_BLOCK; i++)
        out[2 + i] = (uint8_t)(int8_t)round_half_away(x[i] * by);
}

/* Sixteen bytes: number j in the low half of byte j, number j + 16 in its high half. `bias` brings
 * scaled numbers to 0 and up, and rounds them: what is cut off is a half more. */
static void put_nibbles(const float *restrict x, float origin, float by, float bias,
                        uint8_t *restrict out) {
    uint8_t q[QUANT_BLOCK];
    for (int i = 0; i < QUANT_BLOCK; i++) {
        int step = (int)((x[i] - origin) * by + bias);
        q[i] = (uint8_t)(step < 15 ? step : 15);
    }
    for (int j = 0; j < QUANT_BLOCK / 2; j++)
        out[j] = (uint8_t)(q[j] | q[j + QUANT_BLOCK / 2] << 4);
}

/* The first number whose magnitude is the largest: as in ggml, it decides the scale's sign. */
static float furthest(const float *x) {
    float magnitude = largest_magnitude(x);
    for (int i = 0; i < QUANT_BLOCK; i++)
        if (fabsf(x[i]) == magnitude)
            return x[i];
    return 0;
}

static void write_q4_0(const float *x, uint8_t *out) {
    float scale = furthest(x) / -8;
    put_f16(out, scale);
    put_nibbles(x, 0, inverse(scale), 8.5f, out + 2);
}

static void write_q4_1(const float *x, uint8_t *out) {
    float minimum, maximum;
    find_range(x, &minimum, &maximum);
    float scale = (maximum - minimum) / 15;
    put_f16(out, scale);
    put_f16(out + 2, minimum);
    put_nibbles(x, minimum, inverse(scale), 0.5f, out + 4);
}

/* Numbers of two bytes. */
static void write_halves(uint16_t (*narrow)(float), const float *values, int64_t count,
                         uint8_t *out) {
    for (int64_t i = 0; i < count; i++) {
        uint16_t bits = narrow(values[i]);
        memcpy(out + i * 2, &bits, sizeof bits);
    }
}

static void write_blocks(void (*write)(const float *, uint8_t *), tensor_type type,
                         const float *values, int64_t count, uint8_t *out) {
    size_t bytes = tensor_block_bytes(type);
    for (int64_t i = 0; i < count; i += QUANT_BLOCK, out += bytes)
        write(values + i, out);
}

void quantize(tensor_type type, const float *values, int64_t count, void *out) {
    switch (type) {
    case TENSOR_F32:
        memcpy(out, values, (size_t)count * sizeof *values);
        return;
    case TENSOR_F16:
        write_halves(float_to_f16, values, count, out);
        return;
    case TENSOR_BF16:
        write_halves(float_to_bf16, values, count, out);
        return;
    case TENSOR_Q8_0:
        write_blocks(write_q8_0, type, values, count, out);
        return;
    case TENSOR_Q4_0:
        write_blocks(write_q4_0, type, values, count, out);
        return;
    case TENSOR_Q4_1:
        write_blocks(write_q4_1, type, values, count, out);
        return;
    default: /* not one of those that quantize_known knows */
        return;
    }
}

/* The largest number that rounds to a finite one; a scale is no larger than its numbers. */
static float largest_fitting(tensor_type type) {
    switch (type) {
    case TENSOR_F32:
        return FLT_MAX;
    case TENSOR_BF16:
        return 0x1.fep127f;
    default:
        return 65504;
    }
}

int64_t quantize_find_misfit(tensor_type type, const float *values, int64_t count) {
    float limit = largest_fitting(type);
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(values[i]) <= limit))
            return i;
    return -1;
}
