/* The shapes that models are made in: those of published LLaMAs, and a tiny one for tests. */
#ifndef DEAR_BENCH_MAKE_MODEL_SHAPES_H
#define DEAR_BENCH_MAKE_MODEL_SHAPES_H

#include "model/config.h"

/* The names and what they are, a line each, for --help. */
#define SHAPES_HELP                                                                                \
    "  tiny  hidden 64, 2 layers: for tests\n"                                                     \
    "  135m  SmolLM2-135M\n"                                                                       \
    "  1b    LLaMA-3.2-1B\n"                                                                       \
    "  3b    LLaMA-3.2-3B\n"                                                                       \
    "  8b    LLaMA-3.1-8B\n"                                                                       \
    "  13b   LLaMA-2-13B, for which a --tokenizer must be given\n"

/* The shape of that name, without a score head and without special tokens; false when there is
 * none. */
bool shape_find(llama_config *out, const char *name);

#endif
