/* Choosing the next token from its logits. */
#ifndef DEAR_LLM_SAMPLER_H
#define DEAR_LLM_SAMPLER_H

#include "base/error.h"

typedef struct sampler_options {
    float temperature; ///< 0: greedy, the most likely token (the lowest id of equals)
    float top_p;   ///< keep the likeliest tokens up to this mass; 1: all (Holtzman et al., 2020)
    float min_p;   ///< drop tokens less likely than this share of the likeliest; 0: none
    int64_t top_k; ///< keep this many; 0: all
    uint64_t seed; ///< the same seed gives the same choices
} sampler_options;

typedef struct sampler sampler;

/* Options out of their range are DEAR_ERROR_USAGE. */
dear_status sampler_create(sampler **out, const sampler_options *options, int64_t vocab_size,
                           dear_error *err);
void sampler_free(sampler *s);

/* The next token. Filters apply in transformers' order: temperature, top-k, top-p, min-p. */
int32_t sampler_next(sampler *s, const float *logits /* [vocab_size] */);

#endif
