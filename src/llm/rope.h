/* Rotary position embedding tables (Su et al., 2021), with the scalings of LLaMA 3.1 and GGUF. */
#ifndef DEAR_LLM_ROPE_H
#define DEAR_LLM_ROPE_H

#include "model/config.h"

typedef struct rope_table {
    int64_t half;         ///< head_dim / 2
    int64_t positions;    ///< rows filled
    float *inverse_freq;  ///< [half]
    float *cosine, *sine; ///< [positions, half]
} rope_table;

/* `factors` are divisors of the frequencies, [head_dim / 2], used with ROPE_FACTORS. */
dear_status rope_table_create(rope_table *out, const llama_config *config, const float *factors,
                              dear_error *err);
/* Fills the table up to `positions`. */
dear_status rope_table_reserve(rope_table *table, int64_t positions, dear_error *err);
void rope_table_free(rope_table *table);

#endif
