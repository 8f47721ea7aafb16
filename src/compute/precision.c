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

precision precision_resolve(precision p) {
    return p == PRECISION_AUTO ? PRECISION_F32 : p;
}

const char *linear_backend(precision p) {
    static const char *const onednn[] = {"", "oneDNN f32", "oneDNN bf16"};
    static const char *const panels[][3] = {
        [CPU_PLAIN] = {"", "plain C f32", "plain C bf16 as f32"},
        [CPU_AVX2] = {"", "AVX2 f32", "AVX2 bf16 as f32"},
        [CPU_AVX512] = {"", "AVX-512 f32", "AVX-512 bf16 as f32"},
        [CPU_AVX512_VNNI] = {"", "AVX-512 f32", "AVX-512 bf16 as f32"},
    };
    p = precision_resolve(p);
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

/* Seconds that one application takes by `clock`; infinite when there is no memory. */
static double trial_run(const trial *t, double (*clock)(void)) {
    double begin = clock();
    linear_rows rows = {.x = t->x, .tokens = t->tokens};
    if (!t->layer || linear_apply(t->layer, t->scratch, &rows, t->y, NULL) != DEAR_OK)
        return INFINITY;
    return clock() - begin;
}

double linear_peak(precision p) {
    trial t = trial_open(precision_resolve(p), 1024, 1024, 1024);
    double best = INFINITY;
    for (int i = 0; i < 6; i++)
        best = fmin(best, trial_run(&t, clock_seconds));
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

/* Without bf16 instructions bf16 is computed in float32, and not worth a trial. */
static bool may_be_fastest(precision p) {
    return p != PRECISION_BF16 || backend_for(p) == BACKEND_ONEDNN;
}

/*
 * A small layer on a short batch, all precisions in turn, by the processor time of one thread: the
 * same machine must come to the same answer however busy it is. What rounds more than float32 must
 * earn it by 15 %.
 */
static void ask(void) {
    enum { ROUNDS = 8 };
    trial trials[PRECISION_INT8 + 1];
    double best[PRECISION_INT8 + 1];
    int threads = compute_threads();
    compute_set_threads(1);
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        trials[p] = may_be_fastest(p) ? trial_open(p, 96, 576, 576) : (trial){0};
        best[p] = INFINITY;
    }
    for (int i = 0; i < ROUNDS; i++)
        for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++)
            best[p] = fmin(best[p], trial_run(&trials[p], thread_seconds));
    compute_set_threads(threads);
    fastest = PRECISION_F32;
    best[PRECISION_F32] /= 1.15;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        if (best[p] < best[fastest])
            fastest = p;
        trial_close(&trials[p]);
    }
}

precision precision_fastest(void) {
    pthread_once(&asked, ask);
    return fastest;
}
