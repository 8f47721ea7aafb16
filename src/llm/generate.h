/* Writing text, token by token. */
#ifndef DEAR_LLM_GENERATE_H
#define DEAR_LLM_GENERATE_H

#include "llm/llama.h"
#include "llm/sampler.h"

typedef struct generate_options {
    sampler_options sampling;
    int64_t max_new_tokens;
    /* Called with each token as it is chosen, a stop token included; returning false ends the
     * text. May be NULL. */
    bool (*on_token)(void *context, int32_t id);
    void *context;
} generate_options;

/* Greedy, 1,024 tokens. */
generate_options generate_defaults(void);

/*
 * Continues `prompt` until one of the model's end tokens (which is included), until max_new_tokens,
 * or until on_token ends it. The new tokens are appended to `out`.
 */
dear_status generate(llama *l, const int32_t *prompt, int64_t count,
                     const generate_options *options, token_list *out, dear_error *err);

/* True when `id` is one of the model's end tokens. */
bool generate_is_end(const llama *l, int32_t id);

#endif
