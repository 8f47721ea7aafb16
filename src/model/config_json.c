/* config.json and generation_config.json, as transformers writes them, old spellings and new. */
#include "base/file.h"
#include "base/json.h"
#include "model/config.h"

#include <string.h>

enum { FILE_LIMIT = 4 << 20 };

static dear_status unsupported(const char *where, const char *key, const char *value,
                               const char *supported, dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: \"%s\" is \"%.100s\"; only %s supported",
                     where, key, value, supported);
}

static dear_status require_size(const json_t *json, const char *key, int64_t *out,
                                const char *where, dear_error *err) {
    *out = 0;
    TRY(json_get_int(json, key, 1, INT32_MAX, out, where, err));
    if (*out == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" is missing", where, key);
    return DEAR_OK;
}

/* How many labels a classifier has: "num_labels", or the labels that "id2label" counts; 1 when the
 * file does not say, since the shape of its head will. */
static dear_status check_one_label(const json_t *json, const char *where, dear_error *err) {
    const json_t *names = json_object_get(json, "id2label");
    int64_t labels = json_is_object(names) ? (int64_t)json_object_size(names) : 1;
    TRY(json_get_int(json, "num_labels", 0, INT32_MAX, &labels, where, err));
    if (labels != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: a classifier with %lld labels; only one (a relevance score) is "
                         "supported",
                         where, (long long)labels);
    return DEAR_OK;
}

static dear_status read_architecture(const json_t *json, llama_config *c, const char *where,
                                     dear_error *err) {
    const char *type = "llama", *activation = "silu";
    const json_t *first = json_array_get(json_object_get(json, "architectures"), 0);
    const char *architecture =
        json_is_string(first) ? json_string_value(first) : "LlamaForCausalLM";
    TRY(json_get_string(json, "model_type", &type, where, err));
    if (strcmp(type, "llama") != 0)
        return unsupported(where, "model_type", type, "\"llama\" is", err);
    TRY(json_get_string(json, "hidden_act", &activation, where, err));
    if (strcmp(activation, "silu") != 0)
        return unsupported(where, "hidden_act", activation, "\"silu\" is", err);
    c->is_classifier = strcmp(architecture, "LlamaForSequenceClassification") == 0;
    if (c->is_classifier)
        return check_one_label(json, where, err);
    if (strcmp(architecture, "LlamaForCausalLM") != 0)
        return unsupported(where, "architectures", architecture,
                           "LlamaForCausalLM and LlamaForSequenceClassification are", err);
    return DEAR_OK;
}

static dear_status read_sizes(const json_t *json, llama_config *c, const char *where,
                              dear_error *err) {
    TRY(require_size(json, "vocab_size", &c->vocab_size, where, err));
    TRY(require_size(json, "hidden_size", &c->hidden_size, where, err));
    TRY(require_size(json, "intermediate_size", &c->intermediate_size, where, err));
    TRY(require_size(json, "num_hidden_layers", &c->num_layers, where, err));
    TRY(require_size(json, "num_attention_heads", &c->num_heads, where, err));
    c->num_kv_heads = c->num_heads;
    TRY(json_get_int(json, "num_key_value_heads", 1, INT32_MAX, &c->num_kv_heads, where, err));
    TRY(json_get_int(json, "head_dim", 1, INT32_MAX, &c->head_dim, where, err));
    TRY(config_derive_head_dim(c, where, err));
    c->max_positions = 2048;
    TRY(json_get_int(json, "max_position_embeddings", 1, INT32_MAX, &c->max_positions, where, err));
    c->rms_norm_eps = 1e-6;
    return json_get_double(json, "rms_norm_eps", &c->rms_norm_eps, where, err);
}

static dear_status read_flags(const json_t *json, llama_config *c, const char *where,
                              dear_error *err) {
    TRY(json_get_bool(json, "tie_word_embeddings", &c->tied_embeddings, where, err));
    TRY(json_get_bool(json, "attention_bias", &c->attention_bias, where, err));
    TRY(json_get_bool(json, "mlp_bias", &c->mlp_bias, where, err));
    const json_t *quantization = json_object_get(json, "quantization_config");
    if (quantization && !json_is_null(quantization))
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: quantized weights (\"quantization_config\") are not supported in "
                         "this format: use the original model, or a GGUF file",
                         where);
    return DEAR_OK;
}

static dear_status require_number(const json_t *rope, const char *key, double *out,
                                  const char *where, dear_error *err) {
    *out = 0;
    TRY(json_get_double(rope, key, out, where, err));
    if (*out == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: rope's \"%s\" is missing", where, key);
    return DEAR_OK;
}

static dear_status read_llama3(const json_t *json, const json_t *rope, llama_config *c,
                               const char *where, dear_error *err) {
    static const char *const KEY = "original_max_position_embeddings";
    TRY(require_number(rope, "factor", &c->rope_factor, where, err));
    TRY(require_number(rope, "low_freq_factor", &c->rope_low_freq_factor, where, err));
    TRY(require_number(rope, "high_freq_factor", &c->rope_high_freq_factor, where, err));
    c->rope_original_positions = c->max_positions;
    TRY(json_get_int(json, KEY, 1, INT32_MAX, &c->rope_original_positions, where, err));
    return json_get_int(rope, KEY, 1, INT32_MAX, &c->rope_original_positions, where, err);
}

/* Partial rotation turns only a part of each head, which no LLaMA does. */
static dear_status check_rotation(const json_t *object, const char *where, dear_error *err) {
    double part = 1;
    TRY(json_get_double(object, "partial_rotary_factor", &part, where, err));
    if (part != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: \"partial_rotary_factor\" %g is not supported", where, part);
    return DEAR_OK;
}

/* New files have all of it in "rope_parameters"; older ones "rope_theta" and, if the positions are
 * scaled, "rope_scaling", whose "rope_type" was once "type". */
static dear_status read_rope(const json_t *json, llama_config *c, const char *where,
                             dear_error *err) {
    const char *type = "default";
    const json_t *rope = json_object_get(json, "rope_parameters");
    if (!rope || json_is_null(rope))
        rope = json_object_get(json, "rope_scaling");
    if (rope && !json_is_null(rope) && !json_is_object(rope))
        return error_set(err, DEAR_ERROR_INPUT, "%s: rope's parameters must be an object", where);
    c->rope_theta = 10000;
    TRY(json_get_double(json, "rope_theta", &c->rope_theta, where, err));
    TRY(json_get_double(rope, "rope_theta", &c->rope_theta, where, err));
    TRY(check_rotation(json, where, err));
    TRY(check_rotation(rope, where, err));
    TRY(json_get_string(rope, "type", &type, where, err));
    TRY(json_get_string(rope, "rope_type", &type, where, err));
    if (strcmp(type, "default") == 0) {
        c->rope = ROPE_DEFAULT;
        return DEAR_OK;
    }
    if (strcmp(type, "linear") == 0) {
        c->rope = ROPE_LINEAR;
        return require_number(rope, "factor", &c->rope_factor, where, err);
    }
    if (strcmp(type, "llama3") == 0) {
        c->rope = ROPE_LLAMA3;
        return read_llama3(json, rope, c, where, err);
    }
    return unsupported(where, "rope_type", type, "default, linear and llama3 are", err);
}

/* "eos_token_id" is a number or a list of them; -1 stands for none. */
static dear_status read_eos(const json_t *json, llama_config *c, const char *where,
                            dear_error *err) {
    const json_t *eos = json_object_get(json, "eos_token_id");
    bool is_list = json_is_array(eos);
    if (!eos || json_is_null(eos))
        return DEAR_OK;
    for (size_t i = 0; i < (is_list ? json_array_size(eos) : 1); i++) {
        const json_t *id = is_list ? json_array_get(eos, i) : eos;
        if (!json_is_integer(id))
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: \"eos_token_id\" must be a token or a list of tokens", where);
        if (json_integer_value(id) != -1)
            TRY(config_add_eos(c, json_integer_value(id), where, err));
    }
    return DEAR_OK;
}

static dear_status read_config(const json_t *json, llama_config *c, const char *where,
                               dear_error *err) {
    if (!json_is_object(json))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", where);
    TRY(read_architecture(json, c, where, err));
    TRY(read_sizes(json, c, where, err));
    TRY(read_flags(json, c, where, err));
    TRY(read_rope(json, c, where, err));
    int64_t bos = -1;
    TRY(json_get_int(json, "bos_token_id", -1, INT32_MAX, &bos, where, err));
    c->bos = (int32_t)bos;
    TRY(read_eos(json, c, where, err));
    return config_check(c, where, err);
}

dear_status config_read_json(llama_config *out, const char *path, dear_error *err) {
    llama_config config = {.bos = -1};
    json_t *json;
    TRY(json_read_file(&json, path, FILE_LIMIT, err));
    dear_status status = read_config(json, &config, path, err);
    json_decref(json);
    if (status == DEAR_OK)
        *out = config;
    return status;
}

dear_status config_read_generation(llama_config *config, const char *path, dear_error *err) {
    json_t *json;
    if (!file_exists(path))
        return DEAR_OK;
    TRY(json_read_file(&json, path, FILE_LIMIT, err));
    llama_config extended = *config;
    dear_status status = read_eos(json, &extended, path, err);
    json_decref(json);
    if (status == DEAR_OK)
        *config = extended;
    return status;
}
