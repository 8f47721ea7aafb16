#include "cmocka_setup.h"

#include "base/memory.h"
#include "base/random.h"
#include "compute/cpu.h"
#include "train/adamw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add(adamw *optimizer, float *parameter, const float *gradient, int64_t count,
                double decay) {
    dear_error err;
    if (adamw_add(optimizer, parameter, gradient, count, decay, &err) != DEAR_OK)
        fail_msg("%s", err.message);
}

static void assert_near(const float *got, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(got[i] - expected[i]) <= 2e-7f * fabsf(expected[i])))
            fail_msg("element %zu is %.9g, not %.9g", i, (double)got[i], (double)expected[i]);
}

/*
 * Expected: torch 2.15, torch.optim.AdamW(betas=(0.9, 0.999), eps=1e-8, foreach=False) over `a` with
 * weight_decay 0.1 and `b` with 0, its gradients as below, torch.nn.utils.clip_grad_norm_ to 1.5
 * before each step, learning rates 1e-3, 1e-2, 5e-3; printed with nine digits.
 */
static void updates_as_torch_does(void **state) {
    (void)state;
    static const float a_after[3][4] = {{0.498950005f, -0.998899996f, 0, 1.99879992f},
                                        {0.488730937f, -0.987923741f, 0, 1.99699736f},
                                        {0.483555704f, -0.982624948f, 0, 1.99857044f}};
    static const float b_after[3][2] = {{0.999000132f, -0.248999998f},
                                        {0.989280999f, -0.239022642f},
                                        {0.984350622f, -0.234217867f}};
    static const float a_m[] = {0.138684586f, -0.0364688337f, 0, -0.117112346f};
    static const float a_v[] = {0.000807045377f, 5.87739887e-05f, 0, 0.00211589364f};
    static const float b_m[] = {2.77369181e-05f, -0.291750669f};
    static const float b_v[] = {3.22818126e-11f, 0.00376153528f};
    static const double norms[] = {2.3048861, 2.46221447, 3.91311908}, rates[] = {1e-3, 1e-2, 5e-3};
    float a[4] = {0.5f, -1, 0, 2}, b[2] = {1, -0.25f}, a_gradient[4], b_gradient[2];
    adamw optimizer = adamw_make();
    add(&optimizer, a, a_gradient, 4, 0.1);
    add(&optimizer, b, b_gradient, 2, 0);
    for (int t = 1; t <= 3; t++) {
        float turn = (float)t;
        memcpy(a_gradient, (float[]){0.5f * turn, -0.25f, 0, 3 - 2 * turn}, sizeof a_gradient);
        memcpy(b_gradient, (float[]){1e-4f * turn, -2}, sizeof b_gradient);
        double norm = adamw_gradient_norm(&optimizer);
        assert_true(fabs(norm - norms[t - 1]) <= 1e-7 * norm);
        adamw_update(&optimizer, rates[t - 1], gradient_clip(norm, 1.5));
        assert_near(a, a_after[t - 1], 4);
        assert_near(b, b_after[t - 1], 2);
    }
    assert_near(optimizer.tensors[0].m, a_m, 4);
    assert_near(optimizer.tensors[0].v, a_v, 4);
    assert_near(optimizer.tensors[1].m, b_m, 2);
    assert_near(optimizer.tensors[1].v, b_v, 2);
    assert_int_equal(optimizer.updates, 3);
    adamw_free(&optimizer);
}

/* A first update moves each element by the learning rate against its gradient's sign, and decay
 * shrinks what was there: by the formulas, with epsilon of no weight. */
static void first_update_is_the_sign_of_the_gradient(void **state) {
    (void)state;
    float p[3] = {1, -2, 4}, gradient[3] = {0.5f, -3, 1e3f};
    adamw optimizer = adamw_make();
    add(&optimizer, p, gradient, 3, 0.5);
    adamw_update(&optimizer, 0.01, 1);
    assert_near(p, (float[]){0.995f - 0.01f, -1.99f + 0.01f, 3.98f - 0.01f}, 3);
    adamw_free(&optimizer);
}

static void clips_only_what_is_above(void **state) {
    (void)state;
    assert_true(gradient_clip(0.5, 1) == 1);
    assert_true(gradient_clip(0, 1) == 1);
    assert_true(gradient_clip(4, 1) == 1 / (4 + 1e-6));
    assert_true(gradient_clip(4, 0) == 1);
}

static void a_norm_shows_what_is_not_finite(void **state) {
    (void)state;
    float p[5] = {0}, gradient[5] = {1, 3e38f, -3e38f, 2, 3};
    adamw optimizer = adamw_make();
    assert_true(adamw_gradient_norm(&optimizer) == 0);
    add(&optimizer, p, gradient, 5, 0);
    assert_true(isfinite(adamw_gradient_norm(&optimizer)));
    gradient[4] = INFINITY;
    assert_true(isinf(adamw_gradient_norm(&optimizer)));
    gradient[2] = NAN;
    assert_true(isnan(adamw_gradient_norm(&optimizer)));
    adamw_free(&optimizer);
}

enum { SIZES = 5, TOTAL = 1 + 63 + 64 + 1000 + 7777 };
static const int64_t sizes[SIZES] = {1, 63, 64, 1000, 7777};

/* Several updates of tensors of all sizes; from `half` on by an optimizer that was given the first
 * one's moments. The last norm is in `norm`. */
static void train(float *p, double *norm, int threads, int half) {
    static float gradient[TOTAL];
    random_source random = random_from_seed(1);
    compute_set_threads(threads);
    adamw optimizer = adamw_make(), next = adamw_make();
    for (int64_t i = 0, first = 0; i < SIZES; first += sizes[i++]) {
        add(&optimizer, p + first, gradient + first, sizes[i], 0.01);
        add(&next, p + first, gradient + first, sizes[i], 0.01);
    }
    for (int i = 0; i < TOTAL; i++)
        p[i] = (float)random_below(&random, 1000) / 1000;
    for (int t = 0; t < 6; t++) {
        for (int i = 0; i < TOTAL; i++)
            gradient[i] = (float)random_below(&random, 2001) / 1000 - 1;
        if (t == half) {
            for (int i = 0; i < SIZES; i++) {
                size_t bytes = (size_t)sizes[i] * sizeof(float);
                memcpy(next.tensors[i].m, optimizer.tensors[i].m, bytes);
                memcpy(next.tensors[i].v, optimizer.tensors[i].v, bytes);
            }
            next.updates = optimizer.updates;
        }
        adamw *active = t < half ? &optimizer : &next;
        *norm = adamw_gradient_norm(active);
        adamw_update(active, 0.01, gradient_clip(*norm, 1));
    }
    adamw_free(&optimizer);
    adamw_free(&next);
}

static void gives_the_same_bits_whatever_the_threads(void **state) {
    (void)state;
    static float one[TOTAL], many[TOTAL];
    double norm_of_one, norm_of_many;
    train(one, &norm_of_one, 1, 6);
    for (int threads = 2; threads <= 7; threads++) {
        train(many, &norm_of_many, threads, 6);
        assert_memory_equal(one, many, sizeof one);
        assert_true(norm_of_one == norm_of_many);
    }
}

static void goes_on_from_its_moments(void **state) {
    (void)state;
    static float whole[TOTAL], resumed[TOTAL];
    double norm;
    train(whole, &norm, 2, 6);
    train(resumed, &norm, 2, 3);
    assert_memory_equal(whole, resumed, sizeof whole);
}

static void survives_no_memory(void **state) {
    (void)state;
    float p[2], gradient[2];
    dear_error err;
    for (long n = 1; n <= 3; n++) {
        adamw optimizer = adamw_make();
        mem_fail_after(n);
        assert_int_equal(adamw_add(&optimizer, p, gradient, 2, 0, &err), DEAR_ERROR_MEMORY);
        mem_fail_after(0);
        assert_int_equal(optimizer.num_tensors, 0);
        adamw_free(&optimizer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_as_torch_does),
        cmocka_unit_test(first_update_is_the_sign_of_the_gradient),
        cmocka_unit_test(clips_only_what_is_above),
        cmocka_unit_test(a_norm_shows_what_is_not_finite),
        cmocka_unit_test(gives_the_same_bits_whatever_the_threads),
        cmocka_unit_test(goes_on_from_its_moments),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
