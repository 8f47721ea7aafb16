/*
 * The result file (eval/result.h) that a command leaves beside the run it made: its options, and
 * writing it.
 */
#ifndef DEAR_CLI_RESULT_OPTIONS_H
#define DEAR_CLI_RESULT_OPTIONS_H

#include "eval/result.h"

#include <argp.h>

typedef struct result_options {
    const char *path;    ///< NULL: no result file is wanted
    const char *name;    ///< what people call the run, or NULL
    const char *dataset; ///< or NULL
} result_options;

/* --result, --name, --dataset: an argp child whose input is a result_options. */
extern const struct argp result_argp;

/* What a command knows of the run that it made. */
typedef struct made_run {
    const char *path;         ///< the run
    const char *model;        ///< or NULL
    const char *method;       ///< "pointwise", "bm25", ...
    size_t num_queries;       ///< in the run
    double seconds_per_query; ///< of ranking, not of loading; NAN when unknown
    json_t *responses;        ///< stage 2's response classes, or NULL
} made_run;

/* Ends the program with wrong usage, before any work is done, when a result cannot speak of a run
 * that will be at `output` (NULL or "-": standard output, which no result can name). */
void check_result_options(struct argp_state *state, const result_options *o, const char *output);

/* Writes the result of a run that is there; does nothing when none is wanted. */
dear_status record_run(const result_options *o, const made_run *run, dear_error *err);

/* Sets name, data set, and what is not known yet of dear's version and the date. */
dear_status result_set_options(result *r, const result_options *o, dear_error *err);

#endif
