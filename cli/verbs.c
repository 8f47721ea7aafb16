#define _GNU_SOURCE
#include "verbs.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

/* The verb and what follows it. */
typedef struct verb_call {
    const verb *verbs;
    const verb *chosen;
    int argc;
    char **argv;
} verb_call;

static const verb *find_verb(const verb *verbs, const char *name) {
    for (; verbs->name; verbs++)
        if (strcmp(verbs->name, name) == 0)
            return verbs;
    return NULL;
}

/* "list, info and pull" in `out`. */
static void join_names(char *out, size_t size, const verb *verbs) {
    size_t used = 0;
    out[0] = 0;
    for (const verb *v = verbs; v->name && used < size; v++) {
        const char *joint = v == verbs ? "" : v[1].name ? ", " : " and ";
        used += (size_t)snprintf(out + used, size - used, "%s%s", joint, v->name);
    }
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    verb_call *c = state->input;
    char names[128];
    join_names(names, sizeof names, c->verbs);
    switch (key) {
    case ARGP_KEY_ARG:
        c->chosen = find_verb(c->verbs, argument);
        if (!c->chosen)
            argp_error(state, "no verb \"%s\": there are %s", argument, names);
        c->argc = state->argc - state->next + 1;
        c->argv = &state->argv[state->next - 1];
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "needs a verb: there are %s", names);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int run_verb(const char *command, const char *doc, const verb *verbs, int argc, char **argv) {
    struct argp argp = {NULL, parse, "VERB [ARGUMENT...]", doc, NULL, NULL, NULL};
    verb_call c = {.verbs = verbs};
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &c);
    char name[64];
    snprintf(name, sizeof name, "dear %s %s", command, c.chosen->name);
    c.argv[0] = name;
    program_invocation_name = name;
    program_invocation_short_name = name;
    return c.chosen->run(c.argc, c.argv);
}
