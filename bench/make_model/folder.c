#include "folder.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/output_folder.h"
#include "model/config_write.h"
#include "model/safetensors_shards.h"
#include "text/tokenizer.h"
#include "weight_stream.h"

/* The part of a tokenizer's folder that counts. */
static const char *const TOKENIZER_FILES[] = {"tokenizer.json", "tokenizer_config.json",
                                              "special_tokens_map.json", "chat_template.jinja"};
#define TOKENIZER_FILE_LIMIT ((size_t)256 << 20)

static dear_status copy_file(const char *directory, const char *source, const char *name,
                             dear_error *err) {
    char *from = path_join(source, name), *to = path_join(directory, name);
    dear_status status = from && to ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK && file_exists(from))
        status = file_copy(to, from, TOKENIZER_FILE_LIMIT, err);
    mem_free(from);
    mem_free(to);
    return status;
}

/* Puts the tokenizer's special tokens into the configuration. */
static dear_status take_special_tokens(llama_config *c, const char *directory, dear_error *err) {
    tokenizer *t;
    TRY(tokenizer_open_hf(&t, directory, err));
    dear_status status = DEAR_OK;
    if (tokenizer_vocab_size(t) > (size_t)c->vocab_size)
        status = error_set(err, DEAR_ERROR_INPUT,
                           "%s: its tokenizer has %zu tokens, more than the vocabulary of %lld: "
                           "give a smaller one as --tokenizer",
                           directory, tokenizer_vocab_size(t), (long long)c->vocab_size);
    c->bos = tokenizer_bos(t);
    if (status == DEAR_OK && tokenizer_eos(t) >= 0)
        status = config_add_eos(c, tokenizer_eos(t), directory, err);
    tokenizer_close(t);
    return status;
}

static dear_status write_config(const char *directory, const llama_config *c, tensor_type type,
                                dear_error *err) {
    char *path = path_join(directory, "config.json");
    if (!path)
        return error_memory(err);
    dear_status status = json_write_file(config_to_json(c, type), path, err);
    mem_free(path);
    return status;
}

static dear_status sink(void *context, const void *bytes, size_t count, dear_error *err) {
    return shards_write(context, bytes, count, err);
}

static dear_status write_shards(const char *directory, const weight_list *list,
                                const tensor *tensors, dear_error *err) {
    shard_writer w;
    TRY(shards_begin(&w, directory, tensors, list->count, SAFETENSORS_SHARD_BYTES, err));
    dear_status status = random_weights(list, sink, &w, err);
    if (status == DEAR_OK)
        return shards_commit(&w, err);
    shards_discard(&w);
    return status;
}

static dear_status write_weights(const char *directory, const llama_config *c, tensor_type type,
                                 dear_error *err) {
    weight_list list;
    TRY(weight_list_make(&list, c, &(weight_types){type, type, type}, err));
    tensor *tensors = weight_list_tensors(&list);
    dear_status status = tensors ? write_shards(directory, &list, tensors, err) : error_memory(err);
    mem_free(tensors);
    weight_list_free(&list);
    return status;
}

static dear_status fill_folder(const char *directory, const llama_config *c, tensor_type type,
                               const char *tokenizer_from, dear_error *err) {
    for (size_t i = 0; i < sizeof TOKENIZER_FILES / sizeof *TOKENIZER_FILES; i++)
        TRY(copy_file(directory, tokenizer_from, TOKENIZER_FILES[i], err));
    TRY(write_config(directory, c, type, err));
    return write_weights(directory, c, type, err);
}

dear_status make_folder(const char *path, const llama_config *c, tensor_type type,
                        const char *tokenizer_from, dear_error *err) {
    llama_config classifier = *c;
    output_folder out;
    classifier.is_classifier = true;
    TRY(take_special_tokens(&classifier, tokenizer_from, err));
    TRY(output_folder_begin(&out, path, err));
    dear_status status = fill_folder(out.part_path, &classifier, type, tokenizer_from, err);
    if (status == DEAR_OK)
        return output_folder_commit(&out, err);
    output_folder_discard(&out);
    return status;
}
