#define _GNU_SOURCE
#include "folder.h"

#include "base/file.h"
#include "base/memory.h"
#include "folder_config.h"
#include "folder_weights.h"
#include "text/tokenizer.h"
#include "weight_writer.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The part of a tokenizer's folder that counts. */
static const char *const TOKENIZER_FILES[] = {"tokenizer.json", "tokenizer_config.json",
                                              "special_tokens_map.json", "chat_template.jinja"};
#define TOKENIZER_FILE_LIMIT ((size_t)256 << 20)

static dear_status write_copy(const char *to, const char *from, dear_error *err) {
    strbuf text = {0};
    output_file out;
    TRY(file_read(&text, from, TOKENIZER_FILE_LIMIT, err));
    dear_status status = output_file_open(&out, to, err);
    if (status == DEAR_OK) {
        status = write_bytes(&out, text.text, text.length, err);
        if (status == DEAR_OK)
            status = output_file_commit(&out, err);
        else
            output_file_discard(&out, false);
    }
    strbuf_free(&text);
    return status;
}

static dear_status copy_file(const char *directory, const char *source, const char *name,
                             dear_error *err) {
    char *from = path_join(source, name), *to = path_join(directory, name);
    dear_status status = from && to ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK && file_exists(from))
        status = write_copy(to, from, err);
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

static dear_status fill_folder(const char *directory, const llama_config *c, tensor_type type,
                               const char *tokenizer_from, dear_error *err) {
    for (size_t i = 0; i < sizeof TOKENIZER_FILES / sizeof *TOKENIZER_FILES; i++)
        TRY(copy_file(directory, tokenizer_from, TOKENIZER_FILES[i], err));
    TRY(folder_write_config(directory, c, type, err));
    return folder_write_weights(directory, c, type, err);
}

/* Removes a folder that holds files only. */
static void remove_folder(const char *directory) {
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream));)
        if (entry->d_type != DT_DIR)
            unlinkat(dirfd(stream), entry->d_name, 0);
    if (stream)
        closedir(stream);
    rmdir(directory);
}

/* Makes an empty folder of that very name: what is in one already is not ours to write over. */
static dear_status make_empty(const char *directory, dear_error *err) {
    if (mkdir(directory, 0777) == 0)
        return DEAR_OK;
    if (errno != EEXIST)
        return error_errno(err, directory);
    return error_set(err, DEAR_ERROR_IO, "%s: is there already: remove it or give another name",
                     directory);
}

static dear_status rename_when_whole(const char *part, const char *path, const llama_config *c,
                                     tensor_type type, const char *tokenizer_from,
                                     dear_error *err) {
    TRY(make_empty(part, err));
    dear_status status = fill_folder(part, c, type, tokenizer_from, err);
    if (status == DEAR_OK && rename(part, path) != 0)
        status = error_errno(err, path);
    if (status != DEAR_OK)
        remove_folder(part);
    return status;
}

dear_status make_folder(const char *path, const llama_config *c, tensor_type type,
                        const char *tokenizer_from, dear_error *err) {
    llama_config classifier = *c;
    strbuf part = {0};
    int length = (int)strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    classifier.is_classifier = true;
    if (file_exists(path))
        return error_set(err, DEAR_ERROR_IO, "%s: is there already: remove it or give another name",
                         path);
    TRY(take_special_tokens(&classifier, tokenizer_from, err));
    dear_status status =
        strbuf_printf(&part, "%.*s.part", length, path) ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK)
        status = rename_when_whole(part.text, path, &classifier, type, tokenizer_from, err);
    strbuf_free(&part);
    return status;
}
