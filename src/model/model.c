#include "model/model.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/lookup.h"
#include "model/model_parts.h"

#include <stdio.h>
#include <string.h>

/* What the system takes as a path. */
enum { PATH_LIMIT = 4096 };

static bool holds(const char *directory, const char *name) {
    char path[PATH_LIMIT];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    return length > 0 && (size_t)length < sizeof path && file_exists(path);
}

static bool holds_weights(const char *directory) {
    return holds(directory, "model.safetensors") ||
           holds(directory, "model.safetensors.index.json");
}

static bool is_adapter(const char *path) {
    return holds(path, "adapter_config.json") && !holds_weights(path);
}

static dear_status add_adapter(model *m, const char *directory, dear_error *err) {
    TRY(adapter_open(&m->adapters[m->num_adapters], directory, err));
    m->num_adapters++;
    return DEAR_OK;
}

static dear_status open_safetensors(model *m, const char *directory, dear_error *err) {
    const char *name = holds(directory, "model.safetensors") ? "model.safetensors"
                                                             : "model.safetensors.index.json";
    char *path = path_join(directory, name);
    if (!path)
        return error_memory(err);
    dear_status status = safetensors_open(&m->tensors, path, err);
    mem_free(path);
    return status;
}

static dear_status open_weights(model *m, const char *directory, dear_error *err) {
    if (holds_weights(directory))
        return open_safetensors(m, directory, err);
    if (holds(directory, "pytorch_model.bin") || holds(directory, "pytorch_model.bin.index.json"))
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: its weights are a pickle (pytorch_model.bin), which could run code: "
                         "load it with transformers and save it with save_pretrained(..., "
                         "safe_serialization=True)",
                         directory);
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: no weights (model.safetensors or model.safetensors.index.json)",
                     directory);
}

static dear_status read_config(model *m, const char *directory, dear_error *err) {
    char *config = path_join(directory, "config.json");
    char *generation = path_join(directory, "generation_config.json");
    dear_status status = config && generation ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK && !file_exists(config))
        status = error_set(err, DEAR_ERROR_INPUT,
                           "%s: not a model: it holds neither config.json nor adapter_config.json",
                           directory);
    if (status == DEAR_OK)
        status = config_read_json(&m->config, config, err);
    if (status == DEAR_OK)
        status = config_read_generation(&m->config, generation, err);
    mem_free(config);
    mem_free(generation);
    return status;
}

const char *model_tokenizer_directory(const model *m) {
    if (holds(m->base, "tokenizer.json"))
        return m->base;
    for (int i = 0; i < m->num_adapters; i++)
        if (holds(adapter_directory(m->adapters[i]), "tokenizer.json"))
            return adapter_directory(m->adapters[i]);
    return m->base;
}

static dear_status open_tokenizer(model *m, dear_error *err) {
    const char *directory = model_tokenizer_directory(m);
    if (!holds(directory, "tokenizer.json") && holds(directory, "tokenizer.model"))
        return error_set(
            err, DEAR_ERROR_UNSUPPORTED,
            "%s: has tokenizer.model but no tokenizer.json: load it with transformers' "
            "AutoTokenizer and save it with save_pretrained",
            directory);
    return tokenizer_open_hf(&m->tokens, directory, err);
}

/* True when the directory's weights have a head of their own, and not just the embedding again. */
static bool has_own_head(const model *m) {
    const tensor *head = safetensors_find(m->tensors, "lm_head.weight");
    const tensor *embedding = safetensors_find(m->tensors, "model.embed_tokens.weight");
    return head &&
           !(embedding && head->type == embedding->type && head->bytes == embedding->bytes &&
             memcmp(head->data, embedding->data, head->bytes) == 0);
}

/* Where config.json ties the embeddings and the weights hold a different head all the same, the
 * head counts, as in transformers. */
static dear_status open_directory(model *m, const char *directory, dear_error *err) {
    TRY(read_config(m, directory, err));
    TRY(open_weights(m, directory, err));
    m->config.tied_embeddings = m->config.tied_embeddings && !has_own_head(m);
    m->head_is_embedding = m->config.tied_embeddings;
    return open_tokenizer(m, err);
}

/* rope_freqs.weight: what each rotation's frequency is divided by. */
static dear_status read_rope_factors(model *m, dear_error *err) {
    const tensor *t = gguf_find(m->file, "rope_freqs.weight");
    int64_t count = m->config.head_dim / 2;
    if (!t)
        return DEAR_OK;
    if (!tensor_has_shape(t, 1, count) || t->type != TENSOR_F32)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"rope_freqs.weight\" must be %lld numbers of type F32", m->path,
                         (long long)count);
    m->rope_factors = mem_calloc((size_t)count, sizeof *m->rope_factors);
    if (!m->rope_factors)
        return error_memory(err);
    tensor_widen(t->type, t->data, count, m->rope_factors);
    for (int64_t i = 0; i < count; i++)
        if (!(m->rope_factors[i] > 0) || m->rope_factors[i] - m->rope_factors[i] != 0)
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: \"rope_freqs.weight\" must hold positive numbers", m->path);
    return DEAR_OK;
}

static dear_status open_file(model *m, const char *path, dear_error *err) {
    TRY(gguf_open(&m->file, path, err));
    TRY(gguf_config(m->file, &m->config, err));
    m->head_is_embedding = m->config.tied_embeddings;
    TRY(read_rope_factors(m, err));
    return gguf_tokenizer(m->file, &m->tokens, err);
}

static dear_status open_base(model *m, const char *path, dear_error *err) {
    m->base = mem_strdup(path);
    if (!m->base)
        return error_memory(err);
    return file_is_directory(path) ? open_directory(m, path, err) : open_file(m, path, err);
}

/* Where an adapter's base is: beside the adapter, below the working directory, or a model known by
 * that name. The caller frees *path. */
static dear_status find_base(char **path, const adapter *a, dear_error *err) {
    const char *name = adapter_base(a);
    if (!name || !name[0])
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: adapter_config.json names no base model: give the base as the model "
                         "and this as its adapter",
                         adapter_directory(a));
    *path = name[0] == '/' ? mem_strdup(name) : path_join(adapter_directory(a), name);
    if (!*path)
        return error_memory(err);
    if (file_exists(*path))
        return DEAR_OK;
    mem_free(*path);
    *path = NULL;
    if (lookup_model(path, name, err) != DEAR_OK)
        return error_prefix(err, "%s: its base model", adapter_directory(a));
    return DEAR_OK;
}

/* Opens the model that an adapter was made for. */
static dear_status open_base_of(model *m, const adapter *a, dear_error *err) {
    char *base = NULL;
    TRY(find_base(&base, a, err));
    dear_status status;
    if (is_adapter(base))
        status = error_set(err, DEAR_ERROR_UNSUPPORTED,
                           "%s: its base model \"%s\" is itself an adapter: give that as the model "
                           "and this as its adapter",
                           adapter_directory(a), base);
    else
        status = open_base(m, base, err);
    mem_free(base);
    return status;
}

static dear_status open_all(model *m, const char *path, const char *adapter_path, dear_error *err) {
    bool adapted = is_adapter(path);
    m->path = mem_strdup(path);
    if (!m->path)
        return error_memory(err);
    if (adapted)
        TRY(add_adapter(m, path, err));
    if (adapter_path)
        TRY(add_adapter(m, adapter_path, err));
    TRY(adapted ? open_base_of(m, m->adapters[0], err) : open_base(m, path, err));
    TRY(model_apply_adapters(m, err));
    return model_check_weights(m, err);
}

dear_status model_open(model **out, const char *path, const char *adapter_path, dear_error *err) {
    *out = NULL;
    model *m = mem_calloc(1, sizeof *m);
    if (!m)
        return error_memory(err);
    dear_status status = open_all(m, path, adapter_path, err);
    if (status != DEAR_OK) {
        model_close(m);
        return status;
    }
    *out = m;
    return DEAR_OK;
}

dear_status model_open_by_name(model **out, const char *name, const char *adapter_path,
                               dear_error *err) {
    *out = NULL;
    char *path;
    TRY(lookup_model(&path, name, err));
    dear_status status = model_open(out, path, adapter_path, err);
    mem_free(path);
    return status;
}

void model_close(model *m) {
    if (!m)
        return;
    for (int i = 0; i < m->num_adapters; i++)
        adapter_close(m->adapters[i]);
    tokenizer_close(m->tokens);
    safetensors_close(m->tensors);
    gguf_close(m->file);
    mem_free(m->rope_factors);
    mem_free(m->base);
    mem_free(m->path);
    mem_free(m);
}

void model_release(const model *m) {
    if (m->tensors)
        safetensors_release(m->tensors);
    if (m->file)
        gguf_release(m->file);
}

const llama_config *model_config(const model *m) {
    return &m->config;
}

const tokenizer *model_tokenizer(const model *m) {
    return m->tokens;
}

const char *model_path(const model *m) {
    return m->path;
}

const char *model_chat_template(const model *m) {
    return m->file ? gguf_chat_template(m->file) : tokenizer_chat_template(m->tokens);
}

bool model_has_score_head(const model *m) {
    return m->config.is_classifier;
}

const float *model_rope_factors(const model *m) {
    return m->rope_factors;
}
