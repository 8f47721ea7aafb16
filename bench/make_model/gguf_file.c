#include "gguf_file.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/gguf_tokens.h"
#include "model/gguf_write_config.h"
#include "model/lookup.h"
#include "weight_stream.h"

static dear_status put_tokenizer(gguf_writer *w, const char *name, int64_t vocab_size,
                                 dear_error *err) {
    char *path;
    gguf *file = NULL;
    TRY(lookup_model(&path, name, err));
    dear_status status =
        file_is_directory(path)
            ? error_set(err, DEAR_ERROR_INPUT,
                        "%s: a GGUF file takes its tokenizer from a GGUF file, not from a folder",
                        path)
            : gguf_open(&file, path, err);
    if (status == DEAR_OK)
        status = gguf_copy_tokens(w, file, vocab_size, err);
    gguf_close(file);
    mem_free(path);
    return status;
}

static dear_status sink(void *context, const void *bytes, size_t count, dear_error *err) {
    return gguf_write(context, bytes, count, err);
}

static dear_status write_file(gguf_writer *w, const char *path, const weight_list *list,
                              const float *divisors, int64_t num_divisors, dear_error *err) {
    gguf_put_tensors(w, list, num_divisors);
    TRY(gguf_write_begin(w, path, err));
    TRY(random_weights(list, sink, w, err));
    TRY(gguf_write(w, divisors, (size_t)num_divisors * sizeof *divisors, err));
    return gguf_write_commit(w, err);
}

static dear_status write_weights(gguf_writer *w, const char *path, const llama_config *c,
                                 tensor_type type, dear_error *err) {
    weight_list list;
    float *divisors = NULL;
    TRY(weight_list_make(&list, c, &(weight_types){type, type, TENSOR_F32}, err));
    dear_status status = gguf_rope_divisors(&divisors, c, NULL, err);
    if (status == DEAR_OK)
        status = write_file(w, path, &list, divisors, divisors ? c->head_dim / 2 : 0, err);
    mem_free(divisors);
    weight_list_free(&list);
    return status;
}

dear_status make_gguf(const char *path, const char *name, const llama_config *c, tensor_type type,
                      const char *tokenizer_from, dear_error *err) {
    gguf_writer w = {0};
    gguf_put_config(&w, c, type);
    gguf_put_text(&w, "general.name", name);
    dear_status status = put_tokenizer(&w, tokenizer_from, c->vocab_size, err);
    if (status == DEAR_OK)
        status = write_weights(&w, path, c, type, err);
    gguf_writer_free(&w);
    return status;
}
