#define _GNU_SOURCE
#include "eval/result_paths.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/sha256.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder that a path is in, as the system calls it: absolute, without links and dots. */
static dear_status real_folder(char out[PATH_MAX], const char *path, dear_error *err) {
    size_t length = (size_t)(name_of(path) - path);
    char *folder = length ? mem_strndup(path, length) : mem_strdup(".");
    if (!folder)
        return error_memory(err);
    dear_status status = realpath(folder, out) ? DEAR_OK : error_errno(err, folder);
    mem_free(folder);
    return status;
}

/* What of `folder` is below `top`: "" when they are the same, NULL when nothing is. */
static const char *below(const char *folder, const char *top) {
    size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(folder, top, length) != 0 || (folder[length] && folder[length] != '/'))
        return NULL;
    return folder + length + strspn(folder + length, "/");
}

dear_status result_relative_path(char **out, const char *result_path, const char *file,
                                 dear_error *err) {
    *out = NULL;
    char top[PATH_MAX], folder[PATH_MAX];
    TRY(real_folder(top, result_path, err));
    TRY(real_folder(folder, file, err));
    const char *way = below(folder, top);
    if (!way)
        return DEAR_OK;
    *out = *way ? path_join(way, name_of(file)) : mem_strdup(name_of(file));
    return *out ? DEAR_OK : error_memory(err);
}

char *result_file_path(const char *result_path, const char *relative) {
    size_t length = (size_t)(name_of(result_path) - result_path);
    char *folder = mem_strndup(result_path, length);
    char *path = !folder ? NULL : length ? path_join(folder, relative) : mem_strdup(relative);
    mem_free(folder);
    return path;
}

static dear_status find_run(char **out, const char *result_path, const char *run_path,
                            dear_error *err) {
    if (strcmp(run_path, "-") == 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: a result names the file of its run, which standard input has not",
                         result_path);
    TRY(result_relative_path(out, result_path, run_path, err));
    if (!*out)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: is not below the folder of %s; a result stands beside its run, or in "
                         "a folder above it",
                         run_path, result_path);
    return DEAR_OK;
}

dear_status result_check_run(const char *result_path, const char *run_path, dear_error *err) {
    char *relative;
    TRY(find_run(&relative, result_path, run_path, err));
    mem_free(relative);
    return DEAR_OK;
}

/* Sets a path and the digest of the file there. */
static dear_status set_file(char **path, char **sha256, const char *relative, const char *file,
                            dear_error *err) {
    char digest[SHA256_HEX + 1];
    TRY(sha256_file(digest, file, err));
    TRY(result_set_text(sha256, digest, err));
    return result_set_text(path, relative, err);
}

dear_status result_set_run(result *r, const char *result_path, const char *run_path,
                           dear_error *err) {
    char *relative;
    TRY(find_run(&relative, result_path, run_path, err));
    dear_status status = set_file(&r->run_path, &r->run_sha256, relative, run_path, err);
    mem_free(relative);
    return status;
}

dear_status result_set_qrels(result *r, const char *result_path, const char *qrels_path,
                             dear_error *err) {
    char *relative;
    TRY(result_relative_path(&relative, result_path, qrels_path, err));
    dear_status status = set_file(&r->qrels_path, &r->qrels_sha256, relative, qrels_path, err);
    mem_free(relative);
    return status;
}
