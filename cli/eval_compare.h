/* `dear eval QRELS RUN --compare RUN2`: whether the difference between runs is more than chance. */
#ifndef DEAR_CLI_EVAL_COMPARE_H
#define DEAR_CLI_EVAL_COMPARE_H

#include "eval_output.h"

#include "eval/compare_runs.h"

enum { MOST_COMPARED = 64 };

typedef struct compare_options {
    const char *paths[MOST_COMPARED]; ///< runs to compare with the first
    size_t count;                     ///< 0: nothing is compared
    comparison_options how;
} compare_options;

/* --compare, --test, --samples, --seed: an argp child whose input is a compare_options. */
extern const struct argp compare_argp;

/* What is compared: a first run with others [options->count]. */
typedef struct compared_runs {
    const char *first_name;
    const evaluation *first;
    const evaluation *others;
    const measure_list *measures; ///< those that are means over queries are compared
} compared_runs;

/* Prints a line a measure and run to standard output. */
dear_status eval_compare_print(eval_format format, const compare_options *options,
                               const compared_runs *runs, dear_error *err);

#endif
