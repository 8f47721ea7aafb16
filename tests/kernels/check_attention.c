/* Attention against its definition in double, with and without a shared prefix. */
#include "check.h"

#include "base/clock.h"
#include "compute/attention.h"
#include "compute/cpu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One sequence: its first `before` tokens serve as prefix, the rest are queries and own keys. */
typedef struct sequence {
    attention_shape shape;
    int64_t tokens;
    float *q, *k, *v; ///< [tokens, heads, head_dim]
} sequence;

static sequence make_sequence(int64_t heads, int64_t kv_heads, int64_t head_dim, int64_t tokens) {
    sequence s = {.tokens = tokens};
    s.shape = (attention_shape){.num_heads = heads,
                                .num_kv_heads = kv_heads,
                                .head_dim = head_dim,
                                .q_stride = heads * head_dim,
                                .out_stride = heads * head_dim,
                                .scale = 1 / sqrtf((float)head_dim)};
    s.q = check_random((size_t)(tokens * heads * head_dim), 11);
    s.k = check_random((size_t)(tokens * kv_heads * head_dim), 12);
    s.v = check_random((size_t)(tokens * kv_heads * head_dim), 13);
    for (int64_t i = 0; i < tokens * heads * head_dim; i++)
        s.q[i] *= 8; // so that some keys weigh much more than others
    return s;
}

static void free_sequence(sequence *s) {
    free(s->q);
    free(s->k);
    free(s->v);
}

static size_t out_size(const sequence *s) {
    return (size_t)(s->tokens * s->shape.out_stride);
}

/* Queries [first, first + count) with the first `before` keys as prefix. */
static attention_run run_of(const sequence *s, int64_t before, int64_t first, int64_t count,
                            float *out) {
    int64_t stride = s->shape.num_kv_heads * s->shape.head_dim;
    return (attention_run){
        .q = s->q + first * s->shape.q_stride,
        .out = out + first * s->shape.out_stride,
        .count = count,
        .prefix = {s->k, s->v, before, stride},
        .own = {s->k + before * stride, s->v + before * stride, s->tokens - before, stride},
        .own_visible = first + 1 - before};
}

static void naive_head(const sequence *s, int64_t query, int64_t head, double *weights,
                       float *out) {
    int64_t dim = s->shape.head_dim, stride = s->shape.num_kv_heads * dim;
    int64_t kv = head / (s->shape.num_heads / s->shape.num_kv_heads) * dim;
    const float *q = s->q + query * s->shape.q_stride + head * dim;
    double max = -INFINITY, sum = 0;
    for (int64_t j = 0; j <= query; j++) {
        weights[j] = 0;
        for (int64_t d = 0; d < dim; d++)
            weights[j] += (double)q[d] * s->k[j * stride + kv + d] * s->shape.scale;
        max = fmax(max, weights[j]);
    }
    for (int64_t j = 0; j <= query; j++)
        sum += weights[j] = exp(weights[j] - max);
    for (int64_t d = 0; d < dim; d++) {
        double value = 0;
        for (int64_t j = 0; j <= query; j++)
            value += weights[j] / sum * s->v[j * stride + kv + d];
        out[query * s->shape.out_stride + head * dim + d] = (float)value;
    }
}

static float *naive(const sequence *s) {
    float *out = check_alloc(out_size(s) * sizeof *out);
    double *weights = check_alloc((size_t)s->tokens * sizeof *weights);
    for (int64_t query = 0; query < s->tokens; query++)
        for (int64_t head = 0; head < s->shape.num_heads; head++)
            naive_head(s, query, head, weights, out);
    free(weights);
    return out;
}

/* Each query as a run of its own; several runs of a batch at once, one thread each. */
static void check_one_by_one(const sequence *s, const float *whole) {
    float *out = check_alloc(out_size(s) * sizeof *out);
#pragma omp parallel for num_threads(2)
    for (int64_t i = 0; i < s->tokens; i++) {
        attention_run run = run_of(s, i / 2, i, 1, out);
        if (attention_apply(&s->shape, &run, 1, NULL) != DEAR_OK)
            out[i * s->shape.out_stride] = NAN;
    }
    check_that(memcmp(out, whole, out_size(s) * sizeof *out) == 0,
               "attention %lld/%lld heads of %lld, %lld tokens: a query alone gets other bits",
               (long long)s->shape.num_heads, (long long)s->shape.num_kv_heads,
               (long long)s->shape.head_dim, (long long)s->tokens);
    free(out);
}

static void check_sequence(int64_t heads, int64_t kv_heads, int64_t dim, int64_t tokens) {
    sequence s = make_sequence(heads, kv_heads, dim, tokens);
    float *want = naive(&s), *whole = check_alloc(out_size(&s) * sizeof *whole);
    float *parts = check_alloc(out_size(&s) * sizeof *parts);
    dear_error err;
    attention_run run = run_of(&s, 0, 0, tokens, whole);
    check_that(attention_apply(&s.shape, &run, 1, &err) == DEAR_OK, "attention: %s", err.message);
    double error = check_difference(whole, want, out_size(&s));
    check_that(error < 2e-6,
               "attention %lld/%lld heads of %lld, %lld tokens: off by %.2g of the largest",
               (long long)heads, (long long)kv_heads, (long long)dim, (long long)tokens, error);

    /* The same queries as several runs, three of them behind a prefix, in another order. */
    int64_t a = tokens / 3, b = 2 * tokens / 3;
    attention_run runs[] = {run_of(&s, b, b, tokens - b, parts),
                            run_of(&s, a / 2, a, b - a, parts),
                            run_of(&s, 0, 0, a, parts),
                            {.q = s.q, .out = parts, .own = {s.k, s.v, 1, 0}, .own_visible = 1}};
    check_that(attention_apply(&s.shape, runs, 4, &err) == DEAR_OK, "attention: %s", err.message);
    check_that(memcmp(parts, whole, out_size(&s) * sizeof *parts) == 0,
               "attention %lld/%lld heads of %lld, %lld tokens: cutting runs changes bits",
               (long long)heads, (long long)kv_heads, (long long)dim, (long long)tokens);
    check_one_by_one(&s, whole);
    free(want);
    free(whole);
    free(parts);
    free_sequence(&s);
}

/* One query far into a long context. */
static void check_long(int64_t tokens) {
    sequence s = make_sequence(4, 2, 64, tokens);
    float *out = check_alloc(out_size(&s) * sizeof *out);
    float *want = check_alloc(out_size(&s) * sizeof *want);
    double *weights = check_alloc((size_t)tokens * sizeof *weights);
    attention_run run = run_of(&s, tokens / 2, tokens - 5, 5, out);
    check_that(attention_apply(&s.shape, &run, 1, NULL) == DEAR_OK, "attention: long");
    for (int64_t query = tokens - 5; query < tokens; query++)
        for (int64_t head = 0; head < 4; head++)
            naive_head(&s, query, head, weights, want);
    size_t at = (size_t)((tokens - 5) * s.shape.out_stride);
    double error = check_difference(out + at, want + at, out_size(&s) - at);
    check_that(error < 2e-6, "attention, %lld keys: off by %.2g of the largest", (long long)tokens,
               error);
    free(out);
    free(want);
    free(weights);
    free_sequence(&s);
}

static void check_refusals(void) {
    sequence s = make_sequence(4, 3, 8, 2);
    float out[64];
    attention_run run = run_of(&s, 0, 0, 2, out);
    check_that(attention_apply(&s.shape, &run, 1, NULL) == DEAR_ERROR_USAGE,
               "attention: 4 heads share 3 KV heads");
    s.shape.num_kv_heads = 2;
    run.own.count = 1;
    check_that(attention_apply(&s.shape, &run, 1, NULL) == DEAR_ERROR_USAGE,
               "attention: a run sees keys it lacks");
    free_sequence(&s);
}

/* Some sequences of `tokens`, whose queries from `first` on are computed. */
typedef struct workload {
    const char *name;
    int64_t heads, kv_heads, head_dim, sequences, tokens, first;
    int repeats;
} workload;

static double best_seconds(const workload *w, const sequence *s, const attention_run *runs) {
    double best = 1e9;
    for (int i = 0; i < w->repeats; i++) {
        double begin = clock_seconds();
        attention_apply(&s->shape, runs, (size_t)w->sequences, NULL);
        best = fmin(best, clock_seconds() - begin);
    }
    return best;
}

static void print_workload(const workload *w, int threads) {
    compute_set_threads(threads);
    sequence s = make_sequence(w->heads, w->kv_heads, w->head_dim, w->tokens);
    float *out = check_alloc(out_size(&s) * (size_t)w->sequences * sizeof *out);
    attention_run *runs = check_alloc((size_t)w->sequences * sizeof *runs);
    for (int64_t i = 0; i < w->sequences; i++)
        runs[i] = run_of(&s, 0, w->first, w->tokens - w->first, out + (size_t)i * out_size(&s));
    double seconds = best_seconds(w, &s, runs), sequences = (double)w->sequences;
    double pairs =
        sequences * (double)w->heads *
        ((double)w->tokens * (double)(w->tokens + 1) - (double)w->first * (double)(w->first + 1)) /
        2;
    double bytes = sequences * 8.0 * (double)(w->tokens * w->kv_heads * w->head_dim);
    printf("attention, %s, %d threads: %.2f ms, %.1f Gop/s, %.1f GB/s of keys and values\n",
           w->name, threads, 1e3 * seconds, 4 * (double)w->head_dim * pairs / seconds / 1e9,
           bytes / seconds / 1e9);
    free(runs);
    free(out);
    free_sequence(&s);
}

static void print_times(void) {
    static const workload workloads[] = {
        {"16 x 200 tokens, 9/3 heads of 64", 9, 3, 64, 16, 200, 0, 10},
        {"4 x 200 tokens, 32/8 heads of 128", 32, 8, 128, 4, 200, 0, 10},
        {"4096 tokens, 9/3 heads of 64", 9, 3, 64, 1, 4096, 0, 3},
        {"1 query of 4096 keys, 9/3 heads of 64", 9, 3, 64, 1, 4096, 4095, 50},
        {"1 query of 4096 keys, 32/8 heads of 128", 32, 8, 128, 1, 4096, 4095, 50},
    };
    int threads = compute_threads();
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        print_workload(&workloads[i], 1);
        if (threads > 1)
            print_workload(&workloads[i], threads);
    }
    compute_set_threads(threads);
}

void check_attention(const check_options *options) {
    static const int64_t shapes[][3] = {{1, 1, 1},  {4, 2, 8},  {9, 3, 64},  {4, 4, 10},
                                        {8, 1, 32}, {2, 1, 80}, {2, 2, 128}, {3, 1, 33}};
    static const int64_t lengths[] = {1, 2, 7, 17, 50, 130, 301};
    size_t count = options->quick ? 5 : sizeof lengths / sizeof *lengths;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t j = 0; j < count; j++)
            check_sequence(shapes[i][0], shapes[i][1], shapes[i][2], lengths[j]);
    if (!options->quick)
        check_long(9000);
    check_refusals();
    if (options->time)
        print_times();
}
