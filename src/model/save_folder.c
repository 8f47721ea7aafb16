/* A model as a Hugging Face folder. */
#include "base/file.h"
#include "base/memory.h"
#include "base/output_folder.h"
#include "model/config_write.h"
#include "model/model_parts.h"
#include "model/rope_scaling.h"
#include "model/safetensors_shards.h"
#include "model/save_weights.h"
#include "model/tokenizer_json_write.h"

#define COPY_LIMIT ((size_t)256 << 20)
enum { CONFIG_LIMIT = 4 << 20 };

/* What the base's folder says about writing texts, and the tokenizer's part of a folder. */
static const char *const BASE_FILES[] = {"generation_config.json"};
static const char *const TOKENIZER_FILES[] = {"tokenizer.json",          "tokenizer_config.json",
                                              "special_tokens_map.json", "added_tokens.json",
                                              "chat_template.jinja",     "tokenizer.model"};

/* Copies those of the files that are there. */
static dear_status copy_files(const char *to, const char *from, const char *const *names,
                              size_t count, dear_error *err) {
    dear_status status = DEAR_OK;
    for (size_t i = 0; status == DEAR_OK && i < count; i++) {
        char *source = path_join(from, names[i]), *copy = path_join(to, names[i]);
        if (!source || !copy)
            status = error_memory(err);
        else if (file_exists(source))
            status = file_copy(copy, source, COPY_LIMIT, err);
        mem_free(source);
        mem_free(copy);
    }
    return status;
}

#define COUNT(names) (sizeof(names) / sizeof *(names))

/* ---- config.json ---- */

/* The base's own, with what adapters changed. */
static dear_status updated_config(json_t **out, const model *m, tensor_type type, dear_error *err) {
    char *path = path_join(m->base, "config.json");
    if (!path)
        return error_memory(err);
    dear_status status = json_read_file(out, path, CONFIG_LIMIT, err);
    mem_free(path);
    if (status == DEAR_OK && !config_update_json(*out, &m->config, type)) {
        json_decref(*out);
        return error_memory(err);
    }
    return status;
}

static dear_status made_config(json_t **out, const model *m, tensor_type type, dear_error *err) {
    llama_config c = m->config;
    if (c.rope == ROPE_FACTORS && !rope_recognise_llama3(&c, m->rope_factors))
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: its rope factors are not those of LLaMA 3's formula, and config.json "
                         "knows no others: save it as a .gguf file",
                         m->path);
    *out = config_to_json(&c, type);
    return *out ? DEAR_OK : error_memory(err);
}

static dear_status write_config(const model *m, const char *directory, tensor_type type,
                                dear_error *err) {
    json_t *json = NULL;
    TRY(m->file ? made_config(&json, m, type, err) : updated_config(&json, m, type, err));
    char *path = path_join(directory, "config.json");
    if (!path) {
        json_decref(json);
        return error_memory(err);
    }
    dear_status status = json_write_file(json, path, err);
    mem_free(path);
    return status;
}

/* ---- weights ---- */

static dear_status sink(void *context, const void *bytes, size_t count, dear_error *err) {
    return shards_write(context, bytes, count, err);
}

static dear_status write_shards(const model *m, const char *directory, const weight_list *list,
                                const tensor *tensors, const save_options *o, dear_error *err) {
    shard_writer w;
    TRY(shards_begin(&w, directory, tensors, list->count, SAFETENSORS_SHARD_BYTES, err));
    dear_status status = save_weights(m, list, ROWS_HUGGING_FACE, sink, &w, o, err);
    if (status == DEAR_OK)
        return shards_commit(&w, err);
    shards_discard(&w);
    return status;
}

static dear_status write_weights(const model *m, const char *directory, const weight_list *list,
                                 const save_options *o, dear_error *err) {
    tensor *tensors = weight_list_tensors(list);
    dear_status status =
        tensors ? write_shards(m, directory, list, tensors, o, err) : error_memory(err);
    mem_free(tensors);
    return status;
}

/* ---- the folder ---- */

static dear_status write_tokenizer(const model *m, const char *directory, dear_error *err) {
    if (m->file)
        return tokenizer_write_folder(m->tokens, m->file, directory, err);
    TRY(copy_files(directory, m->base, BASE_FILES, COUNT(BASE_FILES), err));
    return copy_files(directory, model_tokenizer_directory(m), TOKENIZER_FILES,
                      COUNT(TOKENIZER_FILES), err);
}

static dear_status fill_folder(const model *m, const char *directory, const weight_list *list,
                               const save_options *o, dear_error *err) {
    TRY(write_config(m, directory, o->type, err));
    TRY(write_tokenizer(m, directory, err));
    return write_weights(m, directory, list, o, err);
}

static dear_status make_folder(const model *m, const char *path, const weight_list *list,
                               const save_options *o, dear_error *err) {
    output_folder out;
    TRY(file_check_space(path, (double)list->bytes, err));
    TRY(output_folder_begin(&out, path, err));
    dear_status status = fill_folder(m, out.part_path, list, o, err);
    if (status == DEAR_OK)
        return output_folder_commit(&out, err);
    output_folder_discard(&out);
    return status;
}

dear_status model_save_folder(const model *m, const char *path, const save_options *o,
                              dear_error *err) {
    weight_list list;
    const weight_types types = {o->type, o->type, o->type};
    if (o->type != TENSOR_F32 && o->type != TENSOR_F16 && o->type != TENSOR_BF16)
        return error_set(
            err, DEAR_ERROR_USAGE,
            "%s: a folder holds f32, f16 or bf16: for %s give a name that ends in .gguf", path,
            tensor_type_name(o->type));
    TRY(weight_list_make(&list, &m->config, &types, err));
    dear_status status = make_folder(m, path, &list, o, err);
    weight_list_free(&list);
    return status;
}
