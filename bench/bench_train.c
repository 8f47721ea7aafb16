/*
 * bench_train MODEL [--precision f32|bf16] [--sequences N] [--tokens T] [--steps S] [--memory BYTES]:
 * how fast a LoRA step of stage 1 is: forward and backward of N sequences of T tokens, no optimizer.
 */
#define _GNU_SOURCE
#include "base/clock.h"
#include "base/memory.h"
#include "compute/cpu.h"
#include "llm/learner.h"
#include "model/model.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct bench {
    const char *name;
    precision base;
    int64_t sequences, tokens, steps;
    double memory;
    double dropout;
    bool full;
} bench;

enum {
    OPTION_PRECISION = 1,
    OPTION_SEQUENCES,
    OPTION_TOKENS,
    OPTION_STEPS,
    OPTION_MEMORY,
    OPTION_DROPOUT,
    OPTION_FULL
};

static const struct argp_option options[] = {
    {"precision", OPTION_PRECISION, "P", 0, "Of the frozen weights: f32 (default) or bf16", 0},
    {"sequences", OPTION_SEQUENCES, "N", 0, "Sequences a step (default: 8)", 0},
    {"tokens", OPTION_TOKENS, "T", 0, "Tokens of each (default: 200)", 0},
    {"steps", OPTION_STEPS, "S", 0, "Steps that are measured, after one that is not (default: 3)",
     0},
    {"memory", OPTION_MEMORY, "BYTES", 0, "Budget of weights and tape", 0},
    {"dropout", OPTION_DROPOUT, "P", 0, "Dropout of LoRA's inputs (default: 0.1)", 0},
    {"full", OPTION_FULL, NULL, 0, "All weights learn", 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    bench *b = state->input;
    switch (key) {
    case OPTION_PRECISION:
        if (!precision_parse(&b->base, argument))
            argp_error(state, "no precision \"%s\"", argument);
        return 0;
    case OPTION_SEQUENCES:
        b->sequences = atoll(argument);
        return 0;
    case OPTION_TOKENS:
        b->tokens = atoll(argument);
        return 0;
    case OPTION_STEPS:
        b->steps = atoll(argument);
        return 0;
    case OPTION_MEMORY:
        b->memory = atof(argument);
        return 0;
    case OPTION_DROPOUT:
        b->dropout = atof(argument);
        return 0;
    case OPTION_FULL:
        b->full = true;
        return 0;
    case ARGP_KEY_ARG:
        b->name = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct work {
    learner *l;
    int32_t *ids;
    llama_sequence *sequences;
    float *hidden, *dhidden;
} work;

static dear_status prepare(work *w, const bench *b, dear_error *err) {
    const llama_config *c = learner_get_config(w->l);
    size_t tokens = (size_t)(b->sequences * b->tokens);
    w->ids = mem_calloc(tokens, sizeof *w->ids);
    w->sequences = mem_calloc((size_t)b->sequences, sizeof *w->sequences);
    w->hidden = mem_calloc((size_t)(b->sequences * c->hidden_size), sizeof *w->hidden);
    w->dhidden = mem_calloc((size_t)(b->sequences * c->hidden_size), sizeof *w->dhidden);
    if (!w->ids || !w->sequences || !w->hidden || !w->dhidden)
        return error_memory(err);
    for (size_t i = 0; i < tokens; i++)
        w->ids[i] = (int32_t)((i * 7919 + 13) % (size_t)c->vocab_size);
    for (int64_t i = 0; i < b->sequences; i++)
        w->sequences[i] = (llama_sequence){
            .ids = w->ids + i * b->tokens, .count = b->tokens, .first_row = b->tokens - 1};
    for (int64_t i = 0; i < b->sequences * c->hidden_size; i++)
        w->dhidden[i] = (float)(i % 17 - 8) / 100;
    return DEAR_OK;
}

static dear_status run_step(work *w, const bench *b, uint64_t step, dear_error *err) {
    learner_batch batch = {w->sequences, (size_t)b->sequences, true, step};
    TRY(learner_forward(w->l, &batch, w->hidden, b->sequences, err));
    return learner_backward(w->l, w->dhidden, err);
}

static double peak_megabytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static dear_status measure(work *w, const bench *b, dear_error *err) {
    TRY(prepare(w, b, err));
    TRY(run_step(w, b, 0, err));
    double operations = learner_operations(w->l), begin = clock_seconds();
    for (int64_t step = 1; step <= b->steps; step++)
        TRY(run_step(w, b, (uint64_t)step, err));
    double seconds = clock_seconds() - begin;
    double rate = (learner_operations(w->l) - operations) / seconds, peak = linear_peak(b->base);
    printf("%s, %s, %d threads, %lld x %lld tokens: %.0f tokens/s, %.2f s a step, %.0f Gflop/s in "
           "all, %.0f %% of the %s peak of %.0f; %.0f MB\n",
           b->name, precision_name(b->base), compute_threads(), (long long)b->sequences,
           (long long)b->tokens, (double)(b->sequences * b->tokens * b->steps) / seconds,
           seconds / (double)b->steps, rate * 1e-9, 100 * rate / peak, precision_name(b->base),
           peak * 1e-9, peak_megabytes());
    return DEAR_OK;
}

static dear_status run(const bench *b, model *m, dear_error *err) {
    work w = {0};
    learner_options o = learner_defaults();
    o.base = b->base;
    o.memory = (size_t)b->memory;
    o.dropout = b->dropout;
    o.full = b->full;
    TRY(learner_open(&w.l, m, &o, NULL, NULL, err));
    dear_status status = measure(&w, b, err);
    mem_free(w.ids);
    mem_free(w.sequences);
    mem_free(w.hidden);
    mem_free(w.dhidden);
    learner_close(w.l);
    return status;
}

int main(int argc, char **argv) {
    static const struct argp argp = {options, parse, "MODEL", "How fast a training step is.",
                                     0,       0,     0};
    bench b = {.base = PRECISION_F32, .sequences = 8, .tokens = 200, .steps = 3, .dropout = 0.1};
    argp_parse(&argp, argc, argv, 0, NULL, &b);
    dear_error err;
    model *m;
    dear_status status = model_open_by_name(&m, b.name, NULL, &err);
    if (status == DEAR_OK) {
        status = run(&b, m, &err);
        model_close(m);
    }
    if (status != DEAR_OK)
        fprintf(stderr, "bench_train: %s\n", err.message);
    return status != DEAR_OK;
}
