#include "data.h"

#include "command.h"

#include "base/memory.h"
#include "eval/dataset_check.h"

#include <stdio.h>

static void print_field(const char *label, const char *value) {
    if (value)
        printf("%-10s %s\n", label, value);
}

static void print_count(const char **joint, int64_t count, const char *what) {
    char text[COUNT_TEXT];
    if (count < 0)
        return;
    printf("%s%s %s", *joint, format_count(text, count), what);
    *joint = ", ";
}

/* "43 queries, 9,260 judgments"; false when nothing was counted. */
static bool print_counts(const dataset_counts *counts) {
    const char *joint = "";
    print_count(&joint, counts->topics, "topics");
    print_count(&joint, counts->queries, "queries");
    print_count(&joint, counts->judgments, "judgments");
    print_count(&joint, counts->passages, "passages");
    return *joint;
}

static void print_expected(const dataset_entry *set) {
    printf("%-10s ", "counts");
    bool known = print_counts(&set->counts);
    if (known && set->counts_from)
        printf(" (%s)", set->counts_from);
    puts(known ? "" : "not known");
}

static dear_status print_here(const dataset_entry *set, dataset_part part, const char *path,
                              dear_error *err) {
    dataset_counts found;
    printf("%s\n%-10s ", path, "");
    fflush(stdout);
    dear_status status = dataset_check(&found, set, part, path, err);
    if (status != DEAR_OK) {
        puts("is not as it must be");
        return status;
    }
    bool counted = print_counts(&found);
    if (counted || set->parts[part].sha256)
        printf("%sas it must be\n", counted ? ": " : "");
    else
        puts("not checked: nothing is known of it");
    return DEAR_OK;
}

static dear_status print_way(const dataset_entry *set, dataset_part part, dear_error *err) {
    const dataset_source *source = &set->parts[part];
    if (source->place == DATASET_ON_HUB) {
        printf("not here; %s of the data set %s (%s) on the hub\n", source->file,
               source->repository, source->revision);
        printf("%-10s `dear data get %s --part %s` fetches it\n", "", set->name,
               dataset_part_name(part));
        return DEAR_OK;
    }
    char *path = dataset_fetched_path(set, part);
    if (!path)
        return error_memory(err);
    printf("not here; %s\n%-10s then put it at %s\n", source->how, "", path);
    mem_free(path);
    return DEAR_OK;
}

static dear_status print_part(const dataset_entry *set, dataset_part part, dear_error *err) {
    const dataset_source *source = &set->parts[part];
    if (source->place == DATASET_NOWHERE)
        return DEAR_OK;
    printf("%-10s ", dataset_part_name(part));
    char *path;
    TRY(dataset_here(&path, set, part, err));
    dear_status status = path ? print_here(set, part, path, err) : print_way(set, part, err);
    if (source->note)
        printf("%-10s %s\n", "", source->note);
    mem_free(path);
    return status;
}

/* Goes through all parts even when one is not as it must be; the first failure is told. */
static dear_status print_parts(const dataset_entry *set, dear_error *err) {
    dear_status status = DEAR_OK;
    for (int part = 0; part < DATASET_PARTS; part++) {
        dear_error later;
        dear_status one = print_part(set, (dataset_part)part, status == DEAR_OK ? err : &later);
        if (status == DEAR_OK)
            status = one;
    }
    return status;
}

static dear_status describe(const char *name, dear_error *err) {
    dataset_catalogue c;
    TRY(dataset_catalogue_read(&c, err));
    const dataset_entry *set;
    dear_status status = dataset_named(&set, &c, name, err);
    if (status == DEAR_OK) {
        print_field("name", set->name);
        print_field("title", set->title);
        print_field("what", set->description);
        print_field("task", set->task);
        print_field("licence", set->licence ? set->licence : "not stated");
        print_field("homepage", set->homepage);
        print_field("citation", set->citation);
        print_expected(set);
        status = print_parts(set, err);
    }
    dataset_catalogue_free(&c);
    return status;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    const char **name = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*name)
            argp_error(state, "\"%s\": one NAME is all there is to give", argument);
        *name = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "needs the NAME of a data set; `dear data list` shows them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int data_info(int argc, char **argv) {
    static const struct argp argp = {
        NULL,
        parse,
        "NAME",
        "Describe a data set: what it is, on what terms, who published it, how much it must hold. "
        "What of it is on this machine is read, counted and held to that; a difference ends the "
        "program with 1.",
        NULL,
        NULL,
        NULL};
    const char *name = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &name);
    dear_error err;
    return describe(name, &err) == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
