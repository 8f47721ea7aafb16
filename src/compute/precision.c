/* Names of precisions, and which is fastest here. */
#define _GNU_SOURCE
#include "base/clock.h"
#include "base/memory.h"
#include "compute/backend.h"
#include "compute/cpu.h"
#include "compute/groups.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {"auto", "f32", "bf16", "int8"};

const char *precision_name(precision p) {
    return names[p];
}

bool precision_parse(precision *out, const char *name) {
    for (precision p = PRECISION_AUTO; p <= PRECISION_INT8; p++)
        if (strcmp(name, names[p]) == 0) {
            *out = p;
            return true;
        }
    return false;
}

const char *linear_backend(precision p) {
    static const char *const onednn[] = {"", "oneDNN f32", "oneDNN bf16"};
    static const char *const panels[][3] = {
        [CPU_PLAIN] = {"", "plain C f32", "plain C bf16 as f32"},
        [CPU_AVX2] = {"", "AVX2 f32", "AVX2 bf16 as f32"},
        [CPU_AVX512] = {"", "AVX-512 f32", "AVX-512 bf16 as f32"},
        [CPU_AVX512_VNNI] = {"", "AVX-512 f32", "AVX-512 bf16 as f32"},
    };
    switch (backend_for(p)) {
    case BACKEND_ONEDNN:
        return onednn[p];
    case BACKEND_GROUPED:
        return group_kernels_get()->name;
    case BACKEND_PANELS:
        break;
    }
    return panels[cpu_get_features()->level][p];
}

/* A weight of small numbers that differ. */
static dear_status any_weight(void *context, int64_t first, int64_t count, float *out,
                              dear_error *err) {
    (void)err;
    int64_t in = *(const int64_t *)context;
    for (int64_t i = 0; i < count * in; i++)
        out[i] = (float)((first * in + i) * 37 % 101 - 50) / 101;
    return DEAR_OK;
}

/* A layer and activations to time it on. */
typedef struct trial {
    linear *layer; ///< NULL when there was no memory
    linear_scratch *scratch;
    float *x, *y; ///< [tokens, in], [tokens, out]
    int64_t tokens, in, out;
} trial;

static void trial_close(trial *t) {
    linear_free(t->layer);
    linear_scratch_free(t->scratch);
    mem_free(t->x);
    mem_free(t->y);
    *t = (trial){0};
}

static trial trial_open(precision p, int64_t tokens, int64_t in, int64_t out) {
    trial t = {.tokens = tokens, .in = in, .out = out};
    linear_source source = {.rows = any_weight, .context = &in};
    t.x = mem_calloc((size_t)(tokens * in), sizeof *t.x);
    t.y = mem_calloc((size_t)(tokens * out), sizeof *t.y);
    if (!t.x || !t.y || linear_scratch_create(&t.scratch, NULL) != DEAR_OK ||
        linear_create(&t.layer, out, in, p, &source, NULL) != DEAR_OK)
        trial_close(&t);
    else
        any_weight(&in, 0, tokens, t.x, NULL);
    return t;
}

/* Seconds that one application takes by `clock`, of which `precise` rows are (int8) precise;
 * infinite when there is no memory. */
static double trial_run(const trial *t, int64_t precise, double (*clock)(void)) {
    row_range range = {0, precise};
    linear_rows rows = {
        .x = t->x, .tokens = t->tokens, .precise = &range, .num_precise = precise > 0};
    double begin = clock();
    if (!t->layer || linear_apply(t->layer, t->scratch, &rows, t->y, NULL) != DEAR_OK)
        return INFINITY;
    return clock() - begin;
}

double linear_peak(precision p) {
    trial t = trial_open(p, 1024, 1024, 1024);
    double best = INFINITY;
    for (int i = 0; i < 6; i++)
        best = fmin(best, trial_run(&t, 0, clock_seconds));
    double operations = 2.0 * (double)t.tokens * (double)t.in * (double)t.out;
    trial_close(&t);
    return operations / best;
}

/* Seconds of processor time that this thread has used. */
static double thread_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static precision fastest;

/*
 * A small layer on a short batch, both in turn, by the processor time of one thread: the same machine
 * must come to the same answer however busy it is. Half of int8's rows are precise, as half of a
 * layer's products are. int8 rounds, so it must earn that by 15 %.
 */
static void ask(void) {
    enum { ROUNDS = 8, TOKENS = 96 };
    int threads = compute_threads();
    compute_set_threads(1);
    trial f32 = trial_open(PRECISION_F32, TOKENS, 576, 576);
    trial int8 = trial_open(PRECISION_INT8, TOKENS, 576, 576);
    double best_f32 = INFINITY, best_int8 = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        best_f32 = fmin(best_f32, trial_run(&f32, 0, thread_seconds));
        best_int8 = fmin(best_int8, trial_run(&int8, TOKENS / 2, thread_seconds));
    }
    compute_set_threads(threads);
    trial_close(&f32);
    trial_close(&int8);
    fastest = 1.15 * best_int8 < best_f32 ? PRECISION_INT8 : PRECISION_F32;
}

precision precision_fastest(void) {
    pthread_once(&asked, ask);
    return fastest;
}
