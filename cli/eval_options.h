/* The command line of `dear eval`. */
#ifndef DEAR_CLI_EVAL_OPTIONS_H
#define DEAR_CLI_EVAL_OPTIONS_H

#include "eval_answers.h"
#include "eval_compare.h"
#include "eval_output.h"
#include "eval_result.h"

#include "rank/hits_format.h"

typedef struct eval_command {
    const char *qrels; ///< "-" is standard input; a file of answers, or NULL, with answers.wanted
    hits_input run;
    measure_list measures; ///< at least one, sorted
    evaluation_options options;
    answer_options answers;
    compare_options compare;
    eval_result_options result;
    eval_output output;
} eval_command;

/* Fills `out`, or ends the program: --help, wrong usage. The caller ends out->measures with
 * measure_list_free. */
void eval_options_parse(eval_command *out, int argc, char **argv);

#endif
