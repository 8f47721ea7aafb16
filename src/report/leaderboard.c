#define _GNU_SOURCE
#include "report/leaderboard.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/progress.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void leaderboard_free(leaderboard *l) {
    for (size_t i = 0; i < l->num_entries; i++) {
        mem_free(l->entries[i].path);
        mem_free(l->entries[i].doubt);
        result_free(&l->entries[i].about);
    }
    for (size_t i = 0; i < l->num_failures; i++) {
        mem_free(l->failures[i].path);
        mem_free(l->failures[i].message);
    }
    mem_free(l->entries);
    mem_free(l->failures);
    *l = (leaderboard){0};
}

static dear_status add_failure(leaderboard *l, const char *path, const char *message,
                               dear_error *err) {
    if (!mem_grow((void **)&l->failures, &l->failure_capacity, l->num_failures,
                  sizeof *l->failures))
        return error_memory(err);
    leaderboard_failure *f = &l->failures[l->num_failures++];
    *f = (leaderboard_failure){mem_strdup(path), mem_strdup(message)};
    return f->path && f->message ? DEAR_OK : error_memory(err);
}

static dear_status add_entry(leaderboard *l, const char *path, dear_error *err) {
    if (!mem_grow((void **)&l->entries, &l->entry_capacity, l->num_entries, sizeof *l->entries))
        return error_memory(err);
    leaderboard_entry *e = &l->entries[l->num_entries];
    dear_error why;
    dear_status status = result_read(&e->about, path, &why);
    if (status == DEAR_ERROR_MEMORY)
        return error_memory(err);
    if (status != DEAR_OK)
        return add_failure(l, path, why.message, err);
    l->num_entries++;
    e->doubt = NULL;
    e->path = mem_strdup(path);
    return e->path ? leaderboard_check(&e->doubt, &e->about, path, err) : error_memory(err);
}

/* Whether the first character of a file that is no space is "[". */
static bool is_array(const char *path) {
    FILE *f = fopen(path, "rbe");
    int c = ' ';
    while (f && isspace(c))
        c = fgetc(f);
    if (f)
        fclose(f);
    return c == '[';
}

static int ends_with_json(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static dear_status add_file(leaderboard *l, const char *folder, const char *name, dear_error *err) {
    char *path = path_join(folder, name);
    if (!path)
        return error_memory(err);
    dear_status status =
        file_is_directory(path) || is_array(path) ? DEAR_OK : add_entry(l, path, err);
    mem_free(path);
    return status;
}

static dear_status add_files(leaderboard *l, const char *folder, struct dirent **files, int count,
                             FILE *stream, dear_error *err) {
    progress bar;
    dear_status status = DEAR_OK;
    progress_start(&bar, stream, "checking", "results", count);
    for (int i = 0; i < count && status == DEAR_OK; i++) {
        status = add_file(l, folder, files[i]->d_name, err);
        progress_update(&bar, i + 1);
    }
    progress_finish(&bar);
    return status;
}

static const char *dataset_of(const leaderboard_entry *e) {
    return e->about.dataset ? e->about.dataset : "";
}

/* By data set, the verified before the others, by nDCG@10. */
static int better_first(const void *a, const void *b) {
    const leaderboard_entry *x = a, *y = b;
    int by_dataset = strcmp(dataset_of(x), dataset_of(y));
    if (by_dataset)
        return by_dataset;
    if (!x->doubt != !y->doubt)
        return x->doubt ? 1 : -1;
    double u = result_get_measure(&x->about, "ndcg_cut_10");
    double v = result_get_measure(&y->about, "ndcg_cut_10");
    if (isnan(u) != isnan(v))
        return isnan(u) - isnan(v);
    if (u != v && !isnan(u))
        return u > v ? -1 : 1;
    return strcmp(x->path, y->path);
}

dear_status leaderboard_read(leaderboard *out, const char *folder, FILE *stream, dear_error *err) {
    *out = (leaderboard){0};
    struct dirent **files;
    int count = scandir(folder, &files, ends_with_json, alphasort);
    if (count < 0)
        return error_errno(err, folder);
    dear_status status = add_files(out, folder, files, count, stream, err);
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    if (status != DEAR_OK)
        leaderboard_free(out);
    else if (out->num_entries > 1)
        qsort(out->entries, out->num_entries, sizeof *out->entries, better_first);
    return status;
}
