#include "engine.h"

#include "base/progress.h"
#include "compute/cpu.h"

#include <errno.h>
#include <stdlib.h>

enum { OPTION_THREADS = 't', OPTION_QUIET = 'q', OPTION_MODEL = 'm', OPTION_ADAPTER = 'a' };
enum { OPTION_PRECISION = 1000 };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Model:", -10},
    {"model", OPTION_MODEL, "M", 0,
     "A Hugging Face directory, a .gguf file, a PEFT adapter directory, or a name that `dear "
     "models list` knows (default: $DEAR_MODEL, else smollm2-135m)",
     -10},
    {"adapter", OPTION_ADAPTER, "DIR", 0, "Merge a PEFT LoRA adapter into the model", -10},
    {"precision", OPTION_PRECISION, "P", 0,
     "f32, bf16 (half the memory), int8 (a quarter; as exact as f32 in ranking where the file "
     "holds "
     "quantized groups, such as Q4_0 or Q8_0) or auto, the faster here of f32 and, for such a "
     "file, "
     "int8 (default: auto)",
     -10},
    {"threads", OPTION_THREADS, "N", 0, "Threads (default: the cores available)", -10},
    {"quiet", OPTION_QUIET, NULL, 0, "No progress bars", -10},
    {0}};

long parse_whole(struct argp_state *state, const char *name, const char *text, long min, long max) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        argp_error(state, "--%s must be a whole number from %ld to %ld, not \"%s\"", name, min, max,
                   text);
    return value;
}

double parse_number(struct argp_state *state, const char *name, const char *text, double min,
                    double max) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= min && value <= max))
        argp_error(state, "--%s must be a number from %g to %g, not \"%s\"", name, min, max, text);
    return value;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    engine_options *o = state->input;
    switch (key) {
    case OPTION_MODEL:
        o->model = argument;
        return 0;
    case OPTION_ADAPTER:
        o->adapter = argument;
        return 0;
    case OPTION_PRECISION:
        if (!precision_parse(&o->p, argument))
            argp_error(state, "--precision is auto, f32, bf16 or int8, not \"%s\"", argument);
        return 0;
    case OPTION_THREADS:
        compute_set_threads((int)parse_whole(state, "threads", argument, 1, 1024));
        return 0;
    case OPTION_QUIET:
        o->quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp engine_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

static void show_share(void *context, double share) {
    progress_update(context, 100 * share);
}

dear_status engine_open(engine *out, const engine_options *o, dear_error *err) {
    *out = (engine){0};
    TRY(model_open_by_name(&out->m, o->model, o->adapter, err));
    progress bar;
    progress_start(&bar, o->quiet ? NULL : stderr, "loading the model", "%", 100);
    dear_status status = llama_open(&out->l, out->m, o->p, show_share, &bar, err);
    progress_finish(&bar);
    if (status != DEAR_OK)
        engine_close(out);
    return status;
}

void engine_close(engine *e) {
    llama_close(e->l);
    model_close(e->m);
    *e = (engine){0};
}

void engine_print_timing(const engine *e) {
    llama_profile profile;
    llama_get_profile(e->l, &profile);
    double total = 0;
    for (int i = 0; i < LLAMA_NUM_OPERATIONS; i++)
        total += profile.seconds[i];
    fprintf(stderr, "%-18s %9s %7s\n", "operation", "thread-s", "share");
    for (int i = 0; i < LLAMA_NUM_OPERATIONS; i++)
        fprintf(stderr, "%-18s %9.3f %6.1f%%\n", llama_operation_name((llama_operation)i),
                profile.seconds[i], total > 0 ? 100 * profile.seconds[i] / total : 0);
    fprintf(stderr, "%-18s %9.3f         %lld tokens in %.2f s, %.0f tokens/s, %s\n", "all", total,
            (long long)profile.tokens, profile.elapsed,
            profile.elapsed > 0 ? (double)profile.tokens / profile.elapsed : 0,
            precision_name(llama_precision(e->l)));
}
