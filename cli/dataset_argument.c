#include "dataset_argument.h"

#include "command.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Paths that were given out, so that they are not lost. */
typedef struct kept_path {
    char *path;
    struct kept_path *next;
} kept_path;

static const char *keep(char *path) {
    static kept_path *all;
    kept_path *kept = mem_calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    *kept = (kept_path){path, all};
    all = kept;
    return path;
}

static bool is_file(const char *argument) {
    return strcmp(argument, "-") == 0 || (file_exists(argument) && !file_is_directory(argument));
}

const char *file_or_dataset(const char *argument, dataset_part part) {
    if (is_file(argument) || !dataset_known(argument))
        return argument;
    char *path;
    dear_error err;
    if (dataset_path(&path, argument, part, &err) != DEAR_OK)
        exit(command_fail(&err));
    const char *kept = keep(path);
    if (!kept) {
        error_memory(&err);
        exit(command_fail(&err));
    }
    return kept;
}
