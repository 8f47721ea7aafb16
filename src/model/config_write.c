#include "model/config_write.h"

static const char *type_name(tensor_type type) {
    switch (type) {
    case TENSOR_F32:
        return "float32";
    case TENSOR_F16:
        return "float16";
    default:
        return "bfloat16";
    }
}

static const char *architecture(const llama_config *c) {
    return c->is_classifier ? "LlamaForSequenceClassification" : "LlamaForCausalLM";
}

static json_t *token_or_null(int32_t id) {
    return id < 0 ? json_null() : json_integer(id);
}

/* One number, or the list of all. */
static json_t *eos_json(const llama_config *c) {
    if (c->num_eos < 2)
        return token_or_null(c->num_eos ? c->eos[0] : -1);
    json_t *list = json_array();
    for (int i = 0; list && i < c->num_eos; i++)
        if (json_array_append_new(list, json_integer(c->eos[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *rope_scaling(const llama_config *c) {
    if (c->rope == ROPE_LINEAR)
        return json_pack("{s:s, s:f}", "rope_type", "linear", "factor", c->rope_factor);
    if (c->rope != ROPE_LLAMA3)
        return json_null();
    return json_pack("{s:s, s:f, s:f, s:f, s:I}", "rope_type", "llama3", "factor", c->rope_factor,
                     "low_freq_factor", c->rope_low_freq_factor, "high_freq_factor",
                     c->rope_high_freq_factor, "original_max_position_embeddings",
                     (json_int_t)c->rope_original_positions);
}

static bool set(json_t *json, const char *key, json_t *value) {
    return json_object_set_new(json, key, value) == 0;
}

/* One label; and a padding token, without which transformers scores no batches: the end of text, as
 * the published rerankers have it. */
static bool set_classifier(json_t *json, const llama_config *c) {
    bool padded = json_is_integer(json_object_get(json, "pad_token_id"));
    return set(json, "id2label", json_pack("{s:s}", "0", "LABEL_0")) &&
           set(json, "label2id", json_pack("{s:i}", "LABEL_0", 0)) &&
           (padded || set(json, "pad_token_id", token_or_null(c->num_eos ? c->eos[0] : -1)));
}

bool config_update_json(json_t *json, const llama_config *c, tensor_type type) {
    const char *type_key = json_object_get(json, "dtype") ? "dtype" : "torch_dtype";
    return set(json, "architectures", json_pack("[s]", architecture(c))) &&
           set(json, "vocab_size", json_integer(c->vocab_size)) &&
           set(json, "tie_word_embeddings", json_boolean(c->tied_embeddings)) &&
           set(json, type_key, json_string(type_name(type))) &&
           (!c->is_classifier || set_classifier(json, c));
}

json_t *config_to_json(const llama_config *c, tensor_type type) {
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:b, s:b, s:o, s:o}",
        "model_type", "llama", "hidden_act", "silu", "hidden_size", (json_int_t)c->hidden_size,
        "intermediate_size", (json_int_t)c->intermediate_size, "num_hidden_layers",
        (json_int_t)c->num_layers, "num_attention_heads", (json_int_t)c->num_heads,
        "num_key_value_heads", (json_int_t)c->num_kv_heads, "head_dim", (json_int_t)c->head_dim,
        "max_position_embeddings", (json_int_t)c->max_positions, "rms_norm_eps", c->rms_norm_eps,
        "rope_theta", c->rope_theta, "rope_scaling", rope_scaling(c), "attention_bias",
        (int)c->attention_bias, "mlp_bias", (int)c->mlp_bias, "bos_token_id", token_or_null(c->bos),
        "eos_token_id", eos_json(c));
    if (json && config_update_json(json, c, type))
        return json;
    json_decref(json);
    return NULL;
}
