/* Commands that have verbs, `dear models list`: finds the verb and hands over to it. */
#ifndef DEAR_CLI_VERBS_H
#define DEAR_CLI_VERBS_H

typedef struct verb {
    const char *name;
    int (*run)(int argc, char **argv); ///< gets the arguments from the verb's own name on
} verb;

/*
 * Runs the verb that the arguments of `command` ("models") begin with and returns its exit code; for
 * none, and one that is not of `verbs` (ended by a NULL name), the program ends with wrong usage.
 * `doc` is what --help says.
 */
int run_verb(const char *command, const char *doc, const verb *verbs, int argc, char **argv);

#endif
