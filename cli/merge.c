#define _GNU_SOURCE
#include "command.h"

#include "base/progress.h"
#include "model/quantize.h"
#include "model/save.h"

#include <argp.h>
#include <string.h>

typedef struct merge_command {
    const char *model, *adapter, *output;
    tensor_type type; ///< TENSOR_OTHER: not given
    bool quiet;
} merge_command;

enum { OPTION_TYPE = 1 };

static const struct argp_option options[] = {
    {"model", 'm', "M", 0,
     "A Hugging Face directory, a .gguf file, a PEFT adapter directory, or a name that `dear "
     "models list` knows (default: $DEAR_MODEL, else smollm2-135m)",
     0},
    {"adapter", 'a', "DIR", 0, "Merge this PEFT LoRA adapter into it", 0},
    {"output", 'o', "OUT", 0, "Write this folder, or, if it ends in .gguf, this file", 0},
    {"type", OPTION_TYPE, "T", 0,
     "Type of the weights: f32, f16 or bf16, and for .gguf files q8_0, q4_0 or q4_1 too (default: "
     "that of the model's own file if it is f32 or bf16, else f16)",
     0},
    {"quiet", 'q', NULL, 0, "No progress bar", 0},
    {0}};

static const char doc[] =
    "Write a model and its adapters as one model: a Hugging Face folder or a GGUF file."
    "\v"
    "Examples:\n"
    "  dear merge --model dear-3b-ce-lora --output dear-3b-ce-merged\n"
    "  dear merge --model base --adapter adapter --output merged.gguf --type q8_0\n"
    "  dear merge --model model.gguf --output folder --type f32\n"
    "\n"
    "A folder is what transformers reads, in shards of 5 GB; a GGUF file is what llama.cpp reads, "
    "but for a model with a score head, which dear alone reads. The adapter is added in float32 "
    "and "
    "each weight rounded once: bf16 and coarser types change scores in the third digit and "
    "before. Norms and score heads of a GGUF file stay float32; with q4_0 and q4_1 its embedding "
    "and "
    "output head are q8_0. Little memory is needed, whatever the model's size.";

static error_t parse(int key, char *argument, struct argp_state *state) {
    merge_command *c = state->input;
    switch (key) {
    case 'm':
        c->model = argument;
        return 0;
    case 'a':
        c->adapter = argument;
        return 0;
    case 'o':
        c->output = argument;
        return 0;
    case 'q':
        c->quiet = true;
        return 0;
    case OPTION_TYPE:
        if (!quantize_parse_type(&c->type, argument))
            argp_error(state, "--type is f32, f16, bf16, q8_0, q4_0 or q4_1, not \"%s\"", argument);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\": no arguments are expected, only options", argument);
        return 0;
    case ARGP_KEY_END:
        if (!c->output)
            argp_error(state, "--output OUT is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool ends_in_gguf(const char *path) {
    size_t length = strlen(path);
    return length > 5 && strcasecmp(path + length - 5, ".gguf") == 0;
}

static bool show_share(void *context, double share) {
    progress_update(context, 100 * share);
    return !interrupt_requested();
}

static dear_status save(const merge_command *c, const model *m, dear_error *err) {
    progress bar;
    save_options o = {c->type == TENSOR_OTHER ? save_default_type(m) : c->type, show_share, &bar};
    progress_start(&bar, c->quiet ? NULL : stderr, "writing", "%", 100);
    dear_status status = ends_in_gguf(c->output) ? model_save_gguf(m, c->output, &o, err)
                                                 : model_save_folder(m, c->output, &o, err);
    progress_finish(&bar);
    return status;
}

int command_merge(int argc, char **argv) {
    static const struct argp argp = {options, parse, "--output OUT", doc, NULL, NULL, NULL};
    merge_command c = {.type = TENSOR_OTHER};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    interrupt_catch();
    dear_error err;
    model *m;
    dear_status status = model_open_by_name(&m, c.model, c.adapter, &err);
    if (status == DEAR_OK)
        status = save(&c, m, &err);
    model_close(m);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
