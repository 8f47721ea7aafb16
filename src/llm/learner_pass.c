/* The learner's forward and backward through all layers, and the tape between them. */
#include "base/memory.h"
#include "compute/kernels.h"
#include "llm/learner_parts.h"

#include <string.h>

static dear_status check_batch(const learner *l, const learner_batch *batch, int64_t capacity,
                               dear_error *err) {
    int64_t rows = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const llama_sequence *s = &batch->sequences[i];
        TRY(llama_check_sequence(&l->config, s, err));
        if (s->prefix || s->cache)
            return error_set(err, DEAR_ERROR_USAGE, "sequences that learn have no cache");
        rows += s->count - s->first_row;
    }
    if (rows > capacity)
        return error_set(err, DEAR_ERROR_USAGE, "%lld states wanted, room for %lld",
                         (long long)rows, (long long)capacity);
    return DEAR_OK;
}

/* Room for `count` elements of `size` bytes, the old content lost. */
static bool grow(void **block, size_t *capacity, size_t count, size_t size) {
    if (count <= *capacity)
        return true;
    mem_free(*block);
    *block = mem_calloc(count, size);
    *capacity = *block ? count : 0;
    return *block != NULL;
}

static void count_batch(learner *l, const learner_batch *batch) {
    l->tokens = 0;
    l->rows = 0;
    for (size_t i = 0; i < batch->count; i++) {
        l->tokens += batch->sequences[i].count;
        l->rows += batch->sequences[i].count - batch->sequences[i].first_row;
    }
}

/* The backward needs ids and rows after the caller's sequences are gone. */
static dear_status copy_batch(learner *l, const learner_batch *batch, dear_error *err) {
    count_batch(l, batch);
    if (!grow((void **)&l->sequences, &l->sequences_capacity, batch->count, sizeof *l->sequences) ||
        !grow((void **)&l->ids, &l->ids_capacity, (size_t)l->tokens, sizeof *l->ids) ||
        !grow((void **)&l->positions, &l->positions_capacity, (size_t)l->tokens,
              sizeof *l->positions))
        return error_memory(err);
    int64_t token = 0, longest = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const llama_sequence *s = &batch->sequences[i];
        l->sequences[i] = *s;
        l->sequences[i].ids = l->ids + token;
        memcpy(l->ids + token, s->ids, (size_t)s->count * sizeof *l->ids);
        for (int64_t j = 0; j < s->count; j++)
            l->positions[token++] = j;
        longest = s->count > longest ? s->count : longest;
    }
    l->num_sequences = batch->count;
    l->learning = batch->learning;
    l->step = batch->step;
    return rope_table_reserve(&l->rope, longest, err);
}

static dear_status embed(learner *l, float *states /* [T, H] */, dear_error *err) {
    int64_t width = l->config.hidden_size;
    for (int64_t t = 0; t < l->tokens; t++) {
        float *row = states + t * width;
        if (l->embedding)
            memcpy(row, l->embedding->value + l->ids[t] * width, (size_t)width * sizeof *row);
        else
            TRY(model_read_rows(l->m, "model.embed_tokens.weight", l->config.vocab_size, width,
                                l->ids[t], 1, row, err));
    }
    return DEAR_OK;
}

/* The tokens whose states are wanted, gathered or scattered: rows [R, H] against tokens [T, H]. */
static void gather_rows(const learner *l, float *rows, const float *tokens) {
    int64_t width = l->config.hidden_size, token = 0;
    for (size_t i = 0; i < l->num_sequences; token += l->sequences[i++].count) {
        const llama_sequence *s = &l->sequences[i];
        int64_t floats = (s->count - s->first_row) * width;
        memcpy(rows, tokens + (token + s->first_row) * width, (size_t)floats * sizeof *rows);
        rows += floats;
    }
}

static void scatter_rows(const learner *l, float *tokens, const float *rows) {
    int64_t width = l->config.hidden_size, token = 0;
    memset(tokens, 0, (size_t)(l->tokens * width) * sizeof *tokens);
    for (size_t i = 0; i < l->num_sequences; token += l->sequences[i++].count) {
        const llama_sequence *s = &l->sequences[i];
        int64_t floats = (s->count - s->first_row) * width;
        memcpy(tokens + (token + s->first_row) * width, rows, (size_t)floats * sizeof *rows);
        rows += floats;
    }
}

static dear_status run_layers(learner *l, dear_error *err) {
    int64_t last = l->config.num_layers - 1;
    for (int64_t i = 0; i <= last; i++) {
        const layer_tape *tape = l->layers[i].kept ? &l->layers[i].tape : &l->shared;
        float *y = i < last ? l->layers[i + 1].input : l->last.data;
        TRY(learner_hold(l, i, false, err));
        TRY(learner_layer_forward(l, i, tape, y, err));
        learner_let_go(l, i);
    }
    return DEAR_OK;
}

dear_status learner_forward(learner *l, const learner_batch *batch, float *hidden, int64_t capacity,
                            dear_error *err) {
    TRY(check_batch(l, batch, capacity, err));
    l->taped = false;
    TRY(copy_batch(l, batch, err));
    TRY(learner_lay_tape(l, err));
    TRY(embed(l, l->layers[0].input, err));
    TRY(run_layers(l, err));
    gather_rows(l, l->wanted.data, l->last.data);
    learner_norm(l, hidden, l->wanted.data, l->final_norm.value, l->rows);
    l->taped = l->learning;
    return DEAR_OK;
}

/* Computes the inner activations of a layer again where the tape has none. */
static dear_status inner_activations(learner *l, int64_t layer, const layer_tape **tape,
                                     dear_error *err) {
    *tape = &l->layers[layer].tape;
    if (l->layers[layer].kept)
        return DEAR_OK;
    *tape = &l->shared;
    return learner_layer_forward(l, layer, *tape, l->last.data, err);
}

static void embed_backward(learner *l, const float *dx /* [T, H] */) {
    int64_t width = l->config.hidden_size;
    for (int64_t t = 0; l->embedding && t < l->tokens; t++)
        kernels_get()->add(l->embedding->gradient + l->ids[t] * width, dx + t * width,
                           (size_t)width);
}

static dear_status layers_backward(learner *l, float *dx /* [T, H] */, dear_error *err) {
    for (int64_t i = l->config.num_layers - 1; i >= 0; i--) {
        const layer_tape *tape;
        TRY(learner_hold(l, i, true, err));
        TRY(inner_activations(l, i, &tape, err));
        TRY(learner_layer_backward(l, i, tape, dx, err));
        learner_let_go(l, i);
    }
    embed_backward(l, dx);
    return DEAR_OK;
}

dear_status learner_backward(learner *l, const float *dhidden, dear_error *err) {
    if (!l->taped)
        return error_set(err, DEAR_ERROR_USAGE, "a backward follows a learning forward");
    l->taped = false;
    int64_t width = l->config.hidden_size;
    float *dx = float_buffer_reserve(&l->dstates, l->tokens * width);
    float *drows = float_buffer_reserve(&l->drows, l->rows * width);
    if (!dx || !drows)
        return error_memory(err);
    learner_norm_backward(l, drows, dhidden, l->wanted.data, &l->final_norm, l->rows, false);
    scatter_rows(l, dx, drows);
    return layers_backward(l, dx, err);
}
