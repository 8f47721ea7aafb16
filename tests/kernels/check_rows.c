/* Every row kernel of every table this CPU can run, against the plain one. */
#include "check.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Inputs, and outputs that a kernel may write. All arrays have n elements. */
typedef struct operands {
    size_t n;
    float *x, *y, *z, *w; ///< inputs; y and w are written by kernels that work in place
    uint16_t *halves;
    float scalar;
} operands;

typedef struct row_kernel {
    const char *name;
    void (*run)(const kernels *k, operands *o);
    double tolerance; ///< of the largest magnitude; integers must be equal
} row_kernel;

static void run_rmsnorm(const kernels *k, operands *o) {
    k->rmsnorm(o->y, o->x, o->z, o->n, 1e-5f);
}
/* (With a large epsilon: of a single number, only that leaves a gradient.) */
static void run_rmsnorm_backward(const kernels *k, operands *o) {
    o->scalar = k->rmsnorm_backward(o->y, o->x, o->z, o->w, o->n, 1000, false);
}
static void run_rmsnorm_backward_added(const kernels *k, operands *o) {
    o->scalar = k->rmsnorm_backward(o->y, o->x, o->z, o->w, o->n, 1e-5f, true);
}
static void run_rmsnorm_backward_in_place(const kernels *k, operands *o) {
    o->scalar = k->rmsnorm_backward(o->y, o->x, o->z, o->y, o->n, 1000, false);
}
static void run_rmsnorm_weight_backward(const kernels *k, operands *o) {
    k->rmsnorm_weight_backward(o->y, o->x, o->w, o->n, 0.61f);
}
static void run_rope_backward(const kernels *k, operands *o) {
    k->rope_backward(o->y, o->x, o->z, o->n);
}
static void run_swiglu_backward(const kernels *k, operands *o) {
    k->swiglu_backward(o->y, o->w, o->x, o->z, o->w, o->n);
}
static void run_swiglu_backward_in_place(const kernels *k, operands *o) {
    k->swiglu_backward(o->y, o->w, o->y, o->w, o->z, o->n);
}
static void run_dropout(const kernels *k, operands *o) {
    const dropout_mask mask = {.p = 0.3f, .seed = 0x123456789abcdef, .step = 7, .place = 5};
    k->dropout(o->y, o->x, o->n, &mask, 37);
}
static void run_softmax_backward(const kernels *k, operands *o) {
    k->softmax_backward(o->y, o->w, o->n, 0.125f, 0.2f, 3.7);
}
static void run_rope(const kernels *k, operands *o) {
    k->rope(o->y, o->x, o->z, o->n);
}
static void run_swiglu(const kernels *k, operands *o) {
    k->swiglu(o->y, o->x, o->z, o->n);
}
static void run_swiglu_in_place(const kernels *k, operands *o) {
    k->swiglu(o->y, o->y, o->z, o->n);
}
static void run_add(const kernels *k, operands *o) {
    k->add(o->y, o->x, o->n);
}
static void run_scale(const kernels *k, operands *o) {
    k->scale(o->y, 0.37f, o->x, o->n);
}
static void run_dot(const kernels *k, operands *o) {
    o->scalar = k->dot(o->x, o->x, o->n) + k->dot(o->x, o->z, o->n);
}
static void run_log_sum_exp(const kernels *k, operands *o) {
    o->scalar = k->log_sum_exp(o->x, o->n);
}
static void run_to_bf16(const kernels *k, operands *o) {
    k->to_bf16(o->halves, o->x, o->n);
}
static void run_from_bf16(const kernels *k, operands *o) {
    k->from_bf16(o->y, o->halves, o->n);
}

static const row_kernel row_kernels[] = {
    {"rmsnorm", run_rmsnorm, 1e-6},
    {"rmsnorm_backward", run_rmsnorm_backward, 1e-6},
    {"rmsnorm_backward, added", run_rmsnorm_backward_added, 1e-6},
    {"rmsnorm_backward in place", run_rmsnorm_backward_in_place, 1e-6},
    {"rmsnorm_weight_backward", run_rmsnorm_weight_backward, 2e-7},
    {"rope", run_rope, 2e-7},
    {"rope_backward", run_rope_backward, 2e-7},
    {"swiglu", run_swiglu, 3e-7},
    {"swiglu in place", run_swiglu_in_place, 3e-7},
    {"swiglu_backward", run_swiglu_backward, 5e-7},
    {"swiglu_backward in place", run_swiglu_backward_in_place, 5e-7},
    {"dropout", run_dropout, 0},
    {"softmax_backward", run_softmax_backward, 3e-7},
    {"add", run_add, 0},
    {"scale", run_scale, 0},
    {"dot", run_dot, 1e-6},
    {"log_sum_exp", run_log_sum_exp, 1e-6},
    {"to_bf16", run_to_bf16, 0},
    {"from_bf16", run_from_bf16, 0},
};

enum { NUM_ROW_KERNELS = sizeof row_kernels / sizeof *row_kernels };

static operands make_operands(size_t n, float magnitude) {
    operands o = {.n = n};
    o.x = check_random(n, 1);
    o.y = check_random(n, 2);
    o.z = check_random(n, 3);
    o.w = check_random(n, 4);
    o.halves = check_alloc(2 * n);
    for (size_t i = 0; i < n; i++) {
        o.x[i] *= magnitude;
        o.y[i] *= magnitude;
        o.halves[i] = (uint16_t)(i * 40503);
    }
    return o;
}

static void free_operands(operands *o) {
    free(o->x);
    free(o->y);
    free(o->z);
    free(o->w);
    free(o->halves);
}

static void compare(const row_kernel *r, const kernels *fast, operands *want, operands *got) {
    size_t n = want->n;
    r->run(&kernels_plain, want);
    r->run(fast, got);
    double error =
        fmax(fmax(check_difference(got->y, want->y, n), check_difference(got->w, want->w, n)),
             check_difference(&got->scalar, &want->scalar, 1));
    check_that(error <= r->tolerance, "%s %s, n %zu: differs by %.2g of the largest (allowed %.2g)",
               cpu_level_name(fast->level), r->name, n, error, r->tolerance);
    check_that(memcmp(got->halves, want->halves, 2 * n) == 0, "%s %s, n %zu: integers differ",
               cpu_level_name(fast->level), r->name, n);
}

static void compare_size(const row_kernel *r, const kernels *fast, size_t n, float magnitude) {
    operands want = make_operands(n, magnitude), got = make_operands(n, magnitude);
    compare(r, fast, &want, &got);
    free_operands(&want);
    free_operands(&got);
}

/* Of the kernels that add products up, on the largest numbers. */
static bool overflows(const row_kernel *r) {
    static void (*const adders[])(const kernels *, operands *) = {
        run_rope,
        run_rope_backward,
        run_dot,
        run_rmsnorm,
        run_rmsnorm_backward,
        run_rmsnorm_backward_added,
        run_rmsnorm_backward_in_place,
    };
    for (size_t i = 0; i < sizeof adders / sizeof *adders; i++)
        if (r->run == adders[i])
            return true;
    return false;
}

/* Numbers that rounding, ranges and tests for NaN stumble over. */
static void compare_awkward(const row_kernel *r, const kernels *fast) {
    const float awkward[] = {0,      -0.0f,       0x1p-126f,   0x1p-149f, -87.4f, 88.5f, 100,
                             -100,   0.5f,        1.5f,        2.5f,      -0.5f,  1e30f, -1e30f,
                             1e-38f, 1.00390625f, 1.01171875f, 126.5f,    -127,   3e38f};
    enum { N = sizeof awkward / sizeof *awkward };
    operands want = make_operands(N, 1), got = make_operands(N, 1);
    for (size_t i = 0; i < N; i++)
        want.x[i] = got.x[i] = want.y[i] = got.y[i] = awkward[i];
    if (!overflows(r))
        compare(r, fast, &want, &got);
    for (int i = 0; i < 2; i++) {
        want.x[3] = got.x[3] = want.y[3] = got.y[3] = i ? INFINITY : NAN;
        if (r->run == run_to_bf16)
            compare(r, fast, &want, &got);
    }
    free_operands(&want);
    free_operands(&got);
}

/* The softmax of n scores, computed in two parts, the first of `first`, into weights [n]. */
static void softmax_in_parts(const kernels *k, float *weights, const float *x, size_t n,
                             size_t first, float factor) {
    float part[2][1536 + 16];
    size_t begin[] = {0, first}, count[] = {first, n - first};
    float fade = 1; // of the first part, by the second
    softmax_row row = {.max = -INFINITY};
    for (int i = 0; i < 2; i++) {
        if (count[i] == 0)
            break;
        memcpy(part[i], x + begin[i], count[i] * sizeof *x);
        size_t width = (count[i] + 15) / 16 * 16;
        float of_before = k->weigh_scores(part[i], count[i], width, factor, &row);
        fade = i ? of_before : 1;
        for (size_t j = count[i]; j < width; j++)
            check_that(part[i][j] == 0, "%s weigh_scores: not 0 at %zu of %zu",
                       cpu_level_name(k->level), j, count[i]);
    }
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < count[i]; j++)
            weights[begin[i] + j] = (float)(part[i][j] * (i ? 1 : fade) / row.sum);
}

/* Against the definition in double. */
static void check_softmax(const kernels *k, size_t n, size_t first, float factor) {
    float *x = check_random(n, 4), *got = check_alloc(n * sizeof *got);
    float *want = check_alloc(n * sizeof *want);
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        max = fmax(max, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp((double)factor * (x[i] - max));
    for (size_t i = 0; i < n; i++)
        want[i] = (float)(exp((double)factor * (x[i] - max)) / sum);
    softmax_in_parts(k, got, x, n, first, factor);
    double error = check_difference(got, want, n);
    check_that(error <= 1e-6, "%s weigh_scores, %zu then %zu of factor %g: off by %.2g",
               cpu_level_name(k->level), first, n - first, (double)factor, error);
    free(x);
    free(got);
    free(want);
}

/* A softmax sums to 1 and grows with its input, however far the inputs lie apart and wherever it is
 * cut; of a row that holds an infinity or a NaN, all is NaN. */
static void check_softmax_range(const kernels *k) {
    enum { N = 9 };
    const float x[N] = {-INFINITY, -1e30f, -200, -90, -80, -1, 0, 0, -30};
    for (size_t first = 1; first <= N; first++) {
        float y[N];
        double sum = 0;
        softmax_in_parts(k, y, x, N, first, 1);
        for (int i = 0; i < N; i++)
            sum += y[i];
        check_that(fabs(sum - 1) < 1e-6 && y[0] == 0 && y[1] == 0 && y[2] == 0 && y[4] > 0 &&
                       y[8] > y[4] && y[6] == y[7],
                   "%s weigh_scores, cut at %zu: wrong at the edges of its range",
                   cpu_level_name(k->level), first);
        for (int i = 0; i < 2; i++) {
            float broken[N];
            memcpy(broken, x, sizeof x);
            broken[5] = i ? INFINITY : NAN;
            softmax_in_parts(k, y, broken, N, first, 1);
            check_that(isnan(y[0]) && isnan(y[5]) && isnan(y[8]),
                       "%s weigh_scores, cut at %zu: %g is lost", cpu_level_name(k->level), first,
                       (double)broken[5]);
        }
    }
}

static double seconds_a_call(const row_kernel *r, const kernels *k, operands *o) {
    double best = 1e9;
    for (int i = 0; i < 20; i++) {
        double begin = clock_seconds();
        for (int j = 0; j < 100; j++)
            r->run(k, o);
        best = fmin(best, (clock_seconds() - begin) / 100);
    }
    return best;
}

static void print_times(const kernels *fast) {
    for (size_t i = 0; i < NUM_ROW_KERNELS; i++) {
        operands o = make_operands(1536, 1);
        double plain = seconds_a_call(&row_kernels[i], &kernels_plain, &o);
        double quick = seconds_a_call(&row_kernels[i], fast, &o);
        printf("%-12s %-25s n 1536: %8.3f us, plain C %8.3f us: %5.1f times as fast\n",
               cpu_level_name(fast->level), row_kernels[i].name, 1e6 * quick, 1e6 * plain,
               plain / quick);
        free_operands(&o);
    }
}

void check_rows(const check_options *options) {
    static const size_t sizes[] = {1,  2,  3,  7,  8,  9,  15, 16,  17,  24,  31,  32,   33,
                                   47, 48, 63, 64, 65, 80, 96, 100, 127, 511, 513, 1025, 1536};
    for (cpu_level level = CPU_PLAIN; level <= CPU_AVX512; level++) {
        const kernels *k = kernels_at(level);
        if (!k)
            continue;
        check_softmax_range(k);
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            check_softmax(k, sizes[j], sizes[j], 0.125f);
            check_softmax(k, sizes[j], (sizes[j] + 2) / 3, 30);
        }
        for (size_t i = 0; i < NUM_ROW_KERNELS; i++) {
            compare_awkward(&row_kernels[i], k);
            for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j += options->quick ? 3 : 1) {
                compare_size(&row_kernels[i], k, sizes[j], 1);
                compare_size(&row_kernels[i], k, sizes[j], 30);
            }
            if (!options->quick)
                compare_size(&row_kernels[i], k, 50000, 3);
        }
        if (options->time && level > CPU_PLAIN)
            print_times(k);
    }
}
