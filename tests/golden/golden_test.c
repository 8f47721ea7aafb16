/*
 * golden-test DIR: runs every reference case found under DIR, in each precision that applies,
 * prints a line a case with its largest error, and exits with 1 when one exceeds its tolerance.
 */
#define _GNU_SOURCE
#include "golden/golden.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/lookup.h"

#include <argp.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

static golden g;
static bool without_default_model;

static bool has(const char *directory, const char *name) {
    char *path = path_join(directory, name);
    bool found = file_exists(path);
    mem_free(path);
    return found;
}

/* The cases that do not depend on the precision. */
static void run_texts_and_formats(const char *directory, const char *file) {
    if (strcmp(file, "config-old-spelling.json") == 0)
        golden_config(&g, directory);
    else if (strcmp(file, "quants.gguf") == 0)
        golden_quants(&g, directory);
    else if (strcmp(file, "chat-templates.json") == 0)
        golden_chat_templates(&g, directory);
    else if (strcmp(strrchr(directory, '/') ? strrchr(directory, '/') + 1 : directory,
                    "tokenizers") == 0 &&
             strstr(file, ".json"))
        golden_tokenizer(&g, directory, file);
    else if (strcmp(file, "losses.json") == 0)
        golden_losses(&g, directory);
    else if (strncmp(file, "train-", 6) == 0 && strstr(file, ".json"))
        golden_training(&g, directory, file);
    else if (strcmp(file, "listwise-prompt.json") == 0)
        golden_skip(&g, file, "listwise reranking is not part of this version");
}

static void run_models(const char *directory, const char *file) {
    if (strcmp(file, "pointwise.json") == 0)
        golden_pointwise(&g, directory, file, "seqcls", NULL);
    else if (strcmp(file, "lora-pointwise.json") == 0) {
        golden_pointwise(&g, directory, file, "seqcls", "lora-seqcls");
    } else if (strcmp(file, "causal.json") == 0) {
        golden_causal(&g, directory, file, "causal", NULL);
        if (has(directory, "causal-f32.gguf"))
            golden_causal(&g, directory, file, "causal-f32.gguf", NULL);
    } else if (strcmp(file, "lora-causal.json") == 0) {
        golden_causal(&g, directory, file, "lora-causal", NULL);
    } else if (strcmp(file, "smollm2-135m.json") == 0) {
        golden_default_model(&g, directory);
    }
}

static int visit(const char *path, const struct stat *info, int kind, struct FTW *ftw) {
    (void)info;
    if (kind != FTW_F)
        return 0;
    char *directory = mem_strndup(path, (size_t)ftw->base - 1);
    const char *file = path + ftw->base;
    g.p = PRECISION_F32;
    run_texts_and_formats(directory, file);
    for (g.p = PRECISION_F32; g.p <= PRECISION_INT8; g.p++)
        run_models(directory, file);
    mem_free(directory);
    return 0;
}

enum { OPTION_TOKENIZERS = 1, OPTION_DEFAULT_MODEL, OPTION_WITHOUT_DEFAULT_MODEL };

static const struct argp_option options[] = {
    {"tokenizers", OPTION_TOKENIZERS, "DIR", 0,
     "where NAME/tokenizer.json stand (default: DIR/../tokenizers)", 0},
    {"default-model", OPTION_DEFAULT_MODEL, "GGUF", 0,
     "SmolLM2-135M-Instruct.Q4_1.gguf (default: where `make model` puts it)", 0},
    {"without-default-model", OPTION_WITHOUT_DEFAULT_MODEL, NULL, 0,
     "leave out the cases of SmolLM2-135M, for slow builds", 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    const char **directory = state->input;
    switch (key) {
    case OPTION_TOKENIZERS:
        g.tokenizers = argument;
        return 0;
    case OPTION_DEFAULT_MODEL:
        g.default_model = argument;
        return 0;
    case OPTION_WITHOUT_DEFAULT_MODEL:
        without_default_model = true;
        return 0;
    case ARGP_KEY_ARG:
        if (*directory)
            argp_usage(state);
        *directory = argument;
        return 0;
    case ARGP_KEY_END:
        if (!*directory)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv) {
    static const struct argp argp = {options,
                                     parse,
                                     "DIR",
                                     "Holds dear to reference cases made with transformers and "
                                     "PEFT.",
                                     NULL,
                                     NULL,
                                     NULL};
    const char *directory = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &directory);
    char *found = NULL;
    if (!without_default_model && !g.default_model &&
        lookup_model(&found, "smollm2-135m", NULL) == DEAR_OK)
        g.default_model = found;
    char *beside = path_join(directory, "../tokenizers");
    if (!g.tokenizers)
        g.tokenizers = beside;
    nftw(directory, visit, 16, FTW_PHYS);
    printf("%d passed, %d failed, %d skipped\n", g.passed, g.failed, g.skipped);
    mem_free(found);
    mem_free(beside);
    return g.failed || !g.passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
