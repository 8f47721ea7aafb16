/*
 * Memory of a learning forward. The inputs of all layers are kept; inner activations, some ten times
 * as large, of as many layers as the budget allows, the last ones, and those of the others are computed
 * again on the way back (Chen et al., 2016).
 */
#include "base/memory.h"
#include "llm/learner_parts.h"

#include <unistd.h>

static int64_t lora_width(const learner *l) {
    const learner_layer *layer = &l->layers[0];
    return tuned_lora_width(l, &layer->qkv) + tuned_lora_width(l, &layer->output) +
           tuned_lora_width(l, &layer->gate_up) + tuned_lora_width(l, &layer->down);
}

/* Floats of a layer's inner activations for a token. */
static int64_t tape_width(const learner *l) {
    return l->query + 2 * l->key + l->query + l->config.hidden_size +
           2 * l->config.intermediate_size + lora_width(l);
}

/* Floats that the way there and back takes for a token, whatever is kept: learner_space and states. */
static int64_t space_width(const learner *l) {
    int64_t H = l->config.hidden_size, I = l->config.intermediate_size;
    return tape_width(l) + l->config.num_layers * H + 6 * H + 4 * I + 2 * I + 2 * l->query +
           2 * l->key;
}

size_t learner_memory_budget(const learner *l) {
    if (l->options.memory)
        return l->options.memory;
    return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE) / 2;
}

/* Layers whose inner activations there is memory for. */
static int64_t layers_kept(const learner *l) {
    double fixed =
        (double)learner_fixed_bytes(l) + 4.0 * (double)l->tokens * (double)space_width(l);
    double left = (double)learner_memory_budget(l) - fixed;
    double layer = 4.0 * (double)l->tokens * (double)tape_width(l);
    int64_t all = l->config.num_layers;
    if (!l->learning || left < layer)
        return 0;
    return left / layer < (double)all ? (int64_t)(left / layer) : all;
}

static dear_status lay(learner *l, layer_tape *tape, dear_error *err) {
    int64_t T = l->tokens;
    float *at = float_buffer_reserve(&tape->store, T * tape_width(l));
    if (!at)
        return error_memory(err);
    tape->qkv = at;
    tape->attention = tape->qkv + T * (l->query + 2 * l->key);
    tape->middle = tape->attention + T * l->query;
    tape->gate_up = tape->middle + T * l->config.hidden_size;
    tape->lora = tape->gate_up + T * 2 * l->config.intermediate_size;
    return DEAR_OK;
}

static void drop(layer_tape *tape) {
    mem_free(tape->store.data);
    *tape = (layer_tape){0};
}

dear_status learner_lay_tape(learner *l, dear_error *err) {
    int64_t floats = l->tokens * l->config.hidden_size, layers = l->config.num_layers;
    int64_t first_kept = layers - layers_kept(l);
    float *inputs = float_buffer_reserve(&l->inputs, layers * floats);
    if (!inputs || !float_buffer_reserve(&l->last, floats) ||
        !float_buffer_reserve(&l->wanted, l->rows * l->config.hidden_size))
        return error_memory(err);
    for (int64_t i = 0; i < layers; i++) {
        learner_layer *layer = &l->layers[i];
        layer->input = inputs + i * floats;
        layer->kept = i >= first_kept;
        if (layer->kept)
            TRY(lay(l, &layer->tape, err));
        else if (l->learning)
            drop(&layer->tape);
    }
    return first_kept > 0 ? lay(l, &l->shared, err) : DEAR_OK;
}

void learner_free_tape(learner *l) {
    for (int64_t i = 0; l->layers && i < l->config.num_layers; i++)
        drop(&l->layers[i].tape);
    drop(&l->shared);
}
