/* What every command that runs a model shares: its options, and opening it with a progress bar. */
#ifndef DEAR_CLI_ENGINE_H
#define DEAR_CLI_ENGINE_H

#include "llm/llama.h"

#include <argp.h>

typedef struct engine_options {
    const char *model;   ///< a path or a name; NULL: the default model
    const char *adapter; ///< a PEFT directory, or NULL
    precision p;
    bool quiet; ///< no progress bar
} engine_options;

/* --model, --adapter, --precision, --threads, --quiet: an argp child whose input is an
 * engine_options. */
extern const struct argp engine_argp;

typedef struct engine {
    model *m;
    llama *l;
} engine;

/* Finds, opens and packs the model. On failure there is nothing to close. */
dear_status engine_open(engine *out, const engine_options *options, dear_error *err);
void engine_close(engine *e);

/* Where the time went, as a table on standard error. */
void engine_print_timing(const engine *e);

/* Reads a whole number in [min, max] for option --`name`, or ends the program with wrong usage. */
long parse_whole(struct argp_state *state, const char *name, const char *text, long min, long max);
/* Likewise a number. */
double parse_number(struct argp_state *state, const char *name, const char *text, double min,
                    double max);

#endif
