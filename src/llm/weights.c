#include "llm/weights.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 96, MAX_PARTS = 3 };

/* Matrices of the model that are packed as one, below each other: q, k and v; gate and up. */
typedef struct stacked {
    const model *m;
    char names[MAX_PARTS][NAME_SIZE];
    int64_t rows[MAX_PARTS];
    int parts;
    int64_t columns;
} stacked;

static int64_t stacked_rows(const stacked *s) {
    int64_t rows = 0;
    for (int i = 0; i < s->parts; i++)
        rows += s->rows[i];
    return rows;
}

/* The rows of one part that a request for rows of the stack asks for next. */
typedef struct part_rows {
    int part;
    int64_t first, count;
} part_rows;

/* Takes the rows that lie in one part off the request; false when it is empty. */
static bool next_part(const stacked *s, int64_t *first, int64_t *count, part_rows *out) {
    int64_t before = 0;
    for (int i = 0; i<s->parts && * count> 0; before += s->rows[i++]) {
        int64_t within = *first - before;
        if (within >= s->rows[i])
            continue;
        int64_t left = s->rows[i] - within;
        *out = (part_rows){i, within, left < *count ? left : *count};
        *first += out->count;
        *count -= out->count;
        return true;
    }
    return false;
}

/* linear_source's rows. */
static dear_status stacked_read(void *context, int64_t first, int64_t count, float *out,
                                dear_error *err) {
    const stacked *s = context;
    part_rows p;
    while (next_part(s, &first, &count, &p)) {
        TRY(model_read_rows(s->m, s->names[p.part], s->rows[p.part], s->columns, p.first, p.count,
                            out, err));
        out += p.count * s->columns;
    }
    return DEAR_OK;
}

/* linear_source's groups. */
static dear_status stacked_groups(void *context, int64_t first, int64_t count, uint8_t *q,
                                  float *scale, float *minimum, dear_error *err) {
    const stacked *s = context;
    int64_t groups = s->columns / 32;
    part_rows p;
    while (next_part(s, &first, &count, &p)) {
        TRY(model_read_groups(s->m, s->names[p.part], s->rows[p.part], s->columns, p.first, p.count,
                              q, scale, minimum, err));
        q += p.count * s->columns;
        scale += p.count * groups;
        minimum += p.count * groups;
    }
    return DEAR_OK;
}

/* Groups as the files hold them, when all parts have some. */
static linear_source stacked_source(stacked *s) {
    linear_source source = {.rows = stacked_read, .groups = stacked_groups, .context = s};
    source.group_zero = model_group_zero(s->m, s->names[0]);
    for (int i = 0; i < s->parts; i++) {
        int bits = model_group_bits(s->m, s->names[i]);
        if (bits == 0) {
            source.group_bits = 0;
            return source;
        }
        source.group_bits = bits > source.group_bits ? bits : source.group_bits;
        if (model_group_zero(s->m, s->names[i]) != source.group_zero)
            source.group_zero = -1;
    }
    return source;
}

static void weight_name(char *out, int64_t layer, const char *module) {
    snprintf(out, NAME_SIZE, "model.layers.%lld.%s.weight", (long long)layer, module);
}

static void stack_part(stacked *s, int64_t layer, const char *module, int64_t rows) {
    weight_name(s->names[s->parts], layer, module);
    s->rows[s->parts++] = rows;
}

static dear_status read_vector(float **out, const model *m, const char *name, int64_t length,
                               dear_error *err) {
    *out = mem_alloc_aligned((size_t)length * sizeof **out);
    if (!*out)
        return error_memory(err);
    return model_read_rows(m, name, 1, length, 0, 1, *out, err);
}

static void bias_name(char *out, const char *weight_name) {
    snprintf(out, NAME_SIZE, "%.*s.bias", (int)(strlen(weight_name) - strlen(".weight")),
             weight_name);
}

/* The biases of the parts, end to end; parts without one give zeros. */
static dear_status read_bias(float **out, const stacked *s, dear_error *err) {
    char name[NAME_SIZE];
    bool any = false;
    for (int i = 0; i < s->parts; i++) {
        bias_name(name, s->names[i]);
        any = any || model_has(s->m, name);
    }
    if (!any)
        return DEAR_OK;
    *out = mem_calloc((size_t)stacked_rows(s), sizeof **out);
    if (!*out)
        return error_memory(err);
    float *part = *out;
    for (int i = 0; i < s->parts; i++) {
        bias_name(name, s->names[i]);
        if (model_has(s->m, name))
            TRY(model_read_rows(s->m, name, 1, s->rows[i], 0, 1, part, err));
        part += s->rows[i];
    }
    return DEAR_OK;
}

static dear_status pack(projection *out, stacked *s, precision p, dear_error *err) {
    linear_source source = stacked_source(s);
    TRY(linear_create(&out->weight, stacked_rows(s), s->columns, p, &source, err));
    return read_bias(&out->bias, s, err);
}

static stacked stack_kind(const model *m, int64_t layer, projection_kind kind) {
    const llama_config *c = model_config(m);
    int64_t query_rows = c->num_heads * c->head_dim, key_rows = c->num_kv_heads * c->head_dim;
    stacked s = {.m = m, .columns = c->hidden_size};
    if (kind == PROJECTION_QKV || kind == PROJECTION_QUERY)
        stack_part(&s, layer, "self_attn.q_proj", query_rows);
    if (kind == PROJECTION_QKV || kind == PROJECTION_KEY_VALUE) {
        stack_part(&s, layer, "self_attn.k_proj", key_rows);
        stack_part(&s, layer, "self_attn.v_proj", key_rows);
    }
    if (kind == PROJECTION_GATE_UP) {
        stack_part(&s, layer, "mlp.gate_proj", c->intermediate_size);
        stack_part(&s, layer, "mlp.up_proj", c->intermediate_size);
    }
    if (kind == PROJECTION_OUTPUT) {
        s.columns = query_rows;
        stack_part(&s, layer, "self_attn.o_proj", c->hidden_size);
    }
    if (kind == PROJECTION_DOWN) {
        s.columns = c->intermediate_size;
        stack_part(&s, layer, "mlp.down_proj", c->hidden_size);
    }
    return s;
}

dear_status projection_load(projection *out, const model *m, int64_t layer, projection_kind kind,
                            precision p, dear_error *err) {
    stacked s = stack_kind(m, layer, kind);
    return pack(out, &s, p, err);
}

dear_status projection_load_transposed(linear **out, const model *m, int64_t layer,
                                       projection_kind kind, precision p, dear_error *err) {
    stacked s = stack_kind(m, layer, kind);
    linear_source source = stacked_source(&s);
    return linear_create_transposed(out, stacked_rows(&s), s.columns, p, &source, err);
}

static dear_status load_projections(layer_weights *w, const model *m, int64_t layer, precision p,
                                    dear_error *err) {
    if (layer == model_config(m)->num_layers - 1) {
        TRY(projection_load(&w->query, m, layer, PROJECTION_QUERY, p, err));
        TRY(projection_load(&w->key_value, m, layer, PROJECTION_KEY_VALUE, p, err));
    } else {
        TRY(projection_load(&w->qkv, m, layer, PROJECTION_QKV, p, err));
    }
    TRY(projection_load(&w->output, m, layer, PROJECTION_OUTPUT, p, err));
    TRY(projection_load(&w->gate_up, m, layer, PROJECTION_GATE_UP, p, err));
    return projection_load(&w->down, m, layer, PROJECTION_DOWN, p, err);
}

static dear_status load_layer(layer_weights *w, const model *m, int64_t layer, precision p,
                              dear_error *err) {
    int64_t hidden = model_config(m)->hidden_size;
    char name[NAME_SIZE];
    weight_name(name, layer, "input_layernorm");
    TRY(read_vector(&w->attention_norm, m, name, hidden, err));
    weight_name(name, layer, "post_attention_layernorm");
    TRY(read_vector(&w->mlp_norm, m, name, hidden, err));
    return load_projections(w, m, layer, p, err);
}

static dear_status load_all(llama_weights *w, const model *m, precision p,
                            weights_progress progress, void *context, dear_error *err) {
    const llama_config *c = model_config(m);
    w->layers = mem_calloc((size_t)c->num_layers, sizeof *w->layers);
    if (!w->layers)
        return error_memory(err);
    w->num_layers = c->num_layers;
    for (int64_t layer = 0; layer < c->num_layers; layer++) {
        TRY(load_layer(&w->layers[layer], m, layer, p, err));
        model_release(m);
        if (progress)
            progress(context, (double)(layer + 1) / (double)c->num_layers);
    }
    TRY(read_vector(&w->final_norm, m, "model.norm.weight", c->hidden_size, err));
    if (model_has_score_head(m))
        TRY(read_vector(&w->score, m, "score.weight", c->hidden_size, err));
    return DEAR_OK;
}

dear_status llama_weights_load(llama_weights *out, const model *m, precision p,
                               weights_progress progress, void *context, dear_error *err) {
    *out = (llama_weights){0};
    dear_status status = load_all(out, m, p, progress, context, err);
    if (status != DEAR_OK)
        llama_weights_free(out);
    return status;
}

static void layer_free(layer_weights *w) {
    projection *all[] = {&w->query, &w->key_value, &w->qkv, &w->output, &w->gate_up, &w->down};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        linear_free(all[i]->weight);
        mem_free(all[i]->bias);
    }
    mem_free(w->attention_norm);
    mem_free(w->mlp_norm);
}

void llama_weights_free(llama_weights *w) {
    for (int64_t layer = 0; layer < w->num_layers; layer++)
        layer_free(&w->layers[layer]);
    mem_free(w->layers);
    mem_free(w->final_norm);
    mem_free(w->score);
    *w = (llama_weights){0};
}

static size_t layer_bytes(const layer_weights *w) {
    const projection *all[] = {&w->query,  &w->key_value, &w->qkv,
                               &w->output, &w->gate_up,   &w->down};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bytes += all[i]->weight ? linear_bytes(all[i]->weight) : 0;
    return bytes;
}

size_t llama_weights_bytes(const llama_weights *w) {
    size_t bytes = 0;
    for (int64_t layer = 0; layer < w->num_layers; layer++)
        bytes += layer_bytes(&w->layers[layer]);
    return bytes;
}

static stacked stack_head(const model *m) {
    const llama_config *c = model_config(m);
    stacked head = {.m = m, .columns = c->hidden_size, .rows = {c->vocab_size}, .parts = 1};
    snprintf(head.names[0], NAME_SIZE, "%s",
             c->tied_embeddings ? "model.embed_tokens.weight" : "lm_head.weight");
    return head;
}

dear_status llama_weights_head(linear **out, const model *m, precision p, dear_error *err) {
    stacked head = stack_head(m);
    linear_source source = stacked_source(&head);
    return linear_create(out, stacked_rows(&head), head.columns, p, &source, err);
}

dear_status llama_weights_head_transposed(linear **out, const model *m, precision p,
                                          dear_error *err) {
    stacked head = stack_head(m);
    linear_source source = stacked_source(&head);
    return linear_create_transposed(out, stacked_rows(&head), head.columns, p, &source, err);
}

bool llama_weights_are_grouped(const model *m) {
    static const char *const modules[] = {
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj",    "mlp.up_proj",      "mlp.down_proj"};
    char name[NAME_SIZE];
    for (int64_t layer = 0; layer < model_config(m)->num_layers; layer++)
        for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
            weight_name(name, layer, modules[i]);
            if (model_group_bits(m, name) == 0)
                return false;
        }
    return true;
}
