#include "models.h"

#include "command.h"
#include "verbs.h"

#include <stddef.h>

static const char doc[] =
    "List, describe and fetch models."
    "\v"
    "Verbs:\n"
    "  list         the models that dear knows and those fetched\n"
    "  info NAME    one model: its name on the hub, its path and files\n"
    "  pull NAME    fetch a model from a Hugging Face hub\n"
    "\n"
    "NAME is a short name that `dear models list` shows, or ORG/NAME as a hub calls it. "
    "`dear models VERB --help` tells a verb's options.\n"
    "\n"
    "Examples:\n"
    "  dear models list\n"
    "  dear models pull dear-3b-ce-lora --with-base\n"
    "  dear rerank --model dear-3b-ce-lora --query 'what is a llama' FILE";

int command_models(int argc, char **argv) {
    static const verb verbs[] = {
        {"list", models_list}, {"info", models_info}, {"pull", models_pull}, {NULL, NULL}};
    return run_verb("models", doc, verbs, argc, argv);
}
