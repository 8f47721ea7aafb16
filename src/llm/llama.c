#include "llm/engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/kernels.h"

const char *llama_operation_name(llama_operation operation) {
    static const char *const names[LLAMA_NUM_OPERATIONS] = {
        [LLAMA_EMBED] = "embed",
        [LLAMA_NORM] = "norm",
        [LLAMA_QKV] = "qkv",
        [LLAMA_ROPE] = "rope",
        [LLAMA_ATTENTION] = "attention",
        [LLAMA_OUTPUT] = "attention output",
        [LLAMA_GATE_UP] = "gate, up",
        [LLAMA_SWIGLU] = "swiglu",
        [LLAMA_DOWN] = "down",
        [LLAMA_RESIDUAL] = "residual",
        [LLAMA_HEAD] = "output head",
    };
    return names[operation];
}

void lane_lap_start(lane *w) {
    w->lap_started = clock_seconds();
}

void lane_lap(lane *w, llama_operation operation) {
    double now = clock_seconds();
    w->profile.seconds[operation] += w->threads * (now - w->lap_started);
    w->lap_started = now;
}

float *float_buffer_reserve(float_buffer *b, int64_t count) {
    if ((size_t)count <= b->capacity)
        return b->data;
    mem_free(b->data);
    b->data = mem_alloc_aligned((size_t)count * sizeof *b->data);
    b->capacity = b->data ? (size_t)count : 0;
    return b->data;
}

static dear_status open_lanes(llama *l, dear_error *err) {
    int count = compute_threads();
    l->lanes = mem_calloc((size_t)count, sizeof *l->lanes);
    if (!l->lanes)
        return error_memory(err);
    for (; l->num_lanes < count; l->num_lanes++) {
        l->lanes[l->num_lanes].threads = 1;
        TRY(linear_scratch_create(&l->lanes[l->num_lanes].scratch, err));
    }
    return DEAR_OK;
}

static void lane_free(lane *w) {
    const workspace *s = &w->space;
    const float_buffer buffers[] = {s->states,  s->wanted,    s->normed,  s->qkv,
                                    s->queries, s->attention, s->gate_up, s->activated};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        mem_free(buffers[i].data);
    linear_scratch_free(w->scratch);
}

static dear_status open_parts(llama *l, const model *m, llama_progress progress, void *context,
                              dear_error *err) {
    TRY(rope_table_create(&l->rope, &l->config, model_rope_factors(m), err));
    TRY(open_lanes(l, err));
    return llama_weights_load(&l->weights, m, l->p, progress, context, err);
}

precision llama_choose_precision(const model *m, precision p) {
    if (p != PRECISION_AUTO)
        return p;
    return llama_weights_are_grouped(m) ? precision_fastest() : PRECISION_F32;
}

dear_status llama_open(llama **out, const model *m, precision p, llama_progress progress,
                       void *context, dear_error *err) {
    *out = NULL;
    llama *l = mem_calloc(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->m = m;
    l->config = *model_config(m);
    l->p = llama_choose_precision(m, p);
    dear_status status = open_parts(l, m, progress, context, err);
    if (status != DEAR_OK) {
        llama_close(l);
        return status;
    }
    *out = l;
    return DEAR_OK;
}

void llama_close(llama *l) {
    if (!l)
        return;
    for (int i = 0; i < l->num_lanes; i++)
        lane_free(&l->lanes[i]);
    mem_free(l->lanes);
    llama_weights_free(&l->weights);
    linear_free(l->head);
    rope_table_free(&l->rope);
    mem_free(l);
}

const llama_config *llama_get_config(const llama *l) {
    return &l->config;
}

precision llama_precision(const llama *l) {
    return l->p;
}

size_t llama_weight_bytes(const llama *l) {
    return llama_weights_bytes(&l->weights) + (l->head ? linear_bytes(l->head) : 0);
}

void llama_get_profile(const llama *l, llama_profile *out) {
    *out = l->lanes[0].profile;
    for (int i = 1; i < l->num_lanes; i++) {
        const llama_profile *more = &l->lanes[i].profile;
        for (int j = 0; j < LLAMA_NUM_OPERATIONS; j++)
            out->seconds[j] += more->seconds[j];
        out->tokens += more->tokens;
    }
    out->elapsed = l->elapsed;
}

dear_status llama_logits(llama *l, const float *hidden, int64_t rows, float *logits,
                         dear_error *err) {
    if (l->config.is_classifier)
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: the model has a score head in the place of an output head, and "
                         "cannot predict words",
                         model_path(l->m));
    if (!l->head)
        TRY(llama_weights_head(&l->head, l->m, l->p, err));
    row_range all = {0, rows};
    linear_rows in = {.x = hidden, .tokens = rows, .precise = &all, .num_precise = 1};
    lane *w = &l->lanes[0];
    w->threads = compute_threads();
    double begin = clock_seconds();
    lane_lap_start(w);
    TRY(linear_apply(l->head, w->scratch, &in, logits, err));
    lane_lap(w, LLAMA_HEAD);
    l->elapsed += clock_seconds() - begin;
    return DEAR_OK;
}

dear_status llama_scores(llama *l, const float *hidden, int64_t rows, float *scores,
                         dear_error *err) {
    if (!l->weights.score)
        return error_set(err, DEAR_ERROR_USAGE, "%s: the model has no score head",
                         model_path(l->m));
    for (int64_t row = 0; row < rows; row++)
        scores[row] = kernels_get()->dot(hidden + row * l->config.hidden_size, l->weights.score,
                                         (size_t)l->config.hidden_size);
    return DEAR_OK;
}
