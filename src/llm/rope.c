#include "llm/rope.h"

#include "base/memory.h"

#include <math.h>

static const float TWO_PI = 6.28318530717958647692f;

/* LLaMA 3.1: long wavelengths are slowed by the factor, short ones stay, those between are blended.
 */
static float scale_llama3(float frequency, const llama_config *c) {
    float original = (float)c->rope_original_positions;
    float wavelength = TWO_PI / frequency;
    float low = (float)c->rope_low_freq_factor, high = (float)c->rope_high_freq_factor;
    float factor = (float)c->rope_factor;
    if (wavelength > original / low)
        return frequency / factor;
    if (wavelength < original / high)
        return frequency;
    float smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
}

/* All in float32, as transformers does it: at high positions the rounding of an angle shows. */
static float inverse_frequency(int64_t i, const llama_config *c, const float *factors) {
    float exponent = (float)(2 * i) / (float)c->head_dim;
    float frequency = 1.0f / (float)pow(c->rope_theta, exponent);
    switch (c->rope) {
    case ROPE_LINEAR:
        return frequency / (float)c->rope_factor;
    case ROPE_LLAMA3:
        return scale_llama3(frequency, c);
    case ROPE_FACTORS:
        return frequency / factors[i];
    case ROPE_DEFAULT:
        break;
    }
    return frequency;
}

dear_status rope_table_create(rope_table *out, const llama_config *config, const float *factors,
                              dear_error *err) {
    *out = (rope_table){.half = config->head_dim / 2};
    out->inverse_freq = mem_calloc((size_t)out->half, sizeof *out->inverse_freq);
    if (!out->inverse_freq)
        return error_memory(err);
    for (int64_t i = 0; i < out->half; i++)
        out->inverse_freq[i] = inverse_frequency(i, config, factors);
    return DEAR_OK;
}

dear_status rope_table_reserve(rope_table *table, int64_t positions, dear_error *err) {
    if (positions <= table->positions)
        return DEAR_OK;
    int64_t wanted = positions < 512 ? 512 : positions + positions / 2;
    size_t row = (size_t)table->half * sizeof(float);
    float *cosine = mem_realloc(table->cosine, (size_t)wanted, row);
    if (!cosine)
        return error_memory(err);
    table->cosine = cosine;
    float *sine = mem_realloc(table->sine, (size_t)wanted, row);
    if (!sine)
        return error_memory(err);
    table->sine = sine;
    for (int64_t p = table->positions; p < wanted; p++) {
        for (int64_t i = 0; i < table->half; i++) {
            float angle = (float)p * table->inverse_freq[i];
            cosine[p * table->half + i] = cosf(angle);
            sine[p * table->half + i] = sinf(angle);
        }
    }
    table->positions = wanted;
    return DEAR_OK;
}

void rope_table_free(rope_table *table) {
    mem_free(table->inverse_freq);
    mem_free(table->cosine);
    mem_free(table->sine);
    *table = (rope_table){0};
}
