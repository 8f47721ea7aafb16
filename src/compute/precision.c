/* Names of precisions, and which is fastest here. */
#include "base/clock.h"
#include "base/memory.h"
#include "compute/backend.h"
#include "compute/cpu.h"

#include <pthread.h>
#include <string.h>

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
    static const char *const onednn[] = {"", "oneDNN f32", "oneDNN bf16", "oneDNN s8s8s32"};
    static const char *const panels[][4] = {
        [CPU_PLAIN] = {"", "plain f32", "plain bf16 as f32", "plain int8"},
        [CPU_AVX2] = {"", "AVX2 f32", "AVX2 bf16 as f32", "AVX2 int8"},
        [CPU_AVX512] = {"", "AVX-512 f32", "AVX-512 bf16 as f32", "AVX-512 int8"},
        [CPU_AVX512_VNNI] = {"", "AVX-512 f32", "AVX-512 bf16 as f32", "AVX-512 int8"},
    };
    if (p == PRECISION_AUTO)
        p = precision_choose();
    return backend_for(p) == BACKEND_ONEDNN ? onednn[p] : panels[cpu_get_features()->level][p];
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

/* The shortest of `times` applications, in seconds; 0 when there is no memory. */
static double time_apply(const linear *l, linear_scratch *scratch, const float *x, int64_t tokens,
                         float *y, int times) {
    double best = 0;
    for (int i = 0; i <= times; i++) { // the first warms up
        double begin = clock_seconds();
        if (linear_apply(l, scratch, x, tokens, y, NULL) != DEAR_OK)
            return 0;
        double taken = clock_seconds() - begin;
        if (i > 0 && (best == 0 || taken < best))
            best = taken;
    }
    return best;
}

/* Operations a second on a [tokens, in] x [in, out] product; 0 when there is no memory. */
static double speed(precision p, int64_t tokens, int64_t in, int64_t out, int times) {
    linear *l = NULL;
    linear_scratch *scratch = NULL;
    float *x = mem_calloc((size_t)(tokens * in), sizeof *x);
    float *y = mem_calloc((size_t)(tokens * out), sizeof *y);
    double best = 0;
    if (x && y && linear_create(&l, out, in, p, any_weight, &in, NULL) == DEAR_OK &&
        linear_scratch_create(&scratch, NULL) == DEAR_OK) {
        any_weight(&in, 0, tokens, x, NULL);
        best = time_apply(l, scratch, x, tokens, y, times);
    }
    linear_free(l);
    linear_scratch_free(scratch);
    mem_free(x);
    mem_free(y);
    return best > 0 ? 2.0 * (double)tokens * (double)in * (double)out / best : 0;
}

double linear_peak(precision p) {
    return speed(p == PRECISION_AUTO ? precision_choose() : p, 1024, 1024, 1024, 5);
}

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static precision fastest;

/* A small model's MLP on a short batch. What rounds more than float32 must earn it by 15 %. */
static void ask(void) {
    fastest = PRECISION_F32;
    double best = 1.15 * speed(PRECISION_F32, 128, 1536, 576, 3);
    for (precision p = PRECISION_BF16; p <= PRECISION_INT8; p++) {
        if (p == PRECISION_BF16 && backend_for(p) != BACKEND_ONEDNN)
            continue; // without bf16 instructions it computes in float32
        double reached = speed(p, 128, 1536, 576, 3);
        if (reached > best) {
            best = reached;
            fastest = p;
        }
    }
}

precision precision_choose(void) {
    pthread_once(&asked, ask);
    return fastest;
}
