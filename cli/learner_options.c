#include "learner_options.h"
#include "engine.h"

#include "base/progress.h"
#include "compute/cpu.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPTION_MODEL = 'm',
    OPTION_ADAPTER = 'a',
    OPTION_THREADS = 't',
    OPTION_FULL = 4000,
    OPTION_RANK,
    OPTION_ALPHA,
    OPTION_DROPOUT,
    OPTION_MODULES,
    OPTION_BASE_PRECISION,
    OPTION_MEMORY,
    OPTION_TYPE
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Model:", -10},
    {"model", OPTION_MODEL, "M", 0,
     "The base: a Hugging Face directory, a .gguf file, or a name that `dear models list` knows "
     "(default: $DEAR_MODEL, else smollm2-135m)",
     -10},
    {"adapter", OPTION_ADAPTER, "DIR", 0, "Go on from this PEFT adapter of the same shape", -10},
    {"lora-rank", OPTION_RANK, "R", 0, "LoRA's rank (default: 32)", -10},
    {"lora-alpha", OPTION_ALPHA, "A", 0, "LoRA's products are scaled by A / R (default: 64)", -10},
    {"lora-dropout", OPTION_DROPOUT, "P", 0, "Dropout of their inputs (default: 0.1)", -10},
    {"lora-modules", OPTION_MODULES, "LIST", 0,
     "Which matrices learn, of q, k, v, o, gate, up, down (default: q,v,o,gate,up,down)", -10},
    {"adapter-type", OPTION_TYPE, "T", 0,
     "Numbers of the adapter's file: f32 or bf16 (default: f32)", -10},
    {"base-precision", OPTION_BASE_PRECISION, "P", 0,
     "Of the frozen weights' products: f32, bf16 or auto, bf16 where the processor has it "
     "(default: "
     "auto)",
     -10},
    {"memory", OPTION_MEMORY, "SIZE", 0,
     "What weights and activations may take, 8G say; what does not fit is computed again (default: "
     "half of the machine's)",
     -10},
    {"threads", OPTION_THREADS, "N", 0, "Threads (default: the cores available)", -10},
    {0}};

static unsigned module_named(struct argp_state *state, const char *name, size_t length) {
    for (int i = 0; i < LEARNER_NUM_MODULES; i++) {
        const char *known = learner_module_name((learner_module)i); /* "q_proj" */
        size_t short_length = strlen(known) - strlen("_proj");
        bool named = length == short_length || length == strlen(known);
        if (named && strncmp(known, name, length) == 0)
            return 1u << i;
    }
    argp_error(state, "--lora-modules: no module \"%.*s\"; there are q, k, v, o, gate, up, down",
               (int)length, name);
    return 0;
}

static unsigned parse_modules(struct argp_state *state, const char *text) {
    unsigned modules = 0;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        modules |= module_named(state, at, length);
        at += length;
        if (!*at)
            return modules;
    }
}

/* "8G", "500M", "123456789". */
static size_t parse_size(struct argp_state *state, const char *text) {
    char *end;
    double value = strtod(text, &end);
    static const char units[] = "KMGT";
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *u = units; unit && u <= unit; u++)
        value *= 1024;
    end += unit != NULL;
    if (end == text || *end || !(value >= 1 << 20) || value > 1e15)
        argp_error(state, "--memory must be a size such as 8G or 500M, not \"%s\"", text);
    return (size_t)value;
}

static void parse_base_precision(struct argp_state *state, learning *o, const char *text) {
    if (!precision_parse(&o->base, text) || o->base == PRECISION_INT8)
        argp_error(state, "--base-precision is auto, f32 or bf16, not \"%s\"", text);
}

static void parse_type(struct argp_state *state, learning *o, const char *text) {
    if (strcmp(text, "f32") != 0 && strcmp(text, "bf16") != 0)
        argp_error(state, "--adapter-type is f32 or bf16, not \"%s\"", text);
    o->type = strcmp(text, "f32") == 0 ? TENSOR_F32 : TENSOR_BF16;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    learning *o = state->input;
    switch (key) {
    case OPTION_MODEL:
        o->model = argument;
        return 0;
    case OPTION_ADAPTER:
        o->adapter = argument;
        return 0;
    case OPTION_RANK:
        o->options.rank = parse_whole(state, "lora-rank", argument, 1, 4096);
        return 0;
    case OPTION_ALPHA:
        o->options.alpha = parse_number(state, "lora-alpha", argument, 1e-3, 1e5);
        return 0;
    case OPTION_DROPOUT:
        o->options.dropout = parse_number(state, "lora-dropout", argument, 0, 0.99);
        return 0;
    case OPTION_MODULES:
        o->options.modules = parse_modules(state, argument);
        return 0;
    case OPTION_TYPE:
        parse_type(state, o, argument);
        return 0;
    case OPTION_BASE_PRECISION:
        parse_base_precision(state, o, argument);
        return 0;
    case OPTION_MEMORY:
        o->options.memory = parse_size(state, argument);
        return 0;
    case OPTION_THREADS:
        compute_set_threads((int)parse_whole(state, "threads", argument, 1, 1024));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp learner_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

static precision faster_base(void) {
    const cpu_features *cpu = cpu_get_features();
    return cpu->avx512_bf16 || cpu->amx_bf16 ? PRECISION_BF16 : PRECISION_F32;
}

static void show_share(void *context, double share) {
    progress_update(context, 100 * share);
}

static dear_status load_start(learner *l, const char *directory, dear_error *err) {
    if (!directory)
        return DEAR_OK;
    adapter *from;
    TRY(adapter_open(&from, directory, err));
    dear_status status = learner_load(l, from, err);
    adapter_close(from);
    return status;
}

dear_status learning_open(const learning *o, FILE *stream, model **m, learner **l,
                          dear_error *err) {
    learner_options chosen = o->options;
    chosen.base = o->base == PRECISION_AUTO ? faster_base() : o->base;
    *l = NULL;
    TRY(model_open_by_name(m, o->model, NULL, err));
    progress bar;
    progress_start(&bar, stream, "loading the model", "%", 100);
    dear_status status = learner_open(l, *m, &chosen, show_share, &bar, err);
    progress_finish(&bar);
    if (status == DEAR_OK)
        status = load_start(*l, o->adapter, err);
    if (status == DEAR_OK)
        return DEAR_OK;
    learner_close(*l);
    model_close(*m);
    return status;
}
