#include "command.h"

#include "train_commands.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: dear train pointwise [OPTION...]\n"
    "Train a reranker.\n\n"
    "  pointwise  stage 1: a score for each passage (LoRA or all weights, ranking "
    "losses, a teacher)\n\n"
    "`dear train pointwise --help` tells its options.\n";

int command_train(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "pointwise") == 0)
        return train_pointwise(argc - 1, argv + 1);
    bool asked = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    fputs(help, asked ? stdout : stderr);
    return asked ? EXIT_DONE : EXIT_USAGE;
}
