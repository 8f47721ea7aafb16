/* `dear eval QRELS RUN --result FILE`: the measures go into the run's result file. */
#ifndef DEAR_CLI_EVAL_RESULT_H
#define DEAR_CLI_EVAL_RESULT_H

#include "eval/evaluation.h"
#include "result_options.h"

typedef struct eval_result_options {
    result_options common;
    const char *model, *method; ///< or NULL
    double seconds_per_query;   ///< NAN: not told
} eval_result_options;

/* --result and all that goes with it: an argp child whose input is an eval_result_options. */
extern const struct argp eval_result_argp;

/* The files that were evaluated; `qrels` is NULL when there were none. */
typedef struct evaluated_files {
    const char *run, *qrels;
} evaluated_files;

/*
 * Puts the measures that are means over queries, and what the options tell, into the result file.
 * What the file says already of the same run (by its digest) stays; a result of another run gives
 * way; a file that is no result is an error.
 */
dear_status eval_result_write(const eval_result_options *options, const evaluated_files *files,
                              const measure_list *measures, const evaluation *e, dear_error *err);

#endif
