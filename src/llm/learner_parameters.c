/* What learns: names, places and first values. */
#include "base/memory.h"
#include "compute/cpu.h"
#include "llm/learner_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const module_paths[LEARNER_NUM_MODULES] = {
    [LEARNER_Q] = "self_attn.q_proj", [LEARNER_K] = "self_attn.k_proj",
    [LEARNER_V] = "self_attn.v_proj", [LEARNER_O] = "self_attn.o_proj",
    [LEARNER_GATE] = "mlp.gate_proj", [LEARNER_UP] = "mlp.up_proj",
    [LEARNER_DOWN] = "mlp.down_proj"};

const char *learner_module_name(learner_module m) {
    return strchr(module_paths[m], '.') + 1;
}

/* A counter turned into 53 random bits (Steele et al., 2014: splitmix64's finalizer), as a number in
 * [0, 1). */
static double uniform(uint64_t seed, uint64_t counter) {
    uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* The values of A as PEFT draws them: uniform within 1 / sqrt(in) (He et al., 2015, with a = sqrt 5).
 * Each parameter has a stream of its own, told by its place. */
static void draw_uniform(const learner *l, parameter *p) {
    uint64_t stream = l->options.seed * 0x100000001b3u + (uint64_t)(p - l->parameters);
    double bound = 1.0 / sqrt((double)p->columns);
    for (int64_t i = 0; i < p->rows * p->columns; i++)
        p->value[i] = (float)(bound * (2 * uniform(stream << 20, (uint64_t)i) - 1));
}

/* A new score head as transformers draws it: normal with deviation 0.02 (Box & Muller, 1958). */
static void draw_normal(const learner *l, parameter *p) {
    const double deviation = 0.02, two_pi = 6.283185307179586;
    for (int64_t i = 0; i < p->rows * p->columns; i++) {
        double radius = sqrt(-2 * log(1 - uniform(~l->options.seed, 2 * (uint64_t)i)));
        p->value[i] = (float)(deviation * radius *
                              cos(two_pi * uniform(~l->options.seed, 2 * (uint64_t)i + 1)));
    }
}

static dear_status add(learner *l, parameter **out, const char *name, int64_t rows, int64_t columns,
                       dear_error *err) {
    parameter *p = &l->parameters[l->num_parameters++];
    snprintf(p->name, sizeof p->name, "%s", name);
    p->rows = rows;
    p->columns = columns;
    size_t bytes = (size_t)(rows * columns) * sizeof *p->value;
    p->value = mem_alloc_aligned(bytes);
    p->gradient = mem_alloc_aligned(bytes);
    if (!p->value || !p->gradient)
        return error_memory(err);
    memset(p->value, 0, bytes);
    memset(p->gradient, 0, bytes);
    *out = p;
    return DEAR_OK;
}

/* A weight of the model, which goes on learning from what it is. */
static dear_status add_weight(learner *l, parameter **out, const char *name, int64_t rows,
                              int64_t columns, dear_error *err) {
    TRY(add(l, out, name, rows, columns, err));
    return model_read_rows(l->m, name, rows, columns, 0, rows, (*out)->value, err);
}

static dear_status add_lora(learner *l, stacked_part *part, int64_t layer, int64_t in,
                            dear_error *err) {
    char name[96];
    int64_t rank = l->options.rank;
    snprintf(name, sizeof name, "model.layers.%lld.%s.lora_A.weight", (long long)layer,
             module_paths[part->module]);
    TRY(add(l, &part->a, name, rank, in, err));
    draw_uniform(l, part->a);
    snprintf(name, sizeof name, "model.layers.%lld.%s.lora_B.weight", (long long)layer,
             module_paths[part->module]);
    return add(l, &part->b, name, part->out, rank, err);
}

static dear_status add_projection(learner *l, tuned_projection *p, int64_t layer, dear_error *err) {
    for (int i = 0; i < p->num_parts; i++) {
        stacked_part *part = &p->parts[i];
        char name[96];
        snprintf(name, sizeof name, "model.layers.%lld.%s.weight", (long long)layer,
                 module_paths[part->module]);
        if (l->options.full)
            TRY(add_weight(l, &part->weight, name, part->out, p->in, err));
        else if (l->options.modules & 1u << part->module)
            TRY(add_lora(l, part, layer, p->in, err));
    }
    return DEAR_OK;
}

/* A norm's weight: a parameter's value when all weights learn. */
static dear_status add_norm(learner *l, norm_weight *w, const char *name, dear_error *err) {
    int64_t width = l->config.hidden_size;
    if (l->options.full) {
        TRY(add_weight(l, &w->parameter, name, 1, width, err));
        w->value = w->parameter->value;
        return DEAR_OK;
    }
    w->value = mem_alloc_aligned((size_t)width * sizeof *w->value);
    if (!w->value)
        return error_memory(err);
    return model_read_rows(l->m, name, 1, width, 0, 1, w->value, err);
}

static dear_status add_layer(learner *l, int64_t index, dear_error *err) {
    learner_layer *layer = &l->layers[index];
    char name[96];
    snprintf(name, sizeof name, "model.layers.%lld.input_layernorm.weight", (long long)index);
    TRY(add_norm(l, &layer->attention_norm, name, err));
    TRY(add_projection(l, &layer->qkv, index, err));
    TRY(add_projection(l, &layer->output, index, err));
    snprintf(name, sizeof name, "model.layers.%lld.post_attention_layernorm.weight",
             (long long)index);
    TRY(add_norm(l, &layer->mlp_norm, name, err));
    TRY(add_projection(l, &layer->gate_up, index, err));
    return add_projection(l, &layer->down, index, err);
}

static dear_status add_score_head(learner *l, dear_error *err) {
    if (model_has_score_head(l->m))
        return add_weight(l, &l->score, "score.weight", 1, l->config.hidden_size, err);
    TRY(add(l, &l->score, "score.weight", 1, l->config.hidden_size, err));
    draw_normal(l, l->score);
    return DEAR_OK;
}

static dear_status add_vocabulary(learner *l, dear_error *err) {
    const llama_config *c = &l->config;
    TRY(add_weight(l, &l->embedding, "model.embed_tokens.weight", c->vocab_size, c->hidden_size,
                   err));
    if (!c->tied_embeddings && !c->is_classifier)
        TRY(add_weight(l, &l->lm_head, "lm_head.weight", c->vocab_size, c->hidden_size, err));
    return DEAR_OK;
}

dear_status learner_make_parameters(learner *l, dear_error *err) {
    enum { A_LAYER = 2 * LEARNER_NUM_MODULES + 2, BESIDES = 4 };
    l->parameters =
        mem_calloc((size_t)l->config.num_layers * A_LAYER + BESIDES, sizeof *l->parameters);
    if (!l->parameters)
        return error_memory(err);
    if (l->options.full)
        TRY(add_vocabulary(l, err));
    for (int64_t layer = 0; layer < l->config.num_layers; layer++)
        TRY(add_layer(l, layer, err));
    TRY(add_norm(l, &l->final_norm, "model.norm.weight", err));
    return l->options.head ? add_score_head(l, err) : DEAR_OK;
}

parameter *learner_parameters(learner *l, size_t *count) {
    *count = l->num_parameters;
    return l->parameters;
}

parameter *learner_score_head(learner *l) {
    return l->score;
}

void learner_clear_gradients(learner *l) {
    for (size_t i = 0; i < l->num_parameters; i++) {
        const parameter *p = &l->parameters[i];
        memset(p->gradient, 0, (size_t)(p->rows * p->columns) * sizeof *p->gradient);
    }
}
