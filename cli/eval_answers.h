/* `dear eval --answers`: runs held to the answers of questions instead of judgments. */
#ifndef DEAR_CLI_EVAL_ANSWERS_H
#define DEAR_CLI_EVAL_ANSWERS_H

#include "eval/answer_evaluation.h"
#include "rank/hits_format.h"

#include <argp.h>

enum { MOST_CUTOFFS = 32 };

typedef struct answer_options {
    bool wanted;
    size_t top_k[MOST_CUTOFFS];
    size_t count;                ///< 0 until it is settled
    const char *topics, *corpus; ///< texts of runs that have none; or NULL
} answer_options;

/* --answers, --top-k, --topics, --corpus: an argp child whose input is an answer_options. */
extern const struct argp answers_argp;

#endif
