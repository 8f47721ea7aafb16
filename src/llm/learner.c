#include "llm/learner.h"

#include "base/memory.h"
#include "llm/learner_parts.h"

#include <string.h>

learner_options learner_defaults(void) {
    return (learner_options){.rank = 32,
                             .alpha = 64,
                             .dropout = 0.1,
                             .modules = 1u << LEARNER_Q | 1u << LEARNER_V | 1u << LEARNER_O |
                                        1u << LEARNER_GATE | 1u << LEARNER_UP | 1u << LEARNER_DOWN,
                             .head = true,
                             .base = PRECISION_F32,
                             .seed = 42};
}

static dear_status check_options(const learner_options *o, dear_error *err) {
    enum { HIGHEST_RANK = 4096 };
    if (o->base != PRECISION_F32 && o->base != PRECISION_BF16)
        return error_set(err, DEAR_ERROR_USAGE, "frozen weights are f32 or bf16, not %s",
                         precision_name(o->base));
    if (o->full)
        return DEAR_OK;
    if (o->rank < 1 || o->rank > HIGHEST_RANK)
        return error_set(err, DEAR_ERROR_USAGE, "LoRA's rank must be between 1 and %d",
                         HIGHEST_RANK);
    if (!(o->dropout >= 0 && o->dropout < 1))
        return error_set(err, DEAR_ERROR_USAGE, "dropout must be at least 0 and less than 1");
    if (o->modules == 0 && !o->head)
        return error_set(err, DEAR_ERROR_USAGE, "nothing is left to learn");
    return DEAR_OK;
}

static void stack(tuned_projection *p, learner_module module, int64_t out) {
    p->parts[p->num_parts++] = (stacked_part){.module = module, .offset = p->out, .out = out};
    p->out += out;
}

static void shape_layer(const learner *l, learner_layer *layer, uint32_t index) {
    int64_t H = l->config.hidden_size, I = l->config.intermediate_size;
    layer->qkv = (tuned_projection){.kind = PROJECTION_QKV, .in = H, .place = 4 * index};
    stack(&layer->qkv, LEARNER_Q, l->query);
    stack(&layer->qkv, LEARNER_K, l->key);
    stack(&layer->qkv, LEARNER_V, l->key);
    layer->output =
        (tuned_projection){.kind = PROJECTION_OUTPUT, .in = l->query, .place = 4 * index + 1};
    stack(&layer->output, LEARNER_O, H);
    layer->gate_up =
        (tuned_projection){.kind = PROJECTION_GATE_UP, .in = H, .place = 4 * index + 2};
    stack(&layer->gate_up, LEARNER_GATE, I);
    stack(&layer->gate_up, LEARNER_UP, I);
    layer->down = (tuned_projection){.kind = PROJECTION_DOWN, .in = I, .place = 4 * index + 3};
    stack(&layer->down, LEARNER_DOWN, H);
}

static dear_status make_layers(learner *l, dear_error *err) {
    l->layers = mem_calloc((size_t)l->config.num_layers, sizeof *l->layers);
    if (!l->layers)
        return error_memory(err);
    for (int64_t i = 0; i < l->config.num_layers; i++)
        shape_layer(l, &l->layers[i], (uint32_t)i);
    return DEAR_OK;
}

/* Packs all layers now, if they are to stay. */
static dear_status pack(learner *l, llama_progress progress, void *context, dear_error *err) {
    learner_decide_residence(l);
    for (int64_t i = 0; l->resident && i < l->config.num_layers; i++) {
        TRY(learner_hold(l, i, true, err));
        model_release(l->m);
        if (progress)
            progress(context, (double)(i + 1) / (double)l->config.num_layers);
    }
    return DEAR_OK;
}

static dear_status open_parts(learner *l, llama_progress progress, void *context, dear_error *err) {
    TRY(check_options(&l->options, err));
    TRY(make_layers(l, err));
    TRY(rope_table_create(&l->rope, &l->config, model_rope_factors(l->m), err));
    TRY(linear_scratch_create(&l->scratch, err));
    TRY(learner_make_parameters(l, err));
    return pack(l, progress, context, err);
}

dear_status learner_open(learner **out, const model *m, const learner_options *options,
                         llama_progress progress, void *context, dear_error *err) {
    *out = NULL;
    learner *l = mem_calloc(1, sizeof *l);
    if (!l)
        return error_memory(err);
    l->m = m;
    l->config = *model_config(m);
    l->options = *options;
    l->query = l->config.num_heads * l->config.head_dim;
    l->key = l->config.num_kv_heads * l->config.head_dim;
    dear_status status = open_parts(l, progress, context, err);
    if (status != DEAR_OK) {
        learner_close(l);
        return status;
    }
    *out = l;
    return DEAR_OK;
}

static void free_norm(norm_weight *w) {
    if (!w->parameter)
        mem_free(w->value);
}

static void free_layers(learner *l) {
    for (int64_t i = 0; l->layers && i < l->config.num_layers; i++) {
        learner_free_frozen(l, i);
        free_norm(&l->layers[i].attention_norm);
        free_norm(&l->layers[i].mlp_norm);
    }
    learner_free_tape(l);
    free_norm(&l->final_norm);
    mem_free(l->layers);
}

static void free_buffers(learner *l) {
    learner_space *s = &l->space;
    float_buffer *all[] = {&s->normed,   &s->dropped,    &s->activated, &s->dqkv,    &s->dattention,
                           &s->dgate_up, &s->dactivated, &s->dnormed,   &s->dlora,   &s->dpassed,
                           &l->inputs,   &l->last,       &l->wanted,    &l->dstates, &l->drows};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]->data);
}

static void free_parameters(learner *l) {
    for (size_t i = 0; i < l->num_parameters; i++) {
        mem_free(l->parameters[i].value);
        mem_free(l->parameters[i].gradient);
    }
    mem_free(l->parameters);
}

void learner_close(learner *l) {
    if (!l)
        return;
    free_layers(l);
    free_buffers(l);
    free_parameters(l);
    mem_free(l->sequences);
    mem_free(l->ids);
    mem_free(l->positions);
    linear_free(l->head);
    linear_free(l->head_transposed);
    linear_scratch_free(l->scratch);
    rope_table_free(&l->rope);
    mem_free(l);
}

const learner_options *learner_get_options(const learner *l) {
    return &l->options;
}

const llama_config *learner_get_config(const learner *l) {
    return &l->config;
}

double learner_operations(const learner *l) {
    return l->operations;
}
