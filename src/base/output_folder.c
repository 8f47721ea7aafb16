#define _GNU_SOURCE
#include "base/output_folder.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static dear_status is_there(const char *path, dear_error *err) {
    return error_set(err, DEAR_ERROR_IO, "%s: is there already: remove it or give another name",
                     path);
}

static dear_status set_paths(output_folder *out, const char *path, dear_error *err) {
    strbuf part = {0};
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    strbuf_append(&part, path, length);
    strbuf_puts(&part, ".part");
    *out = (output_folder){mem_strndup(path, length), strbuf_take(&part)};
    return out->path && out->part_path ? DEAR_OK : error_memory(err);
}

static dear_status make_part(const output_folder *out, dear_error *err) {
    if (file_exists(out->path))
        return is_there(out->path, err);
    if (mkdir(out->part_path, 0777) == 0)
        return DEAR_OK;
    return errno == EEXIST ? is_there(out->part_path, err) : error_errno(err, out->part_path);
}

static void free_paths(output_folder *out) {
    mem_free(out->path);
    mem_free(out->part_path);
    *out = (output_folder){0};
}

dear_status output_folder_begin(output_folder *out, const char *path, dear_error *err) {
    dear_status status = set_paths(out, path, err);
    if (status == DEAR_OK)
        status = make_part(out, err);
    if (status != DEAR_OK)
        free_paths(out);
    return status;
}

dear_status output_folder_commit(output_folder *out, dear_error *err) {
    if (rename(out->part_path, out->path) == 0) {
        free_paths(out);
        return DEAR_OK;
    }
    dear_status status = error_errno(err, out->path);
    output_folder_discard(out);
    return status;
}

static void remove_folder(const char *directory) {
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream));)
        if (entry->d_type != DT_DIR)
            unlinkat(dirfd(stream), entry->d_name, 0);
    if (stream)
        closedir(stream);
    rmdir(directory);
}

void output_folder_discard(output_folder *out) {
    if (out->part_path)
        remove_folder(out->part_path);
    free_paths(out);
}
