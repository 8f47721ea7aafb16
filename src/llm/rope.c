#include "llm/rope.h"

#include "base/memory.h"
#include "model/rope_scaling.h"

#include <math.h>

dear_status rope_table_create(rope_table *out, const llama_config *config, const float *factors,
                              dear_error *err) {
    *out = (rope_table){.half = config->head_dim / 2};
    out->inverse_freq = mem_calloc((size_t)out->half, sizeof *out->inverse_freq);
    if (!out->inverse_freq)
        return error_memory(err);
    for (int64_t i = 0; i < out->half; i++)
        out->inverse_freq[i] = rope_inverse_frequency(config, i, factors);
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
