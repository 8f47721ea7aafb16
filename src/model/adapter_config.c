#include "model/adapter_config.h"

#include "base/json.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { FILE_LIMIT = 4 << 20, MAX_RANK = 1 << 16 };

/* Null, false, zero, and what is empty: the setting is off. */
static bool is_off(const json_t *value) {
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static dear_status unsupported(const char *where, const char *what, dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: %s is not supported: " ADAPTER_WAY_OUT,
                     where, what);
}

/* Settings that change what the adapter computes or which weights it means. */
static dear_status refuse_variants(const json_t *json, const char *where, dear_error *err) {
    static const char *const VARIANTS[] = {
        "\"use_dora\"",
        "\"lora_bias\"",
        "\"fan_in_fan_out\"",
        "\"use_qalora\"",
        "\"use_bdlora\"",
        "\"layer_replication\"",
        "\"arrow_config\"",
        "\"kasa_config\"",
        "\"trainable_token_indices\"",
        "\"velora_config\"",
        "\"lora_ga_config\"",
        "\"target_parameters\"",
        "\"monteclora_config\"",
        "\"alora_invocation_tokens\"",
    };
    for (size_t i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++) {
        char key[64] = {0};
        memcpy(key, VARIANTS[i] + 1, strlen(VARIANTS[i]) - 2);
        if (!is_off(json_object_get(json, key)))
            return unsupported(where, VARIANTS[i], err);
    }
    return DEAR_OK;
}

/* Some initializations take a part of the base's weights away: without it the adapter is wrong. */
static dear_status check_initialization(const json_t *json, const char *where, dear_error *err) {
    static const char *const HARMLESS[] = {"gaussian", "eva", "orthogonal"};
    const char *name = json_string_value(json_object_get(json, "init_lora_weights"));
    for (size_t i = 0; name && i < sizeof HARMLESS / sizeof *HARMLESS; i++)
        if (strcmp(name, HARMLESS[i]) == 0)
            return DEAR_OK;
    if (!name)
        return DEAR_OK;
    char what[160];
    snprintf(what, sizeof what, "\"init_lora_weights\" \"%.80s\" (it changes the base's weights)",
             name);
    return unsupported(where, what, err);
}

static dear_status check_kind(const json_t *json, const char *where, dear_error *err) {
    const char *kind = NULL, *bias = "none";
    char what[160];
    TRY(json_get_string(json, "peft_type", &kind, where, err));
    if (!kind)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"peft_type\" is missing", where);
    if (strcmp(kind, "LORA") != 0) {
        snprintf(what, sizeof what, "an adapter of \"peft_type\" \"%.80s\"", kind);
        return unsupported(where, what, err);
    }
    TRY(json_get_string(json, "bias", &bias, where, err));
    if (strcmp(bias, "none") != 0) {
        snprintf(what, sizeof what, "\"bias\" \"%.80s\"", bias);
        return unsupported(where, what, err);
    }
    TRY(refuse_variants(json, where, err));
    return check_initialization(json, where, err);
}

/* PEFT reads a pattern's key as a regular expression; here it must be a plain name. */
static bool is_plain_name(const char *key) {
    return key[0] &&
           strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
               strlen(key);
}

static dear_status read_patterns(const json_t *json, const char *key, lora_pattern **out,
                                 size_t *count, const char *where, dear_error *err) {
    json_t *patterns = json_object_get(json, key), *value;
    const char *name;
    if (is_off(patterns))
        return DEAR_OK;
    if (!json_is_object(patterns))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be an object", where, key);
    *out = mem_calloc(json_object_size(patterns), sizeof **out);
    if (!*out)
        return error_memory(err);
    json_object_foreach(patterns, name, value) {
        if (!is_plain_name(name))
            return unsupported(where, "a pattern that is no plain module name", err);
        if (!json_is_number(value) || !(json_number_value(value) > 0))
            return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\": \"%.100s\" must be positive",
                             where, key, name);
        lora_pattern *pattern = &(*out)[*count];
        *pattern = (lora_pattern){.key = mem_strdup(name), .value = json_number_value(value)};
        if (!pattern->key)
            return error_memory(err);
        ++*count;
    }
    return DEAR_OK;
}

static dear_status read_scale(const json_t *json, adapter_config *c, const char *where,
                              dear_error *err) {
    int64_t rank = 0;
    TRY(json_get_int(json, "r", 1, MAX_RANK, &rank, where, err));
    TRY(json_get_double(json, "lora_alpha", &c->alpha, where, err));
    TRY(json_get_bool(json, "use_rslora", &c->rank_stabilized, where, err));
    if (rank == 0 || !(c->alpha > 0))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"r\" and \"lora_alpha\" must be there and positive", where);
    c->rank = (double)rank;
    TRY(read_patterns(json, "rank_pattern", &c->ranks, &c->num_ranks, where, err));
    return read_patterns(json, "alpha_pattern", &c->alphas, &c->num_alphas, where, err);
}

static dear_status read_config(const json_t *json, adapter_config *c, const char *where,
                               dear_error *err) {
    const char *base = NULL, *task = "";
    if (!json_is_object(json))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", where);
    TRY(check_kind(json, where, err));
    TRY(read_scale(json, c, where, err));
    TRY(json_get_bool(json, "ensure_weight_tying", &c->ties_weights, where, err));
    TRY(json_get_string(json, "task_type", &task, where, err));
    c->is_classifier = strcmp(task, "SEQ_CLS") == 0;
    TRY(json_get_string(json, "base_model_name_or_path", &base, where, err));
    if (base && !(c->base = mem_strdup(base)))
        return error_memory(err);
    return DEAR_OK;
}

dear_status adapter_config_read(adapter_config *out, const char *path, dear_error *err) {
    *out = (adapter_config){0};
    json_t *json;
    TRY(json_read_file(&json, path, FILE_LIMIT, err));
    dear_status status = read_config(json, out, path, err);
    json_decref(json);
    if (status != DEAR_OK)
        adapter_config_free(out);
    return status;
}

static void free_patterns(lora_pattern *patterns, size_t count) {
    for (size_t i = 0; i < count; i++)
        mem_free(patterns[i].key);
    mem_free(patterns);
}

void adapter_config_free(adapter_config *c) {
    mem_free(c->base);
    free_patterns(c->ranks, c->num_ranks);
    free_patterns(c->alphas, c->num_alphas);
    *c = (adapter_config){0};
}

static bool matches(const char *key, const char *module) {
    size_t key_length = strlen(key), length = strlen(module);
    if (key_length > length || strcmp(module + length - key_length, key) != 0)
        return false;
    return key_length == length || module[length - key_length - 1] == '.';
}

static double pattern_value(const lora_pattern *patterns, size_t count, const char *module,
                            double otherwise) {
    for (size_t i = 0; i < count; i++)
        if (matches(patterns[i].key, module))
            return patterns[i].value;
    return otherwise;
}

static double rank_of(const adapter_config *c, const char *module) {
    return pattern_value(c->ranks, c->num_ranks, module, c->rank);
}

int64_t adapter_config_rank(const adapter_config *c, const char *module) {
    double rank = rank_of(c, module);
    return rank <= MAX_RANK ? (int64_t)rank : 0;
}

double adapter_config_scale(const adapter_config *c, const char *module) {
    double alpha = pattern_value(c->alphas, c->num_alphas, module, c->alpha);
    return alpha / (c->rank_stabilized ? sqrt(rank_of(c, module)) : rank_of(c, module));
}
