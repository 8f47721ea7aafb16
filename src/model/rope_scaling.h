/*
 * The frequencies of rotary position embeddings (Su et al., 2021) and their scalings: LLaMA 3.1's by
 * its formula, as config.json has it, and written out as divisors, as GGUF has it.
 */
#ifndef DEAR_MODEL_ROPE_SCALING_H
#define DEAR_MODEL_ROPE_SCALING_H

#include "model/config.h"

/* The angle by which rotary pair `i` turns from one position to the next. `divisors`, [head_dim/2],
 * are used with ROPE_FACTORS. */
float rope_inverse_frequency(const llama_config *c, int64_t i, const float *divisors);

/* What `c`'s scaling divides the frequency of pair `i` by; for ROPE_LLAMA3. */
float rope_divisor(const llama_config *c, int64_t i);

/*
 * Makes a configuration with ROPE_FACTORS one with ROPE_LLAMA3 if these divisors, [head_dim/2], are
 * those of that formula with the low and high frequency factors 1 and 4 that all LLaMAs have. False,
 * and `c` as it was, if not.
 */
bool rope_recognise_llama3(llama_config *c, const float *divisors);

#endif
