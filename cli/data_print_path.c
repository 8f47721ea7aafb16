#include "data.h"

#include "command.h"

#include "base/memory.h"

#include <stdio.h>

typedef struct path_command {
    const char *name;
    dataset_part part; ///< DATASET_PARTS until given
} path_command;

static error_t parse(int key, char *argument, struct argp_state *state) {
    path_command *c = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (!c->name)
            c->name = argument;
        else if (c->part == DATASET_PARTS)
            c->part = parse_dataset_part(state, argument);
        else
            argp_error(state, "\"%s\": one NAME and one PART are all there is to give", argument);
        return 0;
    case ARGP_KEY_END:
        if (c->part == DATASET_PARTS)
            argp_error(state, "needs a data set and a part: NAME PART");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int data_print_path(int argc, char **argv) {
    static const struct argp argp = {
        NULL,
        parse,
        "NAME PART",
        "Print the path of a part of a data set: qrels, topics, corpus, hits or answers. A part "
        "that is not here is an error that tells the way to it.",
        NULL,
        NULL,
        NULL};
    path_command c = {.part = DATASET_PARTS};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    char *path;
    dear_error err;
    if (dataset_path(&path, c.name, c.part, &err) != DEAR_OK)
        return command_fail(&err);
    puts(path);
    mem_free(path);
    return EXIT_DONE;
}
