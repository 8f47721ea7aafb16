#define _GNU_SOURCE
#include "models.h"

#include "command.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/lookup.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void format_size(char out[SIZE_TEXT], double bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    for (; bytes >= 999.5 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1000;
    snprintf(out, SIZE_TEXT, "%.*f %s", unit > 1 && bytes < 99.95 ? 1 : 0, bytes, units[unit]);
}

/* Bytes of one file; a link counts as what it leads to, and anything but a file as nothing. */
static double file_bytes(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (double)info.st_size : 0;
}

static dear_status visit_files(const char *directory, void (*visit)(void *, const char *, double),
                               void *context, dear_error *err) {
    name_list list;
    TRY(name_list_read(&list, directory, err));
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < list.count && status == DEAR_OK; i++) {
        char *path = path_join(directory, list.names[i]);
        if (path)
            visit(context, list.names[i], file_bytes(path));
        else
            status = error_memory(err);
        mem_free(path);
    }
    name_list_free(&list);
    return status;
}

static void add_size(void *context, const char *name, double bytes) {
    (void)name;
    *(double *)context += bytes;
}

dear_status model_size(double *bytes, const char *path, dear_error *err) {
    *bytes = 0;
    if (file_is_directory(path))
        return visit_files(path, add_size, bytes, err);
    *bytes = file_bytes(path);
    return DEAR_OK;
}

/* One row: path NULL for a model that is not on this machine. */
static dear_status print_row(const char *name, const char *what, const char *path,
                             dear_error *err) {
    char size[SIZE_TEXT] = "";
    if (path) {
        double bytes;
        TRY(model_size(&bytes, path, err));
        format_size(size, bytes);
    }
    printf("%-23s %-55s %8s  %s\n", name, what, size, path ? path : "not here");
    return DEAR_OK;
}

static dear_status print_known(dear_error *err) {
    size_t count;
    const known_model *known = lookup_known(&count);
    for (size_t i = 0; i < count; i++) {
        char *path;
        TRY(lookup_known_model(&path, &known[i], err));
        dear_status status = print_row(known[i].name, known[i].what, path, err);
        mem_free(path);
        TRY(status);
    }
    return DEAR_OK;
}

static dear_status print_others(const name_list *fetched, dear_error *err) {
    for (size_t i = 0; i < fetched->count; i++) {
        if (lookup_by_name(fetched->names[i]))
            continue;
        char *path;
        TRY(lookup_hub_model(&path, fetched->names[i], err));
        dear_status status = print_row(
            fetched->names[i], path ? "from the hub" : "from the hub, not all of it", path, err);
        mem_free(path);
        TRY(status);
    }
    return DEAR_OK;
}

static error_t refuse_arguments(int key, char *argument, struct argp_state *state) {
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "\"%s\": no arguments are expected", argument);
    return 0;
}

int models_list(int argc, char **argv) {
    static const struct argp argp = {
        NULL,
        refuse_arguments,
        NULL,
        "List the models that dear knows by a short name and those that were fetched: what they "
        "are, their size, and where they are on this machine.",
        NULL,
        NULL,
        NULL};
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    printf("%-23s %-55s %8s  %s\n", "NAME", "WHAT", "SIZE", "WHERE");
    dear_error err;
    dear_status status = print_known(&err);
    name_list fetched = {0};
    if (status == DEAR_OK)
        status = lookup_fetched(&fetched, &err);
    if (status == DEAR_OK)
        status = print_others(&fetched, &err);
    name_list_free(&fetched);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}

static void print_file(void *context, const char *name, double bytes) {
    const char **label = context;
    char size[SIZE_TEXT];
    format_size(size, bytes);
    printf("%-6s %8s  %s\n", *label, size, name);
    *label = "";
}

static dear_status print_files(const char *path, dear_error *err) {
    const char *label = "files";
    if (file_is_directory(path))
        return visit_files(path, print_file, &label, err);
    const char *slash = strrchr(path, '/');
    print_file(&label, slash ? slash + 1 : path, file_bytes(path));
    return DEAR_OK;
}

/* Where the model is; for a known one that is nowhere, *path is NULL. */
static dear_status find(char **path, const known_model *known, const char *name, dear_error *err) {
    return known ? lookup_known_model(path, known, err) : lookup_model(path, name, err);
}

static dear_status describe(const char *name, dear_error *err) {
    const known_model *known = lookup_by_name(name);
    char *path;
    TRY(find(&path, known, name, err));
    printf("name   %s\n", known ? known->name : name);
    if (known)
        printf("what   %s\n", known->what);
    if (known ? known->hub != NULL : lookup_is_hub_name(name))
        printf("hub    %s\n", known ? known->hub : name);
    printf("path   %s\n", path ? path : "not on this machine");
    dear_status status = path ? print_files(path, err) : DEAR_OK;
    if (status == DEAR_OK && path)
        printf("\n`dear info --model %s` shows its shape.\n", name);
    else if (status == DEAR_OK)
        printf("\n`%s%s` fetches it.\n", known->hub ? "dear models pull " : "make model",
               known->hub ? name : "");
    mem_free(path);
    return status;
}

static error_t parse_name(int key, char *argument, struct argp_state *state) {
    const char **name = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*name)
            argp_error(state, "\"%s\": one NAME is all there is to give", argument);
        *name = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "needs the NAME of a model; `dear models list` shows them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int models_info(int argc, char **argv) {
    static const struct argp argp = {
        NULL,
        parse_name,
        "NAME",
        "Describe a model: its name on the hub, where it is on this machine, its files. NAME is a "
        "short name, ORG/NAME as a hub calls it, or a path.",
        NULL,
        NULL,
        NULL};
    const char *name = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &name);
    dear_error err;
    return describe(name, &err) == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
