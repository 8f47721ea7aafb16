#include "model/adapter_write.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/quantize.h"
#include "model/safetensors_write.h"

#include <string.h>

/* Numbers narrowed at a time. */
enum { CHUNK = 1 << 14 };

/* ---- adapter_config.json ---- */

static bool is_low_rank(const adapter_tensor *t) {
    return strstr(t->name, ".lora_") != NULL;
}

/* "score" of "score.weight": the last part of the module's name. */
static json_t *module_name(const char *weight) {
    size_t length = strlen(weight) - strlen(".weight");
    const char *begin = weight + length;
    while (begin > weight && begin[-1] != '.')
        begin--;
    return json_stringn(begin, (size_t)(weight + length - begin));
}

/* The modules that come whole, or null without any. */
static json_t *modules_to_save(const adapter_tensor *tensors, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        if (!is_low_rank(&tensors[i]) &&
            json_array_append_new(list, module_name(tensors[i].name)) != 0) {
            json_decref(list);
            return NULL;
        }
    if (!list || json_array_size(list))
        return list;
    json_decref(list);
    return json_null();
}

static json_t *target_modules(const adapter_settings *s) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < s->num_modules; i++)
        if (json_array_append_new(list, json_string(s->modules[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* A whole alpha is written as PEFT's own type for it. */
static json_t *number(double value) {
    return value == (double)(json_int_t)value ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *config_json(const adapter_settings *s, const adapter_tensor *tensors, size_t count) {
    return json_pack("{s:s?, s:s, s:b, s:b, s:b, s:o, s:f, s:o, s:s, s:I, s:{}, s:{}, s:o, s:s, "
                     "s:b, s:b}",
                     "base_model_name_or_path", s->base, "bias", "none", "fan_in_fan_out", 0,
                     "inference_mode", 1, "init_lora_weights", 1, "lora_alpha", number(s->alpha),
                     "lora_dropout", s->dropout, "modules_to_save", modules_to_save(tensors, count),
                     "peft_type", "LORA", "r", (json_int_t)s->rank, "rank_pattern", "alpha_pattern",
                     "target_modules", target_modules(s), "task_type",
                     s->is_classifier ? "SEQ_CLS" : "CAUSAL_LM", "use_dora", 0, "use_rslora", 0);
}

/* ---- adapter_model.safetensors ---- */

static dear_status check_numbers(const char *path, tensor_type type, const adapter_tensor *t,
                                 dear_error *err) {
    int64_t place = quantize_find_misfit(type, t->values, t->rows * t->columns);
    if (place < 0)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: tensor \"%s\", row %lld, column %lld: %g cannot be written as %s", path,
                     t->name, (long long)(place / t->columns), (long long)(place % t->columns),
                     (double)t->values[place], tensor_type_name(type));
}

static dear_status describe(tensor *out, tensor_type type, const adapter_tensor *t,
                            dear_error *err) {
    strbuf name = {0};
    strbuf_printf(&name, "base_model.model.%s", t->name);
    *out = (tensor){.type = type, .num_dims = 2, .shape = {t->rows, t->columns}};
    out->name = strbuf_take(&name);
    tensor_shape_bytes(type, out->num_dims, out->shape, &out->bytes);
    return out->name ? DEAR_OK : error_memory(err);
}

static dear_status write_numbers(safetensors_writer *w, tensor_type type, const adapter_tensor *t,
                                 dear_error *err) {
    float narrow[CHUNK]; /* no type is wider */
    int64_t total = t->rows * t->columns;
    for (int64_t at = 0; at < total; at += CHUNK) {
        int64_t count = total - at < CHUNK ? total - at : CHUNK;
        quantize(type, t->values + at, count, narrow);
        TRY(safetensors_write(w, narrow, (size_t)count * tensor_block_bytes(type), err));
    }
    return DEAR_OK;
}

static dear_status write_described(const char *path, const tensor *described, tensor_type type,
                                   const adapter_tensor *tensors, size_t count, dear_error *err) {
    safetensors_writer w;
    TRY(safetensors_write_begin(&w, path, described, count, err));
    for (size_t i = 0; i < count; i++) {
        dear_status status = write_numbers(&w, type, &tensors[i], err);
        if (status != DEAR_OK) {
            safetensors_write_discard(&w);
            return status;
        }
    }
    return safetensors_write_commit(&w, err);
}

static dear_status write_tensors(const char *path, tensor_type type, const adapter_tensor *tensors,
                                 size_t count, dear_error *err) {
    tensor *described = mem_calloc(count, sizeof *described);
    dear_status status = described ? DEAR_OK : error_memory(err);
    for (size_t i = 0; status == DEAR_OK && i < count; i++) {
        status = check_numbers(path, type, &tensors[i], err);
        if (status == DEAR_OK)
            status = describe(&described[i], type, &tensors[i], err);
    }
    if (status == DEAR_OK)
        status = write_described(path, described, type, tensors, count, err);
    for (size_t i = 0; described && i < count; i++)
        mem_free((char *)described[i].name);
    mem_free(described);
    return status;
}

/* ---- both ---- */

dear_status adapter_write(const char *directory, const adapter_settings *settings,
                          const adapter_tensor *tensors, size_t count, dear_error *err) {
    TRY(directory_make(directory, err));
    char *weights = path_join(directory, "adapter_model.safetensors");
    char *config = path_join(directory, "adapter_config.json");
    dear_status status = weights && config ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK)
        status = write_tensors(weights, settings->type, tensors, count, err);
    if (status == DEAR_OK)
        status = json_write_file(config_json(settings, tensors, count), config, err);
    mem_free(weights);
    mem_free(config);
    return status;
}
