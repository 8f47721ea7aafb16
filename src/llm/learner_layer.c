/*
 * One layer, there and back:
 *
 *     q, k, v  = rope(norm(x) Wqkv)
 *     middle   = x + attention(q, k, v) Wo
 *     y        = middle + swiglu(norm(middle) Wgate_up) Wdown
 */
#include "base/memory.h"
#include "compute/attention.h"
#include "compute/attention_backward.h"
#include "compute/cpu.h"
#include "compute/kernels.h"
#include "llm/learner_parts.h"

#include <math.h>
#include <string.h>

/* Where a projection's lora [T, r] stand on the tape. */
typedef struct lora_places {
    float *qkv, *output, *gate_up, *down;
} lora_places;

static lora_places places_of(const learner *l, const learner_layer *layer, const layer_tape *tape) {
    lora_places p = {.qkv = tape->lora};
    p.output = p.qkv + l->tokens * tuned_lora_width(l, &layer->qkv);
    p.gate_up = p.output + l->tokens * tuned_lora_width(l, &layer->output);
    p.down = p.gate_up + l->tokens * tuned_lora_width(l, &layer->gate_up);
    return p;
}

void learner_norm(const learner *l, float *y, const float *x, const float *weight, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t width = l->config.hidden_size;
    float epsilon = (float)l->config.rms_norm_eps;
#pragma omp parallel for num_threads(compute_threads())
    for (int64_t row = 0; row < rows; row++)
        k->rmsnorm(y + row * width, x + row * width, weight, (size_t)width, epsilon);
}

void learner_norm_backward(learner *l, float *dx, const float *dy, const float *x,
                           const norm_weight *w, int64_t rows, bool add) {
    const kernels *k = kernels_get();
    int64_t width = l->config.hidden_size;
    float epsilon = (float)l->config.rms_norm_eps;
#pragma omp parallel for num_threads(compute_threads()) if (!w->parameter)
    for (int64_t row = 0; row < rows; row++) {
        const float *x_row = x + row * width, *dy_row = dy + row * width;
        float r = k->rmsnorm_backward(dx + row * width, x_row, w->value, dy_row, (size_t)width,
                                      epsilon, add);
        if (w->parameter)
            k->rmsnorm_weight_backward(w->parameter->gradient, x_row, dy_row, (size_t)width, r);
    }
}

/* Rotates queries and keys [T, Q + 2K] where they stand, or back. */
static void rotate(const learner *l, float *qkv, bool back) {
    const kernels *k = kernels_get();
    int64_t dim = l->config.head_dim, half = dim / 2, stride = l->query + 2 * l->key;
    int64_t heads = l->config.num_heads + l->config.num_kv_heads;
    void (*turn)(float *, const float *, const float *, size_t) = back ? k->rope_backward : k->rope;
#pragma omp parallel for num_threads(compute_threads())
    for (int64_t t = 0; t < l->tokens; t++)
        for (int64_t head = 0; head < heads; head++)
            turn(qkv + t * stride + head * dim, l->rope.cosine + l->positions[t] * half,
                 l->rope.sine + l->positions[t] * half, (size_t)dim);
}

static attention_shape shape_of(const learner *l) {
    const llama_config *c = &l->config;
    return (attention_shape){.num_heads = c->num_heads,
                             .num_kv_heads = c->num_kv_heads,
                             .head_dim = c->head_dim,
                             .q_stride = l->query + 2 * l->key,
                             .out_stride = l->query,
                             .scale = 1.0f / sqrtf((float)c->head_dim)};
}

static dear_status attend(learner *l, const layer_tape *tape, dear_error *err) {
    attention_run *runs = mem_calloc(l->num_sequences, sizeof *runs);
    if (!runs)
        return error_memory(err);
    int64_t stride = l->query + 2 * l->key, token = 0;
    for (size_t i = 0; i < l->num_sequences; token += l->sequences[i++].count) {
        const float *q = tape->qkv + token * stride;
        runs[i] = (attention_run){.q = q,
                                  .out = tape->attention + token * l->query,
                                  .count = l->sequences[i].count,
                                  .own = {.k = q + l->query,
                                          .v = q + l->query + l->key,
                                          .count = l->sequences[i].count,
                                          .stride = stride},
                                  .own_visible = 1};
    }
    attention_shape shape = shape_of(l);
    dear_status status = attention_apply(&shape, runs, l->num_sequences, err);
    mem_free(runs);
    return status;
}

static void swiglu_rows(const learner *l, float *y /* [T, I] */, const float *gate_up) {
    const kernels *k = kernels_get();
    int64_t width = l->config.intermediate_size;
#pragma omp parallel for num_threads(compute_threads())
    for (int64_t t = 0; t < l->tokens; t++)
        k->swiglu(y + t * width, gate_up + 2 * t * width, gate_up + (2 * t + 1) * width,
                  (size_t)width);
}

static dear_status reserve(float_buffer *b, int64_t count, dear_error *err) {
    return float_buffer_reserve(b, count) ? DEAR_OK : error_memory(err);
}

dear_status learner_layer_forward(learner *l, int64_t index, const layer_tape *tape, float *y,
                                  dear_error *err) {
    const learner_layer *layer = &l->layers[index];
    learner_space *s = &l->space;
    int64_t T = l->tokens, H = l->config.hidden_size;
    size_t state_bytes = (size_t)(T * H) * sizeof(float);
    lora_places lora = places_of(l, layer, tape);
    TRY(reserve(&s->normed, T * H, err));
    TRY(reserve(&s->activated, T * l->config.intermediate_size, err));
    learner_norm(l, s->normed.data, layer->input, layer->attention_norm.value, T);
    TRY(tuned_forward(l, &layer->qkv, s->normed.data, tape->qkv, false, lora.qkv, err));
    rotate(l, tape->qkv, false);
    TRY(attend(l, tape, err));
    memcpy(tape->middle, layer->input, state_bytes);
    TRY(tuned_forward(l, &layer->output, tape->attention, tape->middle, true, lora.output, err));
    learner_norm(l, s->normed.data, tape->middle, layer->mlp_norm.value, T);
    TRY(tuned_forward(l, &layer->gate_up, s->normed.data, tape->gate_up, false, lora.gate_up, err));
    swiglu_rows(l, s->activated.data, tape->gate_up);
    memcpy(y, tape->middle, state_bytes);
    return tuned_forward(l, &layer->down, s->activated.data, y, true, lora.down, err);
}

/* dactivated [T, I] becomes dgate_up [T, 2I]. */
static void swiglu_rows_backward(learner *l, const float *gate_up) {
    const kernels *k = kernels_get();
    int64_t width = l->config.intermediate_size;
    float *dgate_up = l->space.dgate_up.data;
    const float *dactivated = l->space.dactivated.data;
#pragma omp parallel for num_threads(compute_threads())
    for (int64_t t = 0; t < l->tokens; t++)
        k->swiglu_backward(dgate_up + 2 * t * width, dgate_up + (2 * t + 1) * width,
                           gate_up + 2 * t * width, gate_up + (2 * t + 1) * width,
                           dactivated + t * width, (size_t)width);
}

/* From dy to the gradient of `middle`, which takes its place. */
static dear_status mlp_backward(learner *l, const learner_layer *layer, const layer_tape *tape,
                                const lora_places *lora, float *dx, dear_error *err) {
    learner_space *s = &l->space;
    int64_t T = l->tokens, I = l->config.intermediate_size;
    TRY(reserve(&s->activated, T * I, err));
    TRY(reserve(&s->dactivated, T * I, err));
    TRY(reserve(&s->dgate_up, 2 * T * I, err));
    swiglu_rows(l, s->activated.data, tape->gate_up);
    TRY(tuned_backward(l, &layer->down, s->activated.data, dx, lora->down, s->dactivated.data,
                       err));
    swiglu_rows_backward(l, tape->gate_up);
    learner_norm(l, s->normed.data, tape->middle, layer->mlp_norm.value, T);
    TRY(tuned_backward(l, &layer->gate_up, s->normed.data, s->dgate_up.data, lora->gate_up,
                       s->dnormed.data, err));
    learner_norm_backward(l, dx, s->dnormed.data, tape->middle, &layer->mlp_norm, T, true);
    return DEAR_OK;
}

/* dattention [T, Q] becomes dqkv [T, Q + 2K]. */
static dear_status attend_backward(learner *l, const layer_tape *tape, dear_error *err) {
    attention_gradient_run *runs = mem_calloc(l->num_sequences, sizeof *runs);
    if (!runs)
        return error_memory(err);
    int64_t stride = l->query + 2 * l->key, token = 0;
    for (size_t i = 0; i < l->num_sequences; token += l->sequences[i++].count) {
        const float *q = tape->qkv + token * stride;
        float *dq = l->space.dqkv.data + token * stride;
        runs[i] = (attention_gradient_run){.q = q,
                                           .k = q + l->query,
                                           .v = q + l->query + l->key,
                                           .out = tape->attention + token * l->query,
                                           .dout = l->space.dattention.data + token * l->query,
                                           .dq = dq,
                                           .dk = dq + l->query,
                                           .dv = dq + l->query + l->key,
                                           .count = l->sequences[i].count,
                                           .kv_stride = stride};
    }
    attention_shape shape = shape_of(l);
    dear_status status = attention_backward(&shape, runs, l->num_sequences, err);
    mem_free(runs);
    return status;
}

/* From the gradient of `middle` to that of the layer's input, which takes its place. */
static dear_status attention_part_backward(learner *l, const learner_layer *layer,
                                           const layer_tape *tape, const lora_places *lora,
                                           float *dx, dear_error *err) {
    learner_space *s = &l->space;
    int64_t T = l->tokens;
    TRY(reserve(&s->dattention, T * l->query, err));
    TRY(reserve(&s->dqkv, T * (l->query + 2 * l->key), err));
    TRY(tuned_backward(l, &layer->output, tape->attention, dx, lora->output, s->dattention.data,
                       err));
    TRY(attend_backward(l, tape, err));
    rotate(l, s->dqkv.data, true);
    learner_norm(l, s->normed.data, layer->input, layer->attention_norm.value, T);
    TRY(tuned_backward(l, &layer->qkv, s->normed.data, s->dqkv.data, lora->qkv, s->dnormed.data,
                       err));
    learner_norm_backward(l, dx, s->dnormed.data, layer->input, &layer->attention_norm, T, true);
    return DEAR_OK;
}

dear_status learner_layer_backward(learner *l, int64_t index, const layer_tape *tape, float *dx,
                                   dear_error *err) {
    const learner_layer *layer = &l->layers[index];
    lora_places lora = places_of(l, layer, tape);
    int64_t floats = l->tokens * l->config.hidden_size;
    TRY(reserve(&l->space.normed, floats, err));
    TRY(reserve(&l->space.dnormed, floats, err));
    TRY(mlp_backward(l, layer, tape, &lora, dx, err));
    return attention_part_backward(l, layer, tape, &lora, dx, err);
}
