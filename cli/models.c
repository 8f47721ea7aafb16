#define _GNU_SOURCE
#include "models.h"

#include "command.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {{"list", models_list}, {"info", models_info}, {"pull", models_pull}};

static const char doc[] =
    "List, describe and fetch models."
    "\v"
    "Verbs:\n"
    "  list         the models that dear knows and those fetched\n"
    "  info NAME    one model: its name on the hub, its path and files\n"
    "  pull NAME    fetch a model from a Hugging Face hub\n"
    "\n"
    "NAME is a short name that `dear models list` shows, or ORG/NAME as a hub calls it. "
    "`dear models VERB --help` tells a verb's options.\n"
    "\n"
    "Examples:\n"
    "  dear models list\n"
    "  dear models pull dear-3b-ce-lora --with-base\n"
    "  dear rerank --model dear-3b-ce-lora --query 'what is a llama' FILE";

/* The verb and what follows it. */
typedef struct models_command {
    const struct verb *verb;
    int argc;
    char **argv;
} models_command;

static const struct verb *find_verb(const char *name) {
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    models_command *c = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        c->verb = find_verb(argument);
        if (!c->verb)
            argp_error(state, "no verb \"%s\": there are list, info and pull", argument);
        c->argc = state->argc - state->next + 1;
        c->argv = &state->argv[state->next - 1];
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "needs a verb: list, info or pull");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int command_models(int argc, char **argv) {
    static const struct argp argp = {NULL, parse, "VERB [ARGUMENT...]", doc, NULL, NULL, NULL};
    models_command c = {0};
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &c);
    char name[64];
    snprintf(name, sizeof name, "dear models %s", c.verb->name);
    c.argv[0] = name;
    program_invocation_name = name;
    program_invocation_short_name = name;
    return c.verb->run(c.argc, c.argv);
}
