#define _GNU_SOURCE
#include "model/name_list.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool append(name_list *list, const char *name) {
    if (!mem_grow((void **)&list->names, &list->capacity, list->count, sizeof *list->names))
        return false;
    char *copy = mem_strdup(name);
    if (copy)
        list->names[list->count++] = copy;
    return copy != NULL;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

dear_status name_list_read(name_list *out, const char *directory, dear_error *err) {
    *out = (name_list){0};
    DIR *stream = opendir(directory);
    if (!stream)
        return errno == ENOENT ? DEAR_OK : error_errno(err, directory);
    bool appended = true;
    for (struct dirent *entry; appended && (entry = readdir(stream));)
        if (entry->d_name[0] != '.')
            appended = append(out, entry->d_name);
    closedir(stream);
    if (!appended) {
        name_list_free(out);
        return error_memory(err);
    }
    if (out->count)
        qsort(out->names, out->count, sizeof *out->names, compare);
    return DEAR_OK;
}

void name_list_free(name_list *list) {
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->names[i]);
    mem_free(list->names);
    *list = (name_list){0};
}
