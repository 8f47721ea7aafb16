/* Products of matrices that change, in every storage, against sums in double. */
#include "check.h"

#include "base/clock.h"
#include "compute/linear.h"
#include "compute/matmul.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAD = 5 }; ///< floats between rows, so that strides are not widths

typedef struct dims {
    int64_t m, n, k;
} dims;

typedef struct product_case {
    dims d;
    matrix a, b;
    float alpha;
    bool add;
    int64_t c_stride;
    float *before; ///< c before the product
} product_case;

static matrix make_matrix(int64_t rows, int64_t columns, bool transposed, uint32_t seed) {
    int64_t stored = transposed ? columns : rows;
    int64_t stride = (transposed ? rows : columns) + PAD;
    return (matrix){check_random((size_t)(stored * stride), seed), stride, transposed};
}

static float at(const matrix *x, int64_t row, int64_t column) {
    return x->transposed ? x->data[column * x->stride + row] : x->data[row * x->stride + column];
}

static product_case make_case(dims d, bool a_transposed, bool b_transposed, float alpha, bool add) {
    int64_t c_stride = d.n + PAD;
    return (product_case){.d = d,
                          .a = make_matrix(d.m, d.k, a_transposed, 1),
                          .b = make_matrix(d.k, d.n, b_transposed, 2),
                          .alpha = alpha,
                          .add = add,
                          .c_stride = c_stride,
                          .before = check_random((size_t)(d.m * c_stride), 3)};
}

static void free_case(product_case *p) {
    free((void *)p->a.data);
    free((void *)p->b.data);
    free(p->before);
}

static size_t c_size(const product_case *p) {
    return (size_t)(p->d.m * p->c_stride);
}

static float *copy_of_c(const product_case *p) {
    float *c = check_alloc(c_size(p) * sizeof *c);
    memcpy(c, p->before, c_size(p) * sizeof *c);
    return c;
}

static dear_status run(const product_case *p, float *c) {
    return matmul(c, p->c_stride, &p->a, &p->b, p->d.m, p->d.n, p->d.k, p->alpha, p->add, NULL);
}

/* The largest difference from the sum in double, over the size that rounding may have had. */
static double error_of(const product_case *p, const float *c) {
    double most = 0;
    for (int64_t i = 0; i < p->d.m; i++)
        for (int64_t j = 0; j < p->d.n; j++) {
            double before = p->add ? p->before[i * p->c_stride + j] : 0, sum = 0, magnitude = 0;
            for (int64_t l = 0; l < p->d.k; l++) {
                double product = (double)at(&p->a, i, l) * at(&p->b, l, j);
                sum += product;
                magnitude += fabs(product);
            }
            magnitude = fabs(before) + fabs(p->alpha) * magnitude;
            double error = fabs(c[i * p->c_stride + j] - (before + p->alpha * sum));
            if (error > 0)
                most = fmax(most, error / magnitude);
        }
    return most;
}

static bool padding_untouched(const product_case *p, const float *c) {
    for (int64_t i = 0; i < p->d.m; i++)
        if (memcmp(c + i * p->c_stride + p->d.n, p->before + i * p->c_stride + p->d.n,
                   PAD * sizeof *c) != 0)
            return false;
    return true;
}

/* The same on 1 and 3 threads, inside a parallel region, and the last row and column alone. */
static bool same_bits(const product_case *p, const float *c) {
    int threads = compute_threads();
    bool same = true;
    for (int t = 1; t <= 3; t += 2) {
        float *again = copy_of_c(p);
        compute_set_threads(t);
        same &= run(p, again) == DEAR_OK && memcmp(again, c, c_size(p) * sizeof *c) == 0;
        free(again);
    }
    compute_set_threads(threads);
    float *inside[2] = {copy_of_c(p), copy_of_c(p)};
#pragma omp parallel for num_threads(2) reduction(&& : same)
    for (int i = 0; i < 2; i++)
        same = same && run(p, inside[i]) == DEAR_OK &&
               memcmp(inside[i], c, c_size(p) * sizeof *c) == 0;
    free(inside[0]);
    free(inside[1]);
    if (p->d.m == 0 || p->d.n == 0)
        return same;
    int64_t row = p->d.m - 1, column = p->d.n - 1;
    matrix a = p->a, b = p->b;
    a.data += row * (a.transposed ? 1 : a.stride);
    b.data += column * (b.transposed ? b.stride : 1);
    float alone = p->before[row * p->c_stride + column];
    matmul(&alone, 1, &a, &b, 1, 1, p->d.k, p->alpha, p->add, NULL);
    return same && memcmp(&alone, &c[row * p->c_stride + column], sizeof alone) == 0;
}

static void check_case(dims d, bool a_transposed, bool b_transposed, float alpha, bool add) {
    product_case p = make_case(d, a_transposed, b_transposed, alpha, add);
    float *c = copy_of_c(&p);
    dear_status status = run(&p, c);
    double error = error_of(&p, c), allowed = 1e-7 * (2 + sqrt((double)d.k));
    check_that(status == DEAR_OK && error <= allowed && padding_untouched(&p, c),
               "matmul %lld x %lld x %lld%s%s, alpha %g%s: off by %.2g (allowed %.2g)",
               (long long)d.m, (long long)d.n, (long long)d.k, a_transposed ? ", a transposed" : "",
               b_transposed ? ", b transposed" : "", (double)alpha, add ? ", added" : "", error,
               allowed);
    check_that(same_bits(&p, c), "matmul %lld x %lld x %lld: threads or neighbours change bits",
               (long long)d.m, (long long)d.n, (long long)d.k);
    free(c);
    free_case(&p);
}

/* ---- timing ---- */

typedef struct workload {
    const char *name;
    dims d;
    bool a_transposed, b_transposed;
} workload;

static void print_workload(const workload *w, double peak) {
    product_case p = make_case(w->d, w->a_transposed, w->b_transposed, 1, false);
    float *c = copy_of_c(&p);
    double best = 1e9, operations = 2.0 * (double)w->d.m * (double)w->d.n * (double)w->d.k;
    for (int i = 0; i < 12; i++) {
        double begin = clock_seconds();
        run(&p, c);
        best = fmin(best, clock_seconds() - begin);
    }
    printf("matmul %-22s %5lld x %5lld x %5lld, %d threads: %7.2f ms, %6.1f Gop/s, %3.0f %% of "
           "linear_peak\n",
           w->name, (long long)w->d.m, (long long)w->d.n, (long long)w->d.k, compute_threads(),
           1e3 * best, operations / best / 1e9, 100 * operations / best / peak);
    free(c);
    free_case(&p);
}

static void print_times(void) {
    static const workload workloads[] = {
        {"square", {1024, 1024, 1024}, false, false},
        {"x A^T", {2048, 32, 576}, false, true},
        {"mid B^T", {2048, 576, 32}, false, true},
        {"dB = dy^T mid", {576, 32, 2048}, true, false},
        {"dA = dmid^T x", {32, 576, 2048}, true, false},
        {"dx = dmid A", {2048, 576, 32}, false, false},
        {"dW = dy^T x", {1536, 576, 2048}, true, false},
        {"x A^T", {1024, 32, 4096}, false, true},
        {"mid B^T", {1024, 4096, 32}, false, true},
        {"dB = dy^T mid", {4096, 32, 1024}, true, false},
        {"dA = dmid^T x", {32, 4096, 1024}, true, false},
        {"dW = dy^T x", {4096, 4096, 1024}, true, false},
    };
    int threads = compute_threads();
    for (int t = 1; t <= threads; t += threads > 1 ? threads - 1 : 1) {
        compute_set_threads(t);
        double peak = linear_peak(PRECISION_F32);
        for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
            print_workload(&workloads[i], peak);
    }
    compute_set_threads(threads);
}

void check_matmul(const check_options *options) {
    static const dims sizes[] = {{1, 1, 1},      {2, 3, 5},     {13, 31, 7},   {32, 65, 300},
                                 {7, 33, 257},   {100, 32, 64}, {211, 70, 33}, {25, 300, 513},
                                 {0, 3, 4},      {3, 0, 4},     {3, 40, 0},    {450, 8, 9},
                                 {1100, 33, 20}, {5, 1050, 9}};
    size_t count = sizeof sizes / sizeof *sizes;
    for (size_t i = 0; i < count; i += options->quick ? 2 : 1)
        for (int how = 0; how < 8; how++)
            check_case(sizes[i], how & 1, how & 2, how & 4 ? 1 : -0.3f, how % 3 == 0);
    if (options->time)
        print_times();
}
