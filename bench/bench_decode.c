/*
 * How near decoding comes to the limit of memory: bench_decode MODEL [--tokens N] [--precision P]
 * Prints what the machine reads from memory a second and, for several sequences written together,
 * tokens a second and the share of that bandwidth which reading the weights takes.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "compute/cpu.h"
#include "llm/llama.h"
#include "llm/sampler.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_STREAMS = 8, PROMPT_TOKENS = 8, MOST_TOKENS = 4096, BANDWIDTH_ROUNDS = 8 };
static const size_t BLOCK_BYTES = 512 << 20; ///< far more than any cache holds

/* ---- the limit ---- */

/* Written by the threads that will read it, so that each part lies in its reader's memory. */
static void fill_with_ones(uint64_t *block, size_t count) {
#pragma omp parallel for num_threads(compute_threads()) schedule(static)
    for (size_t i = 0; i < count; i++)
        block[i] = 1;
}

static uint64_t sum(const uint64_t *block, size_t count) {
    uint64_t total = 0;
#pragma omp parallel for simd num_threads(compute_threads()) schedule(static) reduction(+ : total)
    for (size_t i = 0; i < count; i++)
        total += block[i];
    return total;
}

/* Bytes a second that all threads together read, the best of several rounds. */
static dear_status measure_bandwidth(double *out, dear_error *err) {
    size_t count = BLOCK_BYTES / sizeof(uint64_t);
    uint64_t *block = mem_alloc_aligned(BLOCK_BYTES);
    if (!block)
        return error_memory(err);
    fill_with_ones(block, count);
    *out = 0;
    for (int i = 0; i < BANDWIDTH_ROUNDS; i++) {
        double start = clock_seconds();
        if (sum(block, count) != count)
            abort(); // not to be expected; but a sum that is looked at has to be computed
        double reached = (double)BLOCK_BYTES / (clock_seconds() - start);
        *out = reached > *out ? reached : *out;
    }
    mem_free(block);
    return DEAR_OK;
}

/* ---- decoding ---- */

/* Sequences that are written together. */
typedef struct decoder {
    llama *l;
    size_t streams;
    kv_cache *caches[MOST_STREAMS];
    int32_t last[MOST_STREAMS]; ///< what each has just written
    float *hidden;              ///< [streams, H]
    float *logits;              ///< [streams, vocab_size]
    sampler *greedy;
} decoder;

static void decoder_close(decoder *d) {
    for (size_t i = 0; i < d->streams; i++)
        kv_cache_free(d->caches[i]);
    sampler_free(d->greedy);
    mem_free(d->hidden);
    mem_free(d->logits);
}

static dear_status decoder_open(decoder *d, llama *l, size_t streams, int64_t positions,
                                dear_error *err) {
    const llama_config *c = llama_get_config(l);
    *d = (decoder){.l = l, .streams = streams};
    for (size_t i = 0; i < streams; i++)
        TRY(kv_cache_create(&d->caches[i], c, positions, err));
    TRY(sampler_create(&d->greedy, &(sampler_options){.temperature = 0, .top_p = 1}, c->vocab_size,
                       err));
    d->hidden = mem_calloc(streams * (size_t)c->hidden_size, sizeof *d->hidden);
    d->logits = mem_calloc(streams * (size_t)c->vocab_size, sizeof *d->logits);
    return d->hidden && d->logits ? DEAR_OK : error_memory(err);
}

/* Every stream reads its `count` ids and writes one. */
static dear_status step(decoder *d, const int32_t *ids /* [streams, count] */, int64_t count,
                        dear_error *err) {
    llama_sequence sequences[MOST_STREAMS];
    for (size_t i = 0; i < d->streams; i++)
        sequences[i] = (llama_sequence){.ids = ids + (int64_t)i * count,
                                        .count = count,
                                        .cache = d->caches[i],
                                        .first_row = count - 1};
    int64_t rows = (int64_t)d->streams;
    TRY(llama_forward(d->l, sequences, d->streams, d->hidden, rows, err));
    TRY(llama_logits(d->l, d->hidden, rows, d->logits, err));
    int64_t vocab_size = llama_get_config(d->l)->vocab_size;
    for (int64_t i = 0; i < rows; i++)
        d->last[i] = sampler_next(d->greedy, d->logits + i * vocab_size);
    return DEAR_OK;
}

/* Different prompts, so that the streams write different texts. */
static dear_status read_prompts(decoder *d, dear_error *err) {
    int32_t ids[MOST_STREAMS * PROMPT_TOKENS];
    int64_t vocab_size = llama_get_config(d->l)->vocab_size;
    for (int i = 0; i < MOST_STREAMS * PROMPT_TOKENS; i++)
        ids[i] = (int32_t)((1000 + 37 * i) % vocab_size);
    return step(d, ids, PROMPT_TOKENS, err);
}

static dear_status write_tokens(decoder *d, long tokens, double *seconds, dear_error *err) {
    TRY(read_prompts(d, err));
    double start = clock_seconds();
    for (long i = 0; i < tokens; i++)
        TRY(step(d, d->last, 1, err));
    *seconds = clock_seconds() - start;
    return DEAR_OK;
}

static dear_status bench_streams(llama *l, size_t streams, long tokens, double bandwidth,
                                 dear_error *err) {
    decoder d;
    double seconds = 0;
    dear_status status = decoder_open(&d, l, streams, PROMPT_TOKENS + tokens, err);
    if (status == DEAR_OK)
        status = write_tokens(&d, tokens, &seconds, err);
    decoder_close(&d);
    TRY(status);
    double steps = (double)tokens / seconds, bytes = (double)llama_weight_bytes(l);
    printf("%7zu %9.1f %9.1f %9.1f %9.1f %8.0f%%\n", streams, steps * (double)streams, steps,
           bytes / 1e6, bytes * steps / 1e9, 100 * bytes * steps / bandwidth);
    fflush(stdout);
    return DEAR_OK;
}

/* ---- the program ---- */

typedef struct arguments {
    const char *model;
    long tokens;
    precision p;
} arguments;

static const struct argp_option options[] = {
    {"tokens", 'n', "N", 0, "Tokens that each stream writes, 1 to 4096 (default: 64)", 0},
    {"precision", 'p', "P", 0, "auto, f32, bf16 or int8 (default: auto)", 0},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    arguments *a = state->input;
    char *end;
    switch (key) {
    case 'n':
        a->tokens = strtol(argument, &end, 10);
        if (*end || a->tokens < 1 || a->tokens > MOST_TOKENS)
            argp_error(state, "--tokens must be from 1 to %d, not \"%s\"", MOST_TOKENS, argument);
        return 0;
    case 'p':
        if (!precision_parse(&a->p, argument))
            argp_error(state, "--precision is auto, f32, bf16 or int8, not \"%s\"", argument);
        return 0;
    case ARGP_KEY_ARG:
        if (a->model)
            argp_usage(state);
        a->model = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp program = {
    options, parse, "MODEL", "How near decoding comes to the limit of memory", NULL, NULL, NULL};

static dear_status run(llama *l, long tokens, dear_error *err) {
    double bandwidth = 0;
    TRY(measure_bandwidth(&bandwidth, err));
    printf("%s, %d threads, memory read at %.1f GB/s; weights in %s\n", cpu_get_features()->name,
           compute_threads(), bandwidth / 1e9, precision_name(llama_precision(l)));
    printf("streams  tokens/s  a stream   MB/step      GB/s  of memory\n");
    for (size_t streams = 1; streams <= MOST_STREAMS; streams *= 2)
        TRY(bench_streams(l, streams, tokens, bandwidth, err));
    return DEAR_OK;
}

static dear_status open_and_run(const arguments *a, dear_error *err) {
    model *m;
    llama *l = NULL;
    TRY(model_open_by_name(&m, a->model, NULL, err));
    dear_status status = llama_open(&l, m, a->p, NULL, NULL, err);
    if (status == DEAR_OK)
        status = run(l, a->tokens, err);
    llama_close(l);
    model_close(m);
    return status;
}

int main(int argc, char **argv) {
    arguments a = {.tokens = 64, .p = PRECISION_AUTO};
    dear_error err;
    argp_err_exit_status = 2;
    argp_parse(&program, argc, argv, 0, NULL, &a);
    if (open_and_run(&a, &err) == DEAR_OK)
        return 0;
    fprintf(stderr, "bench_decode: %s\n", err.message);
    return 1;
}
