/* What learns, and on what: the options that all trainings share. */
#ifndef DEAR_CLI_LEARNER_OPTIONS_H
#define DEAR_CLI_LEARNER_OPTIONS_H

#include "llm/learner.h"

#include <argp.h>

typedef struct learning {
    const char *model;   ///< a path or a name; NULL: the default model
    const char *adapter; ///< to start from, or NULL
    precision base;      ///< PRECISION_AUTO: the faster here of f32 and bf16
    learner_options options;
    tensor_type type; ///< of the adapter's file
} learning;

/* --model, --adapter, --lora-..., --full, --base-precision, --memory, --threads, --adapter-type: an argp
 * child whose input is a `learning`. */
extern const struct argp learner_argp;

/* Opens model and learner, with a bar on `bar` (NULL: none); the adapter to start from is loaded. On
 * failure there is nothing to close. */
dear_status learning_open(const learning *o, FILE *bar, model **m, learner **l, dear_error *err);

#endif
