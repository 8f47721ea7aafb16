#include "data.h"

#include "command.h"
#include "models.h"

#include "base/memory.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <sys/stat.h>

/* Which parts of a set are where, in words. */
typedef struct set_state {
    strbuf here, to_fetch, on_request;
    double bytes; ///< of what is here
} set_state;

static void free_state(set_state *s) {
    strbuf_free(&s->here);
    strbuf_free(&s->to_fetch);
    strbuf_free(&s->on_request);
}

static double file_bytes(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size : 0;
}

static void add_word(strbuf *words, const char *word) {
    strbuf_printf(words, "%s%s", words->length ? " " : "", word);
}

static dear_status add_part(set_state *s, const dataset_entry *set, dataset_part part,
                            dear_error *err) {
    char *path;
    TRY(dataset_here(&path, set, part, err));
    dataset_place place = set->parts[part].place;
    if (path)
        add_word(&s->here, dataset_part_name(part));
    else if (place != DATASET_NOWHERE)
        add_word(place == DATASET_ON_HUB ? &s->to_fetch : &s->on_request, dataset_part_name(part));
    if (path && set->parts[part].folder == part)
        s->bytes += file_bytes(path);
    mem_free(path);
    return DEAR_OK;
}

static const char *words(const strbuf *b) {
    return b->text ? b->text : "";
}

static void print_row(const dataset_entry *set, const set_state *s) {
    char queries[COUNT_TEXT], judgments[COUNT_TEXT], passages[COUNT_TEXT], size[SIZE_TEXT] = "";
    if (s->here.length)
        format_size(size, s->bytes);
    printf("%-14s %8s %10s %11s  %-24s %8s  %-19s %s\n", set->name,
           format_count(queries, set->counts.queries),
           format_count(judgments, set->counts.judgments),
           format_count(passages, set->counts.passages), words(&s->here), size, words(&s->to_fetch),
           words(&s->on_request));
}

static dear_status print_set(const dataset_entry *set, dear_error *err) {
    set_state s = {0};
    dear_status status = DEAR_OK;
    for (int part = 0; part < DATASET_PARTS && status == DEAR_OK; part++)
        status = add_part(&s, set, (dataset_part)part, err);
    if (status == DEAR_OK)
        print_row(set, &s);
    free_state(&s);
    return status;
}

static dear_status print_all(dear_error *err) {
    dataset_catalogue c;
    TRY(dataset_catalogue_read(&c, err));
    printf("%-14s %8s %10s %11s  %-24s %8s  %-19s %s\n", "NAME", "QUERIES", "JUDGMENTS", "PASSAGES",
           "HERE", "SIZE", "TO FETCH", "ON REQUEST");
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < c.count && status == DEAR_OK; i++)
        status = print_set(&c.sets[i], err);
    dataset_catalogue_free(&c);
    return status;
}

static error_t refuse_arguments(int key, char *argument, struct argp_state *state) {
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "\"%s\": no arguments are expected", argument);
    return 0;
}

int data_list(int argc, char **argv) {
    static const struct argp argp = {
        NULL,
        refuse_arguments,
        NULL,
        "List the data sets that dear knows: how many queries, judgments and passages each must "
        "have, which parts are on this machine and how large they are, which `dear data get` "
        "fetches, and which are to be asked for.",
        NULL,
        NULL,
        NULL};
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    dear_error err;
    return print_all(&err) == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
