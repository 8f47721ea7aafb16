/*
 * The frozen weights, packed for both ways. They stay packed when the memory budget has room for
 * them; else a layer's are packed from the model's file whenever it is its turn, which takes a small
 * share of the time that a few hundred tokens take.
 */
#include "llm/learner_parts.h"

#include "base/memory.h"

static tuned_projection *projection_at(learner_layer *layer, int i) {
    tuned_projection *all[] = {&layer->qkv, &layer->output, &layer->gate_up, &layer->down};
    return all[i];
}

enum { PROJECTIONS = 4 };

static dear_status hold(learner *l, int64_t layer, tuned_projection *p, bool both_ways,
                        dear_error *err) {
    if (!p->frozen.weight)
        TRY(projection_load(&p->frozen, l->m, layer, p->kind, l->options.base, err));
    if (both_ways && !p->transposed)
        return projection_load_transposed(&p->transposed, l->m, layer, p->kind, l->options.base,
                                          err);
    return DEAR_OK;
}

dear_status learner_hold(learner *l, int64_t layer, bool both_ways, dear_error *err) {
    for (int i = 0; i < PROJECTIONS && !l->options.full; i++)
        TRY(hold(l, layer, projection_at(&l->layers[layer], i), both_ways, err));
    if (!l->resident)
        model_release(l->m);
    return DEAR_OK;
}

static void free_projection(tuned_projection *p) {
    linear_free(p->frozen.weight);
    mem_free(p->frozen.bias);
    linear_free(p->transposed);
    p->frozen = (projection){0};
    p->transposed = NULL;
}

void learner_free_frozen(learner *l, int64_t layer) {
    for (int i = 0; i < PROJECTIONS; i++)
        free_projection(projection_at(&l->layers[layer], i));
}

void learner_let_go(learner *l, int64_t layer) {
    if (!l->resident)
        learner_free_frozen(l, layer);
}

/* Bytes of all frozen projections, packed for both ways. */
static size_t frozen_bytes(const learner *l) {
    const llama_config *c = &l->config;
    int64_t weights = c->hidden_size * (2 * l->query + 2 * l->key + 3 * c->intermediate_size);
    size_t each = l->options.base == PRECISION_F32 ? sizeof(float) : sizeof(uint16_t);
    return l->options.full ? 0 : 2 * each * (size_t)(weights * c->num_layers);
}

/* Values, gradients, and the two moments that an optimizer keeps. */
static size_t parameter_bytes(const learner *l) {
    size_t numbers = 0;
    for (size_t i = 0; i < l->num_parameters; i++)
        numbers += (size_t)(l->parameters[i].rows * l->parameters[i].columns);
    return 4 * sizeof(float) * numbers;
}

size_t learner_fixed_bytes(const learner *l) {
    size_t bytes = parameter_bytes(l);
    return l->resident ? bytes + frozen_bytes(l) : bytes;
}

void learner_decide_residence(learner *l) {
    l->resident = parameter_bytes(l) + frozen_bytes(l) < learner_memory_budget(l) / 10 * 7;
}
