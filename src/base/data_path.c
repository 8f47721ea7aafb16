#define _GNU_SOURCE
#include "base/data_path.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/strbuf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder of the running program, "" when the system does not tell. */
static void program_folder(char folder[PATH_MAX]) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = 0;
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
}

/* Puts "folder/name" into *out when it is there, and adds the folder to those tried if not. */
static dear_status try_folder(char **out, strbuf *tried, const char *folder, const char *name,
                              dear_error *err) {
    char *path = path_join(folder, name);
    if (!path)
        return error_memory(err);
    if (access(path, R_OK) == 0) {
        *out = path;
        return DEAR_OK;
    }
    mem_free(path);
    strbuf_printf(tried, "%s%s", tried->length ? " or " : "", folder);
    return tried->failed ? error_memory(err) : DEAR_OK;
}

static dear_status try_beside_program(char **out, strbuf *tried, const char *name,
                                      dear_error *err) {
    static const char *const places[] = {"share/dear", "../share/dear"};
    char program[PATH_MAX];
    program_folder(program);
    for (size_t i = 0; i < 2 && !*out; i++) {
        char *folder = path_join(program, places[i]);
        if (!folder)
            return error_memory(err);
        dear_status status = try_folder(out, tried, folder, name, err);
        mem_free(folder);
        TRY(status);
    }
    return DEAR_OK;
}

dear_status data_path(char **out, const char *name, dear_error *err) {
    *out = NULL;
    strbuf tried = {0};
    const char *set = getenv("DEAR_DATA");
    dear_status status = set && *set ? try_folder(out, &tried, set, name, err)
                                     : try_beside_program(out, &tried, name, err);
    if (status == DEAR_OK && !*out)
        status = error_set(err, DEAR_ERROR_INPUT,
                           "%s, which ships with dear, is not in %s; DEAR_DATA can name the folder",
                           name, tried.text);
    strbuf_free(&tried);
    return status;
}
