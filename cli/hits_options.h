/* Options of the commands that read ranked lists and write them: where texts come from, where the
 * output goes. */
#ifndef DEAR_CLI_HITS_OPTIONS_H
#define DEAR_CLI_HITS_OPTIONS_H

#include "rank/hits_format.h"

#include <argp.h>

typedef struct hits_io {
    hits_input input;
    const char *output; ///< NULL or "-" is standard output
    const char *tag;    ///< last column of a TREC run
} hits_io;

/* --queries, --corpus, --output, --tag: an argp child whose input is a hits_io. */
extern const struct argp hits_io_argp;

/* The format called `name`, or the end of the program with wrong usage. */
hits_format parse_hits_format(struct argp_state *state, const char *name);

/* The format called `name` of a file that is to be read: not a table. */
hits_format parse_input_format(struct argp_state *state, const char *name);

/* Ends the program with wrong usage when two of `paths` (NULLs are passed over) are "-". */
void refuse_two_standard_inputs(struct argp_state *state, char *const *paths, int count);

#endif
