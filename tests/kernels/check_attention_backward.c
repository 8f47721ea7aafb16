/* The gradient of attention against the chain rule in double, and against forward itself. */
#include "check.h"

#include "base/clock.h"
#include "compute/attention_backward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAD = 3 }; ///< floats between rows, so that strides are not widths

/* Sequences of one shape, end to end; gradients lie as what they are gradients of. */
typedef struct batch {
    attention_shape shape;
    int64_t kv_stride;
    size_t count;
    const int64_t *lengths; ///< [count]
    size_t tokens;
    float *q, *k, *v, *out, *dout;
    float *dq, *dk, *dv;
} batch;

static batch make_batch(int64_t heads, int64_t kv_heads, int64_t dim, const int64_t *lengths,
                        size_t count) {
    batch b = {.shape = {heads, kv_heads, dim, heads * dim + PAD, heads * dim + 2 * PAD,
                         1 / sqrtf((float)dim)},
               .kv_stride = kv_heads * dim + PAD,
               .count = count,
               .lengths = lengths};
    for (size_t i = 0; i < count; i++)
        b.tokens += (size_t)lengths[i];
    size_t q_size = b.tokens * (size_t)b.shape.q_stride;
    size_t out_size = b.tokens * (size_t)b.shape.out_stride;
    size_t kv_size = b.tokens * (size_t)b.kv_stride;
    b.q = check_random(q_size, 1);
    b.k = check_random(kv_size, 2);
    b.v = check_random(kv_size, 3);
    b.out = check_random(out_size, 4);
    b.dout = check_random(out_size, 5);
    b.dq = check_random(q_size, 6);
    b.dk = check_random(kv_size, 7);
    b.dv = check_random(kv_size, 8);
    for (size_t i = 0; i < q_size; i++)
        b.q[i] *= 3; // weights far from even
    return b;
}

static void free_batch(batch *b) {
    free(b->q);
    free(b->k);
    free(b->v);
    free(b->out);
    free(b->dout);
    free(b->dq);
    free(b->dk);
    free(b->dv);
}

static size_t first_token(const batch *b, size_t sequence) {
    size_t first = 0;
    for (size_t i = 0; i < sequence; i++)
        first += (size_t)b->lengths[i];
    return first;
}

static void forward(const batch *b, size_t sequence) {
    size_t first = first_token(b, sequence), kv = first * (size_t)b->kv_stride;
    int64_t tokens = b->lengths[sequence];
    if (tokens == 0)
        return;
    attention_run run = {.q = b->q + first * (size_t)b->shape.q_stride,
                         .out = b->out + first * (size_t)b->shape.out_stride,
                         .count = tokens,
                         .own = {b->k + kv, b->v + kv, tokens, b->kv_stride},
                         .own_visible = 1};
    check_that(attention_apply(&b->shape, &run, 1, NULL) == DEAR_OK, "attention, forward");
}

static attention_gradient_run run_of(const batch *b, size_t sequence) {
    size_t first = first_token(b, sequence), q = first * (size_t)b->shape.q_stride;
    size_t out = first * (size_t)b->shape.out_stride, kv = first * (size_t)b->kv_stride;
    return (attention_gradient_run){.q = b->q + q,
                                    .k = b->k + kv,
                                    .v = b->v + kv,
                                    .out = b->out + out,
                                    .dout = b->dout + out,
                                    .dq = b->dq + q,
                                    .dk = b->dk + kv,
                                    .dv = b->dv + kv,
                                    .count = b->lengths[sequence],
                                    .kv_stride = b->kv_stride};
}

static dear_status backward(const batch *b) {
    attention_gradient_run *runs = check_alloc(b->count * sizeof *runs);
    for (size_t i = 0; i < b->count; i++)
        runs[i] = run_of(b, i);
    dear_status status = attention_backward(&b->shape, runs, b->count, NULL);
    free(runs);
    return status;
}

/* ---- the chain rule, in double ---- */

typedef struct gradients {
    double *dq, *dk, *dv; ///< laid out as the batch's
} gradients;

static double *zeros(size_t n) {
    double *x = check_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = 0;
    return x;
}

static double dot(const float *x, const float *y, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)x[i] * y[i];
    return sum;
}

/* Weights [query + 1] of one query of one head over the keys `k`. */
static void weigh(const batch *b, const float *q, const float *k, int64_t query, double *weights) {
    double max = -INFINITY, sum = 0;
    for (int64_t j = 0; j <= query; j++) {
        weights[j] = dot(q, k + j * b->kv_stride, b->shape.head_dim) * b->shape.scale;
        max = fmax(max, weights[j]);
    }
    for (int64_t j = 0; j <= query; j++)
        sum += weights[j] = exp(weights[j] - max);
    for (int64_t j = 0; j <= query; j++)
        weights[j] /= sum;
}

static void differentiate(const batch *b, const gradients *g, size_t first, int64_t query,
                          int64_t head, double *weights, double *dweights) {
    int64_t dim = b->shape.head_dim, kv_head = head / (b->shape.num_heads / b->shape.num_kv_heads);
    size_t kv = first * (size_t)b->kv_stride + (size_t)(kv_head * dim);
    size_t at = (first + (size_t)query) * (size_t)b->shape.q_stride + (size_t)(head * dim);
    const float *k = b->k + kv, *v = b->v + kv, *q = b->q + at;
    const float *dout =
        b->dout + (first + (size_t)query) * (size_t)b->shape.out_stride + head * dim;
    double mean = 0;
    weigh(b, q, k, query, weights);
    for (int64_t j = 0; j <= query; j++) {
        dweights[j] = dot(dout, v + j * b->kv_stride, dim);
        mean += weights[j] * dweights[j];
    }
    for (int64_t j = 0; j <= query; j++) {
        double dscore = weights[j] * (dweights[j] - mean) * b->shape.scale;
        size_t row = kv + (size_t)(j * b->kv_stride);
        for (int64_t d = 0; d < dim; d++) {
            g->dv[row + (size_t)d] += weights[j] * dout[d];
            g->dk[row + (size_t)d] += dscore * q[d];
            g->dq[at + (size_t)d] += dscore * k[j * b->kv_stride + d];
        }
    }
}

static gradients naive(const batch *b) {
    gradients g = {zeros(b->tokens * (size_t)b->shape.q_stride),
                   zeros(b->tokens * (size_t)b->kv_stride),
                   zeros(b->tokens * (size_t)b->kv_stride)};
    double *weights = zeros(b->tokens + 1), *dweights = zeros(b->tokens + 1);
    for (size_t i = 0; i < b->count; i++)
        for (int64_t query = 0; query < b->lengths[i]; query++)
            for (int64_t head = 0; head < b->shape.num_heads; head++)
                differentiate(b, &g, first_token(b, i), query, head, weights, dweights);
    free(weights);
    free(dweights);
    return g;
}

/* As check_difference, of the first `width` of `stride`; what stands between rows must be as
 * check_random(seed) made it. */
static double difference(const float *got, const double *want, size_t rows, size_t width,
                         size_t stride, uint32_t seed) {
    float *before = check_random(rows * stride, seed);
    double most = 0, largest = 0;
    for (size_t i = 0; i < rows * stride; i++) {
        if (i % stride >= width) {
            most = got[i] == before[i] ? most : INFINITY;
            continue;
        }
        double error = fabs(got[i] - want[i]);
        most = isnan(error) ? INFINITY : fmax(most, error);
        largest = fmax(largest, fabs(want[i]));
    }
    free(before);
    return largest == 0 ? most : most / largest;
}

static void compare(const batch *b, const char *name) {
    gradients g = naive(b);
    size_t q_width = (size_t)(b->shape.num_heads * b->shape.head_dim);
    size_t kv_width = (size_t)(b->shape.num_kv_heads * b->shape.head_dim);
    double dq = difference(b->dq, g.dq, b->tokens, q_width, (size_t)b->shape.q_stride, 6);
    double dk = difference(b->dk, g.dk, b->tokens, kv_width, (size_t)b->kv_stride, 7);
    double dv = difference(b->dv, g.dv, b->tokens, kv_width, (size_t)b->kv_stride, 8);
    check_that(dq < 3e-6 && dk < 3e-6 && dv < 3e-6,
               "attention_backward %s: dq, dk, dv are off by %.2g, %.2g, %.2g of the largest", name,
               dq, dk, dv);
    free(g.dq);
    free(g.dk);
    free(g.dv);
}

/* ---- bits ---- */

static bool same_bits(const batch *b, const batch *c) {
    size_t q_bytes = b->tokens * (size_t)b->shape.q_stride * sizeof(float);
    size_t kv_bytes = b->tokens * (size_t)b->kv_stride * sizeof(float);
    return memcmp(b->dq, c->dq, q_bytes) == 0 && memcmp(b->dk, c->dk, kv_bytes) == 0 &&
           memcmp(b->dv, c->dv, kv_bytes) == 0;
}

static batch make_like(const batch *b) {
    batch c = make_batch(b->shape.num_heads, b->shape.num_kv_heads, b->shape.head_dim, b->lengths,
                         b->count);
    memcpy(c.out, b->out, b->tokens * (size_t)b->shape.out_stride * sizeof *c.out);
    return c;
}

static void check_threads(const batch *b, const char *name) {
    int threads = compute_threads();
    for (int t = 1; t <= 5; t += 2) {
        batch c = make_like(b);
        compute_set_threads(t);
        check_that(backward(&c) == DEAR_OK && same_bits(b, &c),
                   "attention_backward %s: %d threads change bits", name, t);
        free_batch(&c);
    }
    compute_set_threads(threads);
}

/* Each sequence by itself, several at the same time, one thread each. */
static void check_alone(const batch *b, const char *name) {
    batch c = make_like(b);
    bool done = true;
#pragma omp parallel for num_threads(2) reduction(&& : done)
    for (size_t i = 0; i < c.count; i++) {
        attention_gradient_run run = run_of(&c, i);
        done = done && attention_backward(&c.shape, &run, 1, NULL) == DEAR_OK;
    }
    check_that(done && same_bits(b, &c), "attention_backward %s: a sequence alone gets other bits",
               name);
    free_batch(&c);
}

static void check_batch(int64_t heads, int64_t kv_heads, int64_t dim, const int64_t *lengths,
                        size_t count) {
    char name[96];
    snprintf(name, sizeof name, "%lld/%lld heads of %lld, %zu sequences, the first of %lld",
             (long long)heads, (long long)kv_heads, (long long)dim, count, (long long)lengths[0]);
    batch b = make_batch(heads, kv_heads, dim, lengths, count);
    for (size_t i = 0; i < count; i++)
        forward(&b, i);
    check_that(backward(&b) == DEAR_OK, "attention_backward %s fails", name);
    compare(&b, name);
    check_threads(&b, name);
    check_alone(&b, name);
    free_batch(&b);
}

static void check_refusals(void) {
    int64_t length = 2;
    batch b = make_batch(4, 2, 8, &length, 1);
    attention_gradient_run run = run_of(&b, 0);
    run.count = -1;
    check_that(attention_backward(&b.shape, &run, 1, NULL) == DEAR_ERROR_USAGE,
               "attention_backward: a run has -1 tokens");
    run.count = 2;
    b.shape.num_kv_heads = 3;
    check_that(attention_backward(&b.shape, &run, 1, NULL) == DEAR_ERROR_USAGE,
               "attention_backward: 4 heads share 3 KV heads");
    free_batch(&b);
}

/* ---- timing ---- */

static void print_workload(int64_t heads, int64_t kv_heads, int64_t dim, size_t count,
                           int64_t tokens, int threads) {
    int64_t *lengths = check_alloc(count * sizeof *lengths);
    for (size_t i = 0; i < count; i++)
        lengths[i] = tokens;
    batch b = make_batch(heads, kv_heads, dim, lengths, count);
    compute_set_threads(threads);
    double best = 1e9, pairs = (double)count * (double)(heads * tokens * (tokens + 1)) / 2;
    for (int i = 0; i < 6; i++) {
        double begin = clock_seconds();
        backward(&b);
        best = fmin(best, clock_seconds() - begin);
    }
    printf("attention_backward, %zu x %lld tokens, %lld/%lld heads of %lld, %d threads: %.2f ms, "
           "%.1f Gop/s of 5 products\n",
           count, (long long)tokens, (long long)heads, (long long)kv_heads, (long long)dim, threads,
           1e3 * best, 10 * (double)dim * pairs / best / 1e9);
    free_batch(&b);
    free(lengths);
}

static void print_times(void) {
    int threads = compute_threads();
    for (int t = 1; t <= threads; t += threads > 1 ? threads - 1 : 1) {
        print_workload(9, 3, 64, 9, 228, t);
        print_workload(32, 8, 128, 3, 228, t);
        print_workload(9, 3, 64, 36, 60, t);
        print_workload(9, 3, 64, 1, 4096, t);
    }
    compute_set_threads(threads);
}

void check_attention_backward(const check_options *options) {
    static const int64_t shapes[][3] = {{1, 1, 1},  {4, 2, 8},  {9, 3, 64},  {4, 4, 10},
                                        {8, 1, 32}, {2, 1, 80}, {2, 2, 128}, {3, 1, 33}};
    static const int64_t lengths[] = {7, 1, 25, 0, 2, 48, 17}, longer[] = {130, 301, 3, 128};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_batch(shapes[i][0], shapes[i][1], shapes[i][2], lengths,
                    sizeof lengths / sizeof *lengths);
        if (!options->quick)
            check_batch(shapes[i][0], shapes[i][1], shapes[i][2], longer,
                        sizeof longer / sizeof *longer);
    }
    check_refusals();
    if (options->time)
        print_times();
}
