/* A model as a GGUF file. */
#include "base/file.h"
#include "base/memory.h"
#include "model/gguf_tokens.h"
#include "model/gguf_write_config.h"
#include "model/model_parts.h"
#include "model/save_weights.h"

#include <string.h>

/* ---- Metadata ---- */

/* The name that a file gives its model: its own, without folder and ending. */
static dear_status put_name(gguf_writer *w, const char *path, dear_error *err) {
    const char *slash = strrchr(path, '/');
    const char *begin = slash ? slash + 1 : path, *dot = strrchr(begin, '.');
    char *name = mem_strndup(begin, dot ? (size_t)(dot - begin) : strlen(begin));
    if (!name)
        return error_memory(err);
    gguf_put_text(w, "general.name", name);
    mem_free(name);
    return DEAR_OK;
}

/* What another file says of itself, licence and origin, but for what this one says anew. */
static void copy_general(gguf_writer *w, const gguf *from) {
    static const char *const OWN[] = {"general.architecture", "general.file_type",
                                      "general.quantization_version", "general.alignment",
                                      "general.name"};
    static const char PREFIX[] = "general.";
    for (size_t i = 0; i < gguf_value_count(from); i++) {
        const gguf_value *v = gguf_value_at(from, i);
        bool copied = strncmp(v->key, PREFIX, strlen(PREFIX)) == 0;
        for (size_t k = 0; k < sizeof OWN / sizeof *OWN; k++)
            copied = copied && strcmp(v->key, OWN[k]) != 0;
        if (copied)
            gguf_put_value(w, v);
    }
}

static dear_status put_metadata(gguf_writer *w, const model *m, const char *path, tensor_type type,
                                dear_error *err) {
    gguf_put_config(w, &m->config, type);
    TRY(put_name(w, path, err));
    if (!m->file)
        return gguf_put_tokens(w, m->tokens, model_tokenizer_directory(m), &m->config, err);
    copy_general(w, m->file);
    return gguf_copy_tokens(w, m->file, m->config.vocab_size, err);
}

/* ---- Tensors ---- */

/* llama.cpp too keeps the embedding and the output head at more than four bits. */
static weight_types types_for(tensor_type type) {
    bool is_coarse = type == TENSOR_Q4_0 || type == TENSOR_Q4_1;
    return (weight_types){type, is_coarse ? TENSOR_Q8_0 : type, TENSOR_F32};
}

static dear_status sink(void *context, const void *bytes, size_t count, dear_error *err) {
    return gguf_write(context, bytes, count, err);
}

/* ---- The file ---- */

typedef struct gguf_save {
    const model *m;
    const char *path;
    const save_options *options;
    weight_list list;
    float *divisors; ///< [num_divisors]
    int64_t num_divisors;
    gguf_writer w;
} gguf_save;

static dear_status write_file(gguf_save *s, dear_error *err) {
    TRY(file_check_space(s->path, (double)gguf_data_bytes(&s->w), err));
    TRY(gguf_write_begin(&s->w, s->path, err));
    TRY(save_weights(s->m, &s->list, ROWS_GGUF, sink, &s->w, s->options, err));
    TRY(gguf_write(&s->w, s->divisors, (size_t)s->num_divisors * sizeof *s->divisors, err));
    return gguf_write_commit(&s->w, err);
}

static dear_status save(gguf_save *s, dear_error *err) {
    const llama_config *c = &s->m->config;
    weight_types types = types_for(s->options->type);
    TRY(put_metadata(&s->w, s->m, s->path, s->options->type, err));
    TRY(weight_list_make(&s->list, c, &types, err));
    TRY(gguf_rope_divisors(&s->divisors, c, s->m->rope_factors, err));
    s->num_divisors = s->divisors ? c->head_dim / 2 : 0;
    gguf_put_tensors(&s->w, &s->list, s->num_divisors);
    return write_file(s, err);
}

dear_status model_save_gguf(const model *m, const char *path, const save_options *o,
                            dear_error *err) {
    gguf_save s = {.m = m, .path = path, .options = o};
    dear_status status = save(&s, err);
    gguf_writer_free(&s.w);
    weight_list_free(&s.list);
    mem_free(s.divisors);
    return status;
}
