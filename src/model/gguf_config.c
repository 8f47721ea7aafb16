/* The shape of a LLaMA from GGUF metadata (keys as llama.cpp's converter writes them). */
#include "model/gguf_metadata.h"

#include <string.h>

static dear_status missing(const gguf *g, const char *key, dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" is missing", gguf_path(g), key);
}

static dear_status require_int(const gguf *g, const char *key, int64_t *out, dear_error *err) {
    *out = 0;
    TRY(gguf_get_int(g, key, 1, INT32_MAX, out, err));
    return *out ? DEAR_OK : missing(g, key, err);
}

static dear_status check_architecture(const gguf *g, dear_error *err) {
    const char *architecture = NULL;
    int64_t experts = 0;
    TRY(gguf_get_string(g, "general.architecture", &architecture, err));
    if (!architecture)
        return missing(g, "general.architecture", err);
    if (strcmp(architecture, "llama") != 0)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: \"general.architecture\" is \"%.100s\"; only \"llama\" is supported",
                         gguf_path(g), architecture);
    TRY(gguf_get_int(g, "llama.expert_count", 0, INT32_MAX, &experts, err));
    if (experts > 0)
        return error_set(
            err, DEAR_ERROR_UNSUPPORTED,
            "%s: a mixture of experts (\"llama.expert_count\" is %lld) is not supported",
            gguf_path(g), (long long)experts);
    return DEAR_OK;
}

static dear_status read_heads(const gguf *g, llama_config *c, dear_error *err) {
    TRY(require_int(g, "llama.attention.head_count", &c->num_heads, err));
    c->num_kv_heads = c->num_heads;
    TRY(gguf_get_int(g, "llama.attention.head_count_kv", 1, INT32_MAX, &c->num_kv_heads, err));
    TRY(gguf_get_int(g, "llama.attention.key_length", 1, INT32_MAX, &c->head_dim, err));
    TRY(config_derive_head_dim(c, gguf_path(g), err));
    int64_t value_length = c->head_dim, rotated = c->head_dim;
    TRY(gguf_get_int(g, "llama.attention.value_length", 1, INT32_MAX, &value_length, err));
    TRY(gguf_get_int(g, "llama.rope.dimension_count", 1, INT32_MAX, &rotated, err));
    if (value_length != c->head_dim || rotated != c->head_dim)
        return error_set(
            err, DEAR_ERROR_UNSUPPORTED,
            "%s: heads whose keys (%lld), values (%lld) and rotated part (%lld) differ "
            "in size are not supported",
            gguf_path(g), (long long)c->head_dim, (long long)value_length, (long long)rotated);
    return DEAR_OK;
}

/* Linear scaling has had two spellings; LLaMA 3's is a tensor of divisors. */
static dear_status read_rope(const gguf *g, llama_config *c, dear_error *err) {
    const char *type = "none";
    c->rope_theta = 10000;
    c->rope_factor = 1;
    TRY(gguf_get_double(g, "llama.rope.freq_base", &c->rope_theta, err));
    TRY(gguf_get_double(g, "llama.rope.scale_linear", &c->rope_factor, err));
    TRY(gguf_get_string(g, "llama.rope.scaling.type", &type, err));
    bool linear = strcmp(type, "linear") == 0;
    if (!linear && strcmp(type, "none") != 0)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: \"llama.rope.scaling.type\" is \"%.100s\"; only \"none\" and "
                         "\"linear\" are supported",
                         gguf_path(g), type);
    if (linear)
        TRY(gguf_get_double(g, "llama.rope.scaling.factor", &c->rope_factor, err));
    bool factors = gguf_find(g, "rope_freqs.weight") != NULL;
    if (factors && c->rope_factor != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: linear rope scaling together with \"rope_freqs.weight\" is not "
                         "supported",
                         gguf_path(g));
    c->rope = factors ? ROPE_FACTORS : c->rope_factor != 1 ? ROPE_LINEAR : ROPE_DEFAULT;
    return DEAR_OK;
}

/* An end of turn or message ends a generation just as an end of text does. */
static dear_status read_special_tokens(const gguf *g, llama_config *c, dear_error *err) {
    static const char *const ENDS[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                                       "tokenizer.ggml.eom_token_id"};
    int64_t bos = -1;
    TRY(gguf_get_int(g, "tokenizer.ggml.bos_token_id", 0, INT32_MAX, &bos, err));
    c->bos = (int32_t)bos;
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        int64_t id = -1;
        TRY(gguf_get_int(g, ENDS[i], 0, INT32_MAX, &id, err));
        if (id >= 0)
            TRY(config_add_eos(c, id, gguf_path(g), err));
    }
    return DEAR_OK;
}

/* The embedding has a row for every token: what the file holds, whatever its metadata leaves out.
 */
static dear_status read_vocab_size(const gguf *g, llama_config *c, dear_error *err) {
    const tensor *embedding = gguf_find(g, "token_embd.weight");
    if (!embedding)
        return error_set(err, DEAR_ERROR_INPUT, "%s: tensor \"token_embd.weight\" is missing",
                         gguf_path(g));
    c->vocab_size = embedding->num_dims == 2 ? embedding->shape[0] : 0;
    return gguf_get_int(g, "llama.vocab_size", 1, INT32_MAX, &c->vocab_size, err);
}

dear_status gguf_config(const gguf *g, llama_config *out, dear_error *err) {
    llama_config c = {.rms_norm_eps = 0};
    TRY(check_architecture(g, err));
    TRY(read_vocab_size(g, &c, err));
    TRY(require_int(g, "llama.block_count", &c.num_layers, err));
    TRY(require_int(g, "llama.embedding_length", &c.hidden_size, err));
    TRY(require_int(g, "llama.feed_forward_length", &c.intermediate_size, err));
    TRY(require_int(g, "llama.context_length", &c.max_positions, err));
    TRY(read_heads(g, &c, err));
    TRY(gguf_get_double(g, "llama.attention.layer_norm_rms_epsilon", &c.rms_norm_eps, err));
    if (c.rms_norm_eps == 0)
        return missing(g, "llama.attention.layer_norm_rms_epsilon", err);
    TRY(read_rope(g, &c, err));
    TRY(read_special_tokens(g, &c, err));
    c.tied_embeddings = gguf_find(g, "output.weight") == NULL;
    c.attention_bias = gguf_find(g, "blk.0.attn_q.bias") || gguf_find(g, "blk.0.attn_output.bias");
    c.mlp_bias = gguf_find(g, "blk.0.ffn_gate.bias") || gguf_find(g, "blk.0.ffn_down.bias");
    c.is_classifier = gguf_find(g, "cls.output.weight") != NULL;
    TRY(config_check(&c, gguf_path(g), err));
    *out = c;
    return DEAR_OK;
}
