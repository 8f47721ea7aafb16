/*
 * Matrix products of LLaMA shapes in each precision: operations a second and share of the peak, a
 * large square product of the same precision.
 *
 *   bench_gemm [THREADS]
 */
#include "base/clock.h"
#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/linear.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_TOKENS = 4096, MOST_OUTPUTS = 64 << 20 };
static const double SECONDS_A_ROW = 0.3;

typedef struct shape {
    int64_t in, out;
    const char *what;
} shape;

static const shape shapes[] = {
    {576, 576, "SmolLM2-135M query, output"}, {576, 1536, "SmolLM2-135M gate, up"},
    {1536, 576, "SmolLM2-135M down"},         {576, 49152, "SmolLM2-135M logits"},
    {2048, 8192, "LLaMA-3.2-1B gate, up"},
};

static const int64_t token_counts[] = {1, 8, 64, 512, MOST_TOKENS};

static dear_status weight(void *context, int64_t first, int64_t count, float *out,
                          dear_error *err) {
    (void)err;
    int64_t in = *(const int64_t *)context;
    uint32_t state = (uint32_t)first + 1;
    for (int64_t i = 0; i < count * in; i++) {
        state = state * 1664525u + 1013904223u;
        out[i] = (float)(state >> 8) * 0x1p-23f - 1;
    }
    return DEAR_OK;
}

/* The shortest of repeated applications. */
static double best_time(const linear *l, linear_scratch *scratch, const float *x, int64_t tokens,
                        float *y) {
    linear_rows rows = {.x = x, .tokens = tokens};
    double best = 1e9, begin = clock_seconds();
    for (int i = 0; i < 2 || clock_seconds() - begin < SECONDS_A_ROW; i++) {
        double start = clock_seconds();
        if (linear_apply(l, scratch, &rows, y, NULL) != DEAR_OK)
            exit(1);
        double taken = clock_seconds() - start;
        best = taken < best ? taken : best;
    }
    return best;
}

static void bench_shape(const shape *s, precision p, double peak) {
    linear *l = NULL;
    linear_scratch *scratch = NULL;
    int64_t in = s->in;
    float *x = mem_calloc((size_t)(MOST_TOKENS * s->in), sizeof *x);
    float *y = mem_calloc(MOST_OUTPUTS, sizeof *y);
    linear_source source = {.rows = weight, .context = &in};
    double begin = clock_seconds();
    if (!x || !y || linear_create(&l, s->out, s->in, p, &source, NULL) != DEAR_OK ||
        linear_scratch_create(&scratch, NULL) != DEAR_OK)
        exit(1);
    double packing = clock_seconds() - begin;
    weight(&in, 0, MOST_TOKENS, x, NULL);
    printf("%-4s %5lld x %-6lld %-27s packed in %.0f ms\n", precision_name(p), (long long)s->in,
           (long long)s->out, s->what, 1e3 * packing);
    for (size_t i = 0; i < sizeof token_counts / sizeof *token_counts; i++) {
        int64_t tokens = token_counts[i];
        if (tokens * s->out > MOST_OUTPUTS)
            continue;
        double taken = best_time(l, scratch, x, tokens, y);
        double reached = 2.0 * (double)tokens * (double)s->in * (double)s->out / taken;
        printf("     T %4lld %9.3f ms %8.1f Gop/s %4.0f%% of peak %6.1f GB/s of weights\n",
               (long long)tokens, 1e3 * taken, reached / 1e9, 100 * reached / peak,
               (double)linear_bytes(l) / taken / 1e9);
    }
    linear_free(l);
    linear_scratch_free(scratch);
    mem_free(x);
    mem_free(y);
}

int main(int argc, char **argv) {
    if (argc > 1)
        compute_set_threads(atoi(argv[1]));
    printf("%s, %d threads, the faster of f32 and int8 is %s\n", cpu_get_features()->name,
           compute_threads(), precision_name(precision_fastest()));
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        double peak = linear_peak(p);
        printf("\n%s: %s, peak %.1f Gop/s\n", precision_name(p), linear_backend(p), peak / 1e9);
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            bench_shape(&shapes[i], p, peak);
    }
    return 0;
}
