#include "model/adapter.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/adapter_config.h"
#include "model/low_rank.h"
#include "model/safetensors.h"

#include <stdlib.h>
#include <string.h>

/* What the adapter does to one weight: a low-rank pair, or a tensor in its place. */
typedef struct change {
    char *name;          ///< the weight's, "model.layers.0.self_attn.q_proj.weight"
    const tensor *a;     ///< [rank, in_features]
    const tensor *b;     ///< [out_features, rank]
    const tensor *whole; ///< or NULL
    int64_t rank;
    double scale;
} change;

struct adapter {
    char *directory;
    adapter_config config;
    safetensors *weights;
    change *changes; ///< in order of name
    size_t count;
    size_t capacity;
};

static bool ends_with(const char *text, size_t length, const char *ending) {
    size_t ending_length = strlen(ending);
    return length > ending_length &&
           memcmp(text + length - ending_length, ending, ending_length) == 0;
}

static dear_status unknown_tensor(const adapter *a, const char *key, dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED,
                     "%s: tensor \"%s\" is not one that plain LoRA has: " ADAPTER_WAY_OUT,
                     a->directory, key);
}

/*
 * What a tensor's key says: PEFT writes "base_model.model." before the module, and behind it which
 * half of a pair it is, or "modules_to_save" when it takes a module's place (files saved from a
 * running model name the adapter, "default", too). Fills the change but for the module's `name`,
 * which is `length` bytes at the result; NULL when the key is none of these.
 */
static const char *read_key(change *c, const tensor *t, size_t *length) {
    static const char PREFIX[] = "base_model.model.";
    static const char *const A[] = {".lora_A.weight", ".lora_A.default.weight"};
    static const char *const B[] = {".lora_B.weight", ".lora_B.default.weight"};
    static const char *const WHOLE[] = {".modules_to_save.weight",
                                        ".modules_to_save.default.weight", ".weight"};
    if (strncmp(t->name, PREFIX, sizeof PREFIX - 1) != 0)
        return NULL;
    const char *module = t->name + sizeof PREFIX - 1;
    size_t total = strlen(module);
    for (size_t i = 0; i < 2; i++) {
        c->a = ends_with(module, total, A[i]) ? t : NULL;
        c->b = ends_with(module, total, B[i]) ? t : NULL;
        *length = total - strlen(A[i]);
        if (c->a || c->b)
            return module;
    }
    for (size_t i = 0; i < 3 && !strstr(module, "lora_"); i++) {
        c->whole = ends_with(module, total, WHOLE[i]) ? t : NULL;
        *length = total - strlen(WHOLE[i]);
        if (c->whole)
            return module;
    }
    return NULL;
}

static char *weight_name(const char *module, size_t length) {
    strbuf name = {0};
    strbuf_append(&name, module, length);
    strbuf_puts(&name, ".weight");
    return strbuf_take(&name);
}

/* Every tensor as a change of its own. */
static dear_status collect(adapter *a, dear_error *err) {
    for (size_t i = 0; i < safetensors_count(a->weights); i++) {
        const tensor *t = safetensors_at(a->weights, i);
        change c = {0};
        size_t length;
        const char *module = read_key(&c, t, &length);
        if (!module)
            return unknown_tensor(a, t->name, err);
        if (!tensor_type_known(t->type))
            return error_set(err, DEAR_ERROR_UNSUPPORTED,
                             "%s: tensor \"%s\" is not of type F32, F16 or BF16", a->directory,
                             t->name);
        if (!mem_grow((void **)&a->changes, &a->capacity, a->count, sizeof *a->changes) ||
            !(c.name = weight_name(module, length)))
            return error_memory(err);
        a->changes[a->count++] = c;
    }
    return DEAR_OK;
}

static int by_name(const void *x, const void *y) {
    return strcmp(((const change *)x)->name, ((const change *)y)->name);
}

/* Adds to `into` what `from` holds; false when both hold the same. */
static bool join(change *into, const change *from) {
    if ((into->a && from->a) || (into->b && from->b) || into->whole || from->whole)
        return false;
    into->a = into->a ? into->a : from->a;
    into->b = into->b ? into->b : from->b;
    return true;
}

/* Joins the changes of the same weight, so that each stands once, in order of name. */
static dear_status join_changes(adapter *a, dear_error *err) {
    if (a->count)
        qsort(a->changes, a->count, sizeof *a->changes, by_name);
    size_t kept = 0;
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < a->count; i++) {
        bool again = kept > 0 && by_name(&a->changes[kept - 1], &a->changes[i]) == 0;
        if (!again) {
            a->changes[kept++] = a->changes[i];
            continue;
        }
        if (status == DEAR_OK && !join(&a->changes[kept - 1], &a->changes[i]))
            status = error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" is changed twice", a->directory,
                               a->changes[i].name);
        mem_free(a->changes[i].name);
    }
    a->count = kept;
    return status;
}

/* A and B must both be there and agree on the rank with each other and with the configuration. */
static dear_status check_pair(const adapter *a, change *c, dear_error *err) {
    if (!c->a || !c->b)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" has a lora_%c without its lora_%c",
                         a->directory, c->name, c->a ? 'A' : 'B', c->a ? 'B' : 'A');
    char module[256], a_shape[96], b_shape[96];
    int length = (int)(strlen(c->name) - strlen(".weight"));
    snprintf(module, sizeof module, "%.*s", length, c->name);
    c->rank = adapter_config_rank(&a->config, module);
    c->scale = adapter_config_scale(&a->config, module);
    if (c->a->num_dims == 2 && c->b->num_dims == 2 && c->a->shape[0] == c->rank &&
        c->b->shape[1] == c->rank)
        return DEAR_OK;
    return error_set(
        err, DEAR_ERROR_INPUT,
        "%s: \"%s\" has lora_A %s and lora_B %s for the rank %lld of adapter_config.json",
        a->directory, c->name, tensor_shape_text(c->a, a_shape), tensor_shape_text(c->b, b_shape),
        (long long)c->rank);
}

static dear_status open_weights(adapter *a, dear_error *err) {
    char *path = path_join(a->directory, "adapter_model.safetensors");
    char *pickle = path_join(a->directory, "adapter_model.bin");
    dear_status status = DEAR_OK;
    if (!path || !pickle)
        status = error_memory(err);
    else if (!file_exists(path) && file_exists(pickle))
        status = error_set(err, DEAR_ERROR_UNSUPPORTED,
                           "%s: a pickle, which could run code: load it with PEFT and save it with "
                           "save_pretrained(..., safe_serialization=True)",
                           pickle);
    else
        status = safetensors_open(&a->weights, path, err);
    mem_free(path);
    mem_free(pickle);
    return status;
}

static dear_status open_config(adapter *a, dear_error *err) {
    char *path = path_join(a->directory, "adapter_config.json");
    if (!path)
        return error_memory(err);
    dear_status status = adapter_config_read(&a->config, path, err);
    mem_free(path);
    return status;
}

static dear_status open_all(adapter *a, const char *directory, dear_error *err) {
    a->directory = mem_strdup(directory);
    if (!a->directory)
        return error_memory(err);
    TRY(open_config(a, err));
    TRY(open_weights(a, err));
    TRY(collect(a, err));
    TRY(join_changes(a, err));
    for (size_t i = 0; i < a->count; i++)
        if (!a->changes[i].whole)
            TRY(check_pair(a, &a->changes[i], err));
    if (a->count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: adapter_model.safetensors is empty",
                         directory);
    return DEAR_OK;
}

dear_status adapter_open(adapter **out, const char *directory, dear_error *err) {
    *out = NULL;
    adapter *a = mem_calloc(1, sizeof *a);
    if (!a)
        return error_memory(err);
    dear_status status = open_all(a, directory, err);
    if (status != DEAR_OK) {
        adapter_close(a);
        return status;
    }
    *out = a;
    return DEAR_OK;
}

void adapter_close(adapter *a) {
    if (!a)
        return;
    for (size_t i = 0; i < a->count; i++)
        mem_free(a->changes[i].name);
    mem_free(a->changes);
    safetensors_close(a->weights);
    adapter_config_free(&a->config);
    mem_free(a->directory);
    mem_free(a);
}

const char *adapter_directory(const adapter *a) {
    return a->directory;
}

const char *adapter_base(const adapter *a) {
    return a->config.base;
}

bool adapter_is_classifier(const adapter *a) {
    return a->config.is_classifier;
}

bool adapter_ties_weights(const adapter *a) {
    return a->config.ties_weights;
}

size_t adapter_count(const adapter *a) {
    return a->count;
}

const char *adapter_name_at(const adapter *a, size_t index) {
    return a->changes[index].name;
}

static const change *find(const adapter *a, const char *name) {
    change key = {.name = (char *)name};
    return bsearch(&key, a->changes, a->count, sizeof *a->changes, by_name);
}

const tensor *adapter_replacement(const adapter *a, const char *name) {
    const change *c = find(a, name);
    return c ? c->whole : NULL;
}

bool adapter_changes(const adapter *a, const char *name) {
    const change *c = find(a, name);
    return c && !c->whole;
}

double adapter_factors(const adapter *a, const char *name, const tensor **a_half,
                       const tensor **b_half) {
    const change *c = find(a, name);
    bool changes = c && !c->whole;
    *a_half = changes ? c->a : NULL;
    *b_half = changes ? c->b : NULL;
    return changes ? c->scale : 0;
}

static dear_status check_shape(const adapter *a, const change *c, int64_t out_features,
                               int64_t in_features, dear_error *err) {
    char a_shape[96], b_shape[96];
    if (c->a->shape[1] == in_features && c->b->shape[0] == out_features)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: lora_A %s and lora_B %s do not fit \"%s\" [%lld, %lld] of the base model",
                     a->directory, tensor_shape_text(c->a, a_shape),
                     tensor_shape_text(c->b, b_shape), c->name, (long long)out_features,
                     (long long)in_features);
}

dear_status adapter_check_shape(const adapter *a, const char *name, int64_t out_features,
                                int64_t in_features, dear_error *err) {
    const change *c = find(a, name);
    return c && !c->whole ? check_shape(a, c, out_features, in_features, err) : DEAR_OK;
}

dear_status adapter_add(const adapter *a, const char *name, int64_t out_features,
                        int64_t in_features, int64_t first, int64_t count, float *rows,
                        dear_error *err) {
    const change *c = find(a, name);
    if (!c || c->whole)
        return DEAR_OK;
    TRY(check_shape(a, c, out_features, in_features, err));
    size_t a_size = (size_t)(c->rank * in_features), b_size = (size_t)(c->rank * count);
    float *wide = mem_alloc_aligned((a_size + b_size) * sizeof *wide);
    if (!wide)
        return error_memory(err);
    tensor_widen_rows(c->a, in_features, 0, c->rank, wide);
    tensor_widen_rows(c->b, c->rank, first, count, wide + a_size);
    low_rank_add(wide, wide + a_size, c->rank, c->scale, count, in_features, rows);
    mem_free(wide);
    return DEAR_OK;
}
