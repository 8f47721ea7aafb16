#include "model/weight_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes as the configuration gives them. */
typedef enum extent { ONE, HIDDEN, INNER, QUERIES, KEYS, VOCABULARY } extent;

/* Which of the configuration's flags says that a module has a bias. */
typedef enum bias_flag { NO_BIAS, ATTENTION_BIAS, MLP_BIAS } bias_flag;

typedef struct module {
    const char *name; ///< Hugging Face's, behind "model.layers.N." for a layer's
    const char *gguf; ///< GGUF's, behind "blk.N."
    extent rows, columns;
    bias_flag bias;
    bool permuted; ///< GGUF stores its rows in another order
} module;

static const module TOP_MODULES[] = {
    {"model.embed_tokens", "token_embd", VOCABULARY, HIDDEN, NO_BIAS, false},
    {"model.norm", "output_norm", ONE, HIDDEN, NO_BIAS, false},
    {"lm_head", "output", VOCABULARY, HIDDEN, NO_BIAS, false},
    {"score", "cls.output", ONE, HIDDEN, NO_BIAS, false},
};

static const module LAYER_MODULES[] = {
    {"input_layernorm", "attn_norm", ONE, HIDDEN, NO_BIAS, false},
    {"self_attn.q_proj", "attn_q", QUERIES, HIDDEN, ATTENTION_BIAS, true},
    {"self_attn.k_proj", "attn_k", KEYS, HIDDEN, ATTENTION_BIAS, true},
    {"self_attn.v_proj", "attn_v", KEYS, HIDDEN, ATTENTION_BIAS, false},
    {"self_attn.o_proj", "attn_output", HIDDEN, QUERIES, ATTENTION_BIAS, false},
    {"post_attention_layernorm", "ffn_norm", ONE, HIDDEN, NO_BIAS, false},
    {"mlp.gate_proj", "ffn_gate", INNER, HIDDEN, MLP_BIAS, false},
    {"mlp.up_proj", "ffn_up", INNER, HIDDEN, MLP_BIAS, false},
    {"mlp.down_proj", "ffn_down", HIDDEN, INNER, MLP_BIAS, false},
};

enum {
    NUM_TOP = sizeof TOP_MODULES / sizeof *TOP_MODULES,
    NUM_IN_LAYER = sizeof LAYER_MODULES / sizeof *LAYER_MODULES
};

static int64_t size_of(const llama_config *c, extent e) {
    switch (e) {
    case HIDDEN:
        return c->hidden_size;
    case INNER:
        return c->intermediate_size;
    case QUERIES:
        return c->num_heads * c->head_dim;
    case KEYS:
        return c->num_kv_heads * c->head_dim;
    case VOCABULARY:
        return c->vocab_size;
    case ONE:
        break;
    }
    return 1;
}

static bool has_bias(const llama_config *c, const module *m) {
    return m->bias == ATTENTION_BIAS ? c->attention_bias : m->bias == MLP_BIAS && c->mlp_bias;
}

/* The module whose name is the `length` bytes at `name`, or NULL. */
static const module *find_module(const module *modules, int count, const char *name,
                                 size_t length) {
    for (int i = 0; i < count; i++)
        if (strlen(modules[i].name) == length && memcmp(modules[i].name, name, length) == 0)
            return &modules[i];
    return NULL;
}

/* Reads "model.layers.N." and gives what follows; NULL when `name` does not begin so or the model
 * has no such layer. */
static const char *read_layer(const llama_config *c, const char *name, long *layer) {
    static const char PREFIX[] = "model.layers.";
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return NULL;
    const char *digits = name + sizeof PREFIX - 1;
    size_t count = strspn(digits, "0123456789");
    if (count < 1 || count > 6 || digits[count] != '.' || (digits[0] == '0' && count > 1))
        return NULL;
    *layer = strtol(digits, NULL, 10);
    return *layer < c->num_layers ? digits + count + 1 : NULL;
}

bool weight_describe(weight_info *out, const llama_config *c, const char *name) {
    const char *dot = strrchr(name, '.');
    if (!dot)
        return false;
    bool is_bias = strcmp(dot, ".bias") == 0;
    if (!is_bias && strcmp(dot, ".weight") != 0)
        return false;
    long layer = 0;
    const char *inner = read_layer(c, name, &layer);
    const module *m = inner && inner < dot
                          ? find_module(LAYER_MODULES, NUM_IN_LAYER, inner, (size_t)(dot - inner))
                          : find_module(TOP_MODULES, NUM_TOP, name, (size_t)(dot - name));
    if (!m || (is_bias && !has_bias(c, m)))
        return false;
    int64_t rows = size_of(c, m->rows);
    out->rows = is_bias ? 1 : rows;
    out->columns = is_bias ? rows : size_of(c, m->columns);
    out->permuted_heads = m->permuted ? rows / c->head_dim : 0;
    if (inner)
        snprintf(out->gguf_name, sizeof out->gguf_name, "blk.%ld.%s%s", layer, m->gguf, dot);
    else
        snprintf(out->gguf_name, sizeof out->gguf_name, "%s%s", m->gguf, dot);
    return true;
}

int64_t weight_gguf_row(int64_t head_dim, int64_t row) {
    int64_t half = head_dim / 2, head = row / head_dim, place = row % head_dim;
    return head * head_dim + 2 * (place % half) + place / half;
}

bool weight_name_at(const llama_config *c, size_t index, char name[WEIGHT_NAME_SIZE]) {
    if (index < NUM_TOP) {
        snprintf(name, WEIGHT_NAME_SIZE, "%s.weight", TOP_MODULES[index].name);
        return true;
    }
    /* Each layer: the weights, then the biases there are. */
    const module *biased[NUM_IN_LAYER];
    size_t num_biased = 0;
    for (int i = 0; i < NUM_IN_LAYER; i++)
        if (has_bias(c, &LAYER_MODULES[i]))
            biased[num_biased++] = &LAYER_MODULES[i];
    size_t per_layer = NUM_IN_LAYER + num_biased;
    size_t layer = (index - NUM_TOP) / per_layer, place = (index - NUM_TOP) % per_layer;
    if (layer >= (size_t)c->num_layers)
        return false;
    bool is_bias = place >= NUM_IN_LAYER;
    const module *m = is_bias ? biased[place - NUM_IN_LAYER] : &LAYER_MODULES[place];
    snprintf(name, WEIGHT_NAME_SIZE, "model.layers.%zu.%s%s", layer, m->name,
             is_bias ? ".bias" : ".weight");
    return true;
}

bool weight_is_required(const llama_config *c, const char *name) {
    if (strcmp(name, "lm_head.weight") == 0)
        return !c->tied_embeddings && !c->is_classifier;
    if (strcmp(name, "score.weight") == 0)
        return c->is_classifier;
    return true;
}
