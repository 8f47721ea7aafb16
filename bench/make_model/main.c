/*
 * Writes models with random weights: for measuring shapes whose weights are not at hand. They run
 * as the real ones do and say nothing sensible.
 */
#define _GNU_SOURCE
#include "folder.h"
#include "gguf_file.h"
#include "model/quantize.h"
#include "shapes.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

typedef struct arguments {
    const char *shape, *out;
    const char *tokenizer; ///< NULL: the default one
    llama_config config;
    tensor_type type;
} arguments;

enum { OPTION_TOKENIZER = 't' };

static const struct argp_option options[] = {
    {"tokenizer", OPTION_TOKENIZER, "FROM", 0,
     "Take this tokenizer: a GGUF file for a GGUF file, a folder for a folder (default: SmolLM2's, "
     "from the default model or from the tests' data)",
     0},
    {0}};

static const char doc[] =
    "Write a model with random weights, for measuring."
    "\v"
    "OUT is a GGUF file of a causal model if it ends in .gguf, else a Hugging Face folder of a "
    "classifier with one label.\n"
    "\n"
    "SHAPE is one of\n" SHAPES_HELP "\n"
    "TYPE is f32, f16 or bf16, and for GGUF files q4_0, q4_1 or q8_0 too; a GGUF file's norms are "
    "float32.\n"
    "\n"
    "A vocabulary larger than the tokenizer's ends in unused tokens. The same arguments give the "
    "same weights.\n"
    "\n"
    "Examples:\n"
    "  make_model 1b q4_0 1b.gguf\n"
    "  make_model 8b bf16 8b-classifier";

static bool is_gguf(const char *path) {
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".gguf") == 0;
}

static void take_argument(arguments *a, struct argp_state *state, const char *argument) {
    if (state->arg_num == 0) {
        a->shape = argument;
        if (!shape_find(&a->config, argument))
            argp_error(state, "no shape \"%s\"; --help lists them", argument);
    } else if (state->arg_num == 1) {
        if (!quantize_parse_type(&a->type, argument))
            argp_error(state, "TYPE is f32, f16, bf16, q4_0, q4_1 or q8_0, not \"%s\"", argument);
    } else if (state->arg_num == 2) {
        a->out = argument;
    } else {
        argp_error(state, "\"%s\": SHAPE TYPE OUT are all there is to give", argument);
    }
}

static void check_arguments(const arguments *a, struct argp_state *state) {
    if (!a->out)
        argp_error(state, "SHAPE, TYPE and OUT are needed");
    else if (!is_gguf(a->out) && tensor_block_elements(a->type) > 1)
        argp_error(state, "a folder holds f32, f16 or bf16: for %s let OUT end in .gguf",
                   tensor_type_name(a->type));
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPTION_TOKENIZER:
        a->tokenizer = argument;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(a, state, argument);
        return 0;
    case ARGP_KEY_END:
        check_arguments(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static dear_status make(const arguments *a, dear_error *err) {
    if (!is_gguf(a->out))
        return make_folder(a->out, &a->config, a->type,
                           a->tokenizer ? a->tokenizer : DEFAULT_TOKENIZER, err);
    char name[64];
    snprintf(name, sizeof name, "random-%s", a->shape);
    return make_gguf(a->out, name, &a->config, a->type,
                     a->tokenizer ? a->tokenizer : "smollm2-135m", err);
}

int main(int argc, char **argv) {
    static const struct argp argp = {options, parse, "SHAPE TYPE OUT", doc, NULL, NULL, NULL};
    arguments a = {0};
    dear_error err;
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (make(&a, &err) == DEAR_OK)
        return 0;
    fprintf(stderr, "make_model: %s\n", err.message);
    return 1;
}
