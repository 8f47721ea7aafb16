/* Backward kernels against central differences of their forward ones, in every table. */
#include "cmocka_setup.h"

#include "compute/attention_backward.h"
#include "compute/kernels.h"

#include <math.h>
#include <string.h>

/*
 * The gradient of the sum of dy[i] y[i](x). Central differences of step H are off by about H^2 / 6 of
 * third derivatives, and by the rounding of float32 results over H: 2e-5 and 6e-6 where all numbers
 * are of the size of 1, and some of each add up.
 */
static const float H = 1e-2f;
static const double ALLOWED = 1e-3; ///< of the largest gradient

enum { MAX_OUTPUTS = 2048 };

typedef struct function {
    void (*compute)(const void *context, float *y); ///< y [outputs] from wherever x is
    const void *context;
    const float *dy; ///< [outputs]
    size_t outputs;
} function;

static double loss(const function *f) {
    float y[MAX_OUTPUTS];
    f->compute(f->context, y);
    double sum = 0;
    for (size_t i = 0; i < f->outputs; i++)
        sum += (double)f->dy[i] * y[i];
    return sum;
}

static double slope(const function *f, float *x) {
    float at = *x, above = at + H, below = at - H;
    *x = above;
    double gain = loss(f);
    *x = below;
    gain -= loss(f);
    *x = at;
    return gain / ((double)above - below);
}

static void assert_gradient(const function *f, float *x, const float *dx, size_t n) {
    double error = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        error = fmax(error, fabs(slope(f, &x[i]) - dx[i]));
        largest = fmax(largest, fabs(dx[i]));
    }
    assert_true(largest > 0.01);
    assert_true(error <= ALLOWED * largest);
}

/* Numbers in [-1, 1). */
static void fill(float *x, size_t n, uint32_t seed) {
    uint32_t state = seed * 2654435761u + 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) * 0x1p-23f - 1;
    }
}

/* ---- kernels of rows ---- */

enum { N = 37 };

typedef struct rows {
    const kernels *kn;
    float x[N], weight[N], up[N], dy[N];
    float cosine[N / 2], sine[N / 2];
} rows;

static rows make_rows(const kernels *kn) {
    rows r = {.kn = kn};
    fill(r.x, N, 1);
    fill(r.weight, N, 2);
    fill(r.up, N, 3);
    fill(r.dy, N, 4);
    for (size_t i = 0; i < N / 2; i++) {
        r.cosine[i] = cosf((float)i);
        r.sine[i] = sinf((float)i);
    }
    return r;
}

static void each_table(void (*check)(const kernels *kn)) {
    for (cpu_level level = CPU_PLAIN; level <= CPU_AVX512; level++)
        if (kernels_at(level))
            check(kernels_at(level));
}

static void rmsnorm(const void *context, float *y) {
    const rows *r = context;
    r->kn->rmsnorm(y, r->x, r->weight, N, 1e-5f);
}

static void check_rmsnorm(const kernels *kn) {
    rows r = make_rows(kn);
    function f = {rmsnorm, &r, r.dy, N};
    float dx[N], dweight[N], twice[N];
    float scale = kn->rmsnorm_backward(dx, r.x, r.weight, r.dy, N, 1e-5f, false);
    assert_gradient(&f, r.x, dx, N);

    memset(dweight, 0, sizeof dweight);
    kn->rmsnorm_weight_backward(dweight, r.x, r.dy, N, scale);
    assert_gradient(&f, r.weight, dweight, N);

    memcpy(twice, dx, sizeof dx);
    kn->rmsnorm_backward(twice, r.x, r.weight, r.dy, N, 1e-5f, true);
    kn->rmsnorm_weight_backward(dweight, r.x, r.dy, N, -scale);
    for (size_t i = 0; i < N; i++) {
        assert_true(fabsf(twice[i] - 2 * dx[i]) <= 1e-6f);
        assert_true(fabsf(dweight[i]) <= 1e-6f);
    }
}

static void rmsnorm_backward_is_its_slope(void **state) {
    (void)state;
    each_table(check_rmsnorm);
}

static void rope(const void *context, float *y) {
    const rows *r = context;
    memcpy(y, r->x, sizeof r->x);
    r->kn->rope(y, r->cosine, r->sine, N / 2 * 2);
}

static void check_rope(const kernels *kn) {
    rows r = make_rows(kn);
    function f = {rope, &r, r.dy, N / 2 * 2};
    float dx[N], back[N];
    memcpy(dx, r.dy, sizeof dx);
    kn->rope_backward(dx, r.cosine, r.sine, N / 2 * 2);
    assert_gradient(&f, r.x, dx, N / 2 * 2);

    rope(&r, back);
    kn->rope_backward(back, r.cosine, r.sine, N / 2 * 2);
    for (size_t i = 0; i < N; i++)
        assert_true(fabsf(back[i] - r.x[i]) <= 1e-6f);
}

static void rope_backward_is_its_slope(void **state) {
    (void)state;
    each_table(check_rope);
}

static void swiglu(const void *context, float *y) {
    const rows *r = context;
    r->kn->swiglu(y, r->x, r->up, N);
}

static void check_swiglu(const kernels *kn) {
    rows r = make_rows(kn);
    for (size_t i = 0; i < N; i++)
        r.x[i] *= 4; // where silu bends
    function f = {swiglu, &r, r.dy, N};
    float dgate[N], dup[N];
    kn->swiglu_backward(dgate, dup, r.x, r.up, r.dy, N);
    assert_gradient(&f, r.x, dgate, N);
    assert_gradient(&f, r.up, dup, N);
}

static void swiglu_backward_is_its_slope(void **state) {
    (void)state;
    each_table(check_swiglu);
}

/* ---- attention ---- */

enum { HEADS = 4, KV_HEADS = 2, DIM = 6, TOKENS = 31 };

typedef struct sequence {
    float q[TOKENS * HEADS * DIM], k[TOKENS * KV_HEADS * DIM], v[TOKENS * KV_HEADS * DIM];
    float dout[TOKENS * HEADS * DIM];
} sequence;

static const attention_shape shape = {HEADS, KV_HEADS, DIM, HEADS *DIM, HEADS *DIM, 0.4f};

static void attention(const void *context, float *out) {
    const sequence *s = context;
    attention_run run = {.q = s->q,
                         .out = out,
                         .count = TOKENS,
                         .own = {s->k, s->v, TOKENS, KV_HEADS * DIM},
                         .own_visible = 1};
    assert_int_equal(attention_apply(&shape, &run, 1, NULL), DEAR_OK);
}

static void attention_backward_is_its_slope(void **state) {
    (void)state;
    static sequence s;
    fill(s.q, TOKENS * HEADS * DIM, 1);
    fill(s.k, TOKENS * KV_HEADS * DIM, 2);
    fill(s.v, TOKENS * KV_HEADS * DIM, 3);
    fill(s.dout, TOKENS * HEADS * DIM, 4);
    float out[TOKENS * HEADS * DIM], dq[TOKENS * HEADS * DIM];
    float dk[TOKENS * KV_HEADS * DIM], dv[TOKENS * KV_HEADS * DIM];
    attention(&s, out);
    attention_gradient_run run = {s.q, s.k, s.v, out, s.dout, dq, dk, dv, TOKENS, KV_HEADS * DIM};
    assert_int_equal(attention_backward(&shape, &run, 1, NULL), DEAR_OK);
    function f = {attention, &s, s.dout, TOKENS * HEADS * DIM};
    assert_gradient(&f, s.q, dq, TOKENS * HEADS * DIM);
    assert_gradient(&f, s.k, dk, TOKENS * KV_HEADS * DIM);
    assert_gradient(&f, s.v, dv, TOKENS * KV_HEADS * DIM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rmsnorm_backward_is_its_slope),
        cmocka_unit_test(rope_backward_is_its_slope),
        cmocka_unit_test(swiglu_backward_is_its_slope),
        cmocka_unit_test(attention_backward_is_its_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
