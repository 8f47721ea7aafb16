/*
 * The reference cases: what transformers and PEFT give for a model, and how near ours must come.
 * A case is one line of the report; it fails when its largest error exceeds its tolerance.
 */
#ifndef DEAR_TESTS_GOLDEN_H
#define DEAR_TESTS_GOLDEN_H

#include "compute/linear.h"

#include <jansson.h>

typedef struct golden {
    const char *tokenizers;    ///< folder of NAME/tokenizer.json
    const char *default_model; ///< GGUF of SmolLM2-135M, or NULL
    precision p;               ///< the precision in turn
    int passed, failed, skipped;
} golden;

/* The report: a line `name [precision] what error (tolerance)`. */
void golden_check(golden *g, const char *name, const char *what, double error, double tolerance);
/* As check, for what agrees or does not: `wrong` of `total`. */
void golden_exact(golden *g, const char *name, const char *what, size_t wrong, size_t total);
void golden_fail(golden *g, const char *name, const char *why);
void golden_skip(golden *g, const char *name, const char *why);

/* Numbers of a JSON array; the caller frees them. */
double *golden_numbers(const json_t *array, size_t *count);
int32_t *golden_ids(const json_t *array, size_t *count);

/* The largest difference over the largest expected magnitude. */
double golden_error(const double *expected, const double *got, size_t count);

/* Each runs the cases of one file; `directory` is the file's folder. */
void golden_pointwise(golden *g, const char *directory, const char *file, const char *model_name,
                      const char *adapter);
void golden_causal(golden *g, const char *directory, const char *file, const char *model_name,
                   const char *adapter);
void golden_default_model(golden *g, const char *directory);
void golden_quants(golden *g, const char *directory);
void golden_config(golden *g, const char *directory);
void golden_tokenizer(golden *g, const char *directory, const char *file);
void golden_chat_templates(golden *g, const char *directory);
void golden_training(golden *g, const char *directory, const char *file);
void golden_losses(golden *g, const char *directory);

#endif
