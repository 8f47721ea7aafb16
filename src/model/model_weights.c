/* Reading a model's weights. */
#include "base/memory.h"
#include "model/model_parts.h"

#include <string.h>

static const tensor *find_in_base(const model *m, const weight_info *info, const char *name) {
    if (m->head_is_embedding && strcmp(name, "lm_head.weight") == 0)
        return m->file ? gguf_find(m->file, "token_embd.weight")
                       : safetensors_find(m->tensors, "model.embed_tokens.weight");
    return m->file ? gguf_find(m->file, info->gguf_name) : safetensors_find(m->tensors, name);
}

static const tensor *find_tensor(const model *m, const weight_info *info, const char *name,
                                 int *first_adapter) {
    for (int i = m->num_adapters; i-- > 0;) {
        const tensor *replacement = adapter_replacement(m->adapters[i], name);
        *first_adapter = i + 1;
        if (replacement)
            return replacement;
    }
    *first_adapter = 0;
    return find_in_base(m, info, name);
}

bool model_find(found_weight *out, const model *m, const char *name) {
    if (!weight_describe(&out->info, &m->config, name))
        return false;
    out->tensor = find_tensor(m, &out->info, name, &out->first_adapter);
    out->is_permuted = m->file && out->first_adapter == 0 && out->info.permuted_heads > 0;
    return out->tensor;
}

bool model_has(const model *m, const char *name) {
    found_weight w;
    return model_find(&w, m, name);
}

int64_t model_row_in_file(const model *m, const found_weight *w, int64_t row) {
    return w->is_permuted ? weight_gguf_row(m->config.head_dim, row) : row;
}

static void widen_permuted(const model *m, const found_weight *w, int64_t columns, int64_t first,
                           int64_t count, float *out) {
    for (int64_t i = 0; i < count; i++)
        tensor_widen_rows(w->tensor, columns, model_row_in_file(m, w, first + i), 1,
                          out + i * columns);
}

static dear_status missing_weight(const model *m, const char *name, dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT, "%s: weight \"%s\" is missing", m->path, name);
}

static dear_status check_tensor(const model *m, const char *name, const tensor *t, int64_t rows,
                                int64_t columns, dear_error *err) {
    char shape[96];
    if (!tensor_type_known(t->type))
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: weight \"%s\" is not of type F32, F16 or BF16", m->path, name);
    if (!tensor_has_shape(t, rows, columns))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: weight \"%s\" has shape %s where [%lld, %lld] is expected", m->path,
                         name, tensor_shape_text(t, shape), (long long)rows, (long long)columns);
    return DEAR_OK;
}

dear_status model_find_rows(found_weight *out, const model *m, const char *name, int64_t rows,
                            int64_t columns, int64_t first, int64_t count, dear_error *err) {
    if (!model_find(out, m, name))
        return missing_weight(m, name, err);
    TRY(check_tensor(m, name, out->tensor, rows, columns, err));
    if (first < 0 || count < 0 || first > rows || count > rows - first)
        return error_set(err, DEAR_ERROR_USAGE, "%s: weight \"%s\" has no rows %lld to %lld",
                         m->path, name, (long long)first, (long long)(first + count));
    return DEAR_OK;
}

dear_status model_read_rows(const model *m, const char *name, int64_t rows, int64_t columns,
                            int64_t first, int64_t count, float *out, dear_error *err) {
    found_weight w;
    TRY(model_find_rows(&w, m, name, rows, columns, first, count, err));
    if (!w.is_permuted)
        tensor_widen_rows(w.tensor, columns, first, count, out);
    else if (w.info.rows == 1) /* a bias is read as a column: its numbers are rows */
        widen_permuted(m, &w, 1, 0, count * columns, out);
    else
        widen_permuted(m, &w, columns, first, count, out);
    for (int i = w.first_adapter; i < m->num_adapters; i++)
        TRY(adapter_add(m->adapters[i], name, rows, columns, first, count, out, err));
    return DEAR_OK;
}

size_t model_file_bytes(const model *m) {
    size_t bytes = 0;
    if (m->file)
        for (size_t i = 0; i < gguf_count(m->file); i++)
            bytes += gguf_at(m->file, i)->bytes;
    else
        for (size_t i = 0; i < safetensors_count(m->tensors); i++)
            bytes += safetensors_at(m->tensors, i)->bytes;
    return bytes;
}

static dear_status check_weight(const model *m, const char *name, dear_error *err) {
    found_weight w;
    if (!model_find(&w, m, name))
        return weight_is_required(&m->config, name) ? missing_weight(m, name, err) : DEAR_OK;
    TRY(check_tensor(m, name, w.tensor, w.info.rows, w.info.columns, err));
    if (w.info.rows == 1 && w.is_permuted && tensor_block_elements(w.tensor->type) != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: a quantized bias, \"%s\"", m->path,
                         name);
    for (int i = 0; i < m->num_adapters; i++)
        TRY(adapter_check_shape(m->adapters[i], name, w.info.rows, w.info.columns, err));
    return DEAR_OK;
}

static dear_status check_adapter(const model *m, const adapter *a, dear_error *err) {
    for (size_t i = 0; i < adapter_count(a); i++)
        if (!model_has(m, adapter_name_at(a, i)))
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: changes \"%s\", which the base model does not have",
                             adapter_directory(a), adapter_name_at(a, i));
    return DEAR_OK;
}

static bool ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), ending_length = strlen(ending);
    return length >= ending_length && strcmp(text + length - ending_length, ending) == 0;
}

/* transformers ignores tensors that a model has no place for, so buffers of old versions are no
 * error; a bias that the configuration denies is a contradiction. */
static dear_status refuse_hidden_biases(const model *m, dear_error *err) {
    weight_info info;
    for (size_t i = 0; i < safetensors_count(m->tensors); i++) {
        const char *name = safetensors_at(m->tensors, i)->name;
        if (ends_with(name, ".bias") && !weight_describe(&info, &m->config, name))
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: holds \"%s\", a bias that config.json does not announce", m->path,
                             name);
    }
    return DEAR_OK;
}

/* A GGUF file says what a model computes by the tensors it holds: each must be one we compute with.
 */
static dear_status refuse_unknown_tensors(const model *m, dear_error *err) {
    size_t count = gguf_count(m->file);
    bool *used = mem_calloc(count, sizeof *used);
    if (!used)
        return error_memory(err);
    char name[WEIGHT_NAME_SIZE];
    weight_info info;
    for (size_t i = 0; weight_name_at(&m->config, i, name); i++) {
        weight_describe(&info, &m->config, name);
        const tensor *t = gguf_find(m->file, info.gguf_name);
        if (t)
            used[t - gguf_at(m->file, 0)] = true;
    }
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < count && status == DEAR_OK; i++) {
        const char *found = gguf_at(m->file, i)->name;
        if (!used[i] && strcmp(found, "rope_freqs.weight") != 0)
            status = error_set(err, DEAR_ERROR_UNSUPPORTED,
                               "%s: tensor \"%.200s\" is not one that a LLaMA has", m->path, found);
    }
    mem_free(used);
    return status;
}

dear_status model_check_weights(const model *m, dear_error *err) {
    char name[WEIGHT_NAME_SIZE];
    for (size_t i = 0; weight_name_at(&m->config, i, name); i++)
        TRY(check_weight(m, name, err));
    for (int i = 0; i < m->num_adapters; i++)
        TRY(check_adapter(m, m->adapters[i], err));
    return m->file ? refuse_unknown_tensors(m, err) : refuse_hidden_biases(m, err);
}
