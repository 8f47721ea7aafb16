#include "cmocka_setup.h"

#include "base/memory.h"
#include "base/random.h"
#include "eval/significance.h"

#include <math.h>
#include <string.h>

enum { NUM_QUERIES = 12, SAMPLES = 100000 };

static const double first[NUM_QUERIES] = {0.10, 0.35, 0.20, 0.80, 0.55, 0.00,
                                          0.63, 1.00, 0.42, 0.31, 0.90, 0.25};
static const double second[NUM_QUERIES] = {0.25, 0.30, 0.45, 0.80, 0.75, 0.10,
                                           0.58, 1.00, 0.66, 0.52, 0.95, 0.20};

static comparison compare(const double *a, const double *b, size_t n, significance_test test,
                          size_t samples, uint64_t seed) {
    comparison c;
    dear_error err;
    if (compare_values(&c, a, b, n, test, samples, seed, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return c;
}

static void assert_near(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* scipy 1.17.1: 2 * stats.t.sf(t, freedom). */
static void student_t_agrees_with_scipy(void **state) {
    (void)state;
    static const struct {
        double t, freedom, p;
    } cases[] = {
        {0.5, 1, 7.0483276469913347e-01},     {2.0, 1, 2.9516723530086653e-01},
        {1e-06, 3, 9.9999926489480606e-01},   {2.5, 20, 2.1233545439132379e-02},
        {1.96, 3609, 5.0072631016833388e-02}, {12.0, 20, 1.3595557025880659e-10},
        {40.0, 199, 4.3394585669291187e-97},  {0.1, 100000, 9.2034452590672633e-01},
        {3.3, 2.5, 5.9402128779444133e-02},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_near(student_t_probability(cases[i].t, cases[i].freedom), cases[i].p, 1e-10);
        assert_near(student_t_probability(-cases[i].t, cases[i].freedom), cases[i].p, 1e-10);
    }
    assert_true(student_t_probability(0, 5) == 1);
    assert_true(student_t_probability(INFINITY, 5) == 0);
}

/* scipy 1.17.1: stats.ttest_rel(second, first); the differences' mean, and mean / std(ddof=1). */
static void t_test_agrees_with_scipy(void **state) {
    (void)state;
    comparison c = compare(first, second, NUM_QUERIES, SIGNIFICANCE_T_TEST, 1, 0);
    assert_int_equal(c.num_queries, NUM_QUERIES);
    assert_int_equal(c.wins, 7);
    assert_int_equal(c.ties, 2);
    assert_int_equal(c.losses, 3);
    assert_near(c.mean_difference, 8.75e-02, 1e-12);
    assert_near(c.effect_size, 7.3753706593190649e-01, 1e-10);
    assert_near(c.p, 2.6760412508948016e-02, 1e-9);
    comparison back = compare(second, first, NUM_QUERIES, SIGNIFICANCE_T_TEST, 1, 0);
    assert_near(back.p, c.p, 1e-12);
    assert_near(back.mean_difference, -c.mean_difference, 1e-12);
    assert_int_equal(back.wins, c.losses);
}

/* Of the 4096 ways to choose signs, 168 reach the sum observed (scipy's permutation_test, and by
 * hand in exact fractions). */
static void randomization_counts_every_sign(void **state) {
    (void)state;
    comparison c = compare(first, second, NUM_QUERIES, SIGNIFICANCE_RANDOMIZATION, 4096, 0);
    assert_true(c.p == 168.0 / 4096);
    comparison scaled;
    double a[NUM_QUERIES], b[NUM_QUERIES];
    for (size_t i = 0; i < NUM_QUERIES; i++) {
        a[i] = first[i] / 3;
        b[i] = second[i] / 3;
    }
    scaled = compare(a, b, NUM_QUERIES, SIGNIFICANCE_RANDOMIZATION, 4096, 0);
    assert_true(scaled.p == c.p);
}

/* A sample of the signs comes near to the share among all: five standard deviations of it. */
static void sampled_randomization_nears_the_exact(void **state) {
    (void)state;
    enum { FEWER = 4095 }; /* one too few for all of them */
    double exact = 168.0 / 4096, spread = 5 * sqrt(exact * (1 - exact) / FEWER);
    comparison c = compare(first, second, NUM_QUERIES, SIGNIFICANCE_RANDOMIZATION, FEWER, 42);
    assert_true(fabs(c.p - exact) < spread);
}

/* Of all 3125 draws of five from five, 385 reach the |t| observed (numpy over every draw). */
static void bootstrap_nears_all_draws(void **state) {
    (void)state;
    static const double none[5] = {0}, some[5] = {0.3, -0.1, 0.25, 0.05, 0.4};
    double exact = 385.0 / 3125, spread = 5 * sqrt(exact * (1 - exact) / SAMPLES);
    comparison c = compare(none, some, 5, SIGNIFICANCE_BOOTSTRAP, SAMPLES, 1);
    assert_true(fabs(c.p - exact) < spread);
}

static void the_same_seed_gives_the_same_p(void **state) {
    (void)state;
    for (significance_test t = SIGNIFICANCE_BOOTSTRAP; t <= SIGNIFICANCE_RANDOMIZATION; t++) {
        double p = compare(first, second, NUM_QUERIES, t, 1000, 5).p;
        assert_true(compare(first, second, NUM_QUERIES, t, 1000, 5).p == p);
        bool others_differ = false;
        for (uint64_t seed = 6; seed < 12; seed++)
            others_differ |= compare(first, second, NUM_QUERIES, t, 1000, seed).p != p;
        assert_true(others_differ);
    }
}

/* The three tests agree where the t-test's assumption holds: normal differences. */
static void tests_agree_on_normal_differences(void **state) {
    (void)state;
    enum { MANY = 200 };
    double none[MANY] = {0}, normal[MANY];
    random_source r = random_from_seed(3);
    for (size_t i = 0; i < MANY; i++) {
        normal[i] = 1.7; /* the sum of 12 uniform numbers less 6 has deviation 1 */
        for (size_t k = 0; k < 12; k++)
            normal[i] += (double)random_below(&r, 1 << 30) / (1 << 30) * 10 - 5;
    }
    double p = compare(none, normal, MANY, SIGNIFICANCE_T_TEST, 1, 0).p;
    assert_true(p > 0.005 && p < 0.2);
    assert_near(compare(none, normal, MANY, SIGNIFICANCE_BOOTSTRAP, SAMPLES, 0).p, p, 0.15);
    assert_near(compare(none, normal, MANY, SIGNIFICANCE_RANDOMIZATION, SAMPLES, 0).p, p, 0.15);
}

static void no_difference_is_chance(void **state) {
    (void)state;
    for (significance_test t = SIGNIFICANCE_T_TEST; t <= SIGNIFICANCE_RANDOMIZATION; t++) {
        comparison c = compare(first, first, NUM_QUERIES, t, 1000, 0);
        assert_true(c.p == 1 && c.effect_size == 0 && c.mean_difference == 0);
        assert_int_equal(c.ties, NUM_QUERIES);
    }
}

/* Differences that are all alike leave nothing to chance but the number of queries. */
static void a_constant_difference_is_no_chance(void **state) {
    (void)state;
    static const double low[4] = {0.25, 0.5, 0, 0.25}, high[4] = {0.5, 0.75, 0.25, 0.5};
    comparison c = compare(low, high, 4, SIGNIFICANCE_T_TEST, 1, 0);
    assert_true(c.p == 0 && c.effect_size == 0);
    assert_true(compare(low, high, 4, SIGNIFICANCE_RANDOMIZATION, 100, 0).p == 2.0 / 16);
    assert_near(compare(low, high, 4, SIGNIFICANCE_BOOTSTRAP, 99, 0).p, 1.0 / 100, 1e-12);
}

static void one_query_is_too_few(void **state) {
    (void)state;
    comparison c;
    dear_error err;
    assert_int_equal(compare_values(&c, first, second, 1, SIGNIFICANCE_T_TEST, 1, 0, &err),
                     DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "two queries at least"));
}

/* statsmodels 0.14's multipletests(method="holm"). */
static void holm_adjusts_as_statsmodels_does(void **state) {
    (void)state;
    double p[] = {0.03, 0.001, 0.04, 0.9, 0.012, 0.04};
    static const double adjusted[] = {0.12, 0.006, 0.12, 0.9, 0.06, 0.12};
    assert_int_equal(holm_adjust(p, 6, NULL), DEAR_OK);
    for (size_t i = 0; i < 6; i++)
        assert_near(p[i], adjusted[i], 1e-12);
    double alone = 0.2;
    assert_int_equal(holm_adjust(&alone, 1, NULL), DEAR_OK);
    assert_true(alone == 0.2);
    assert_int_equal(holm_adjust(NULL, 0, NULL), DEAR_OK);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        comparison c;
        double p[2] = {0.1, 0.2};
        mem_fail_after(n);
        status =
            compare_values(&c, first, second, NUM_QUERIES, SIGNIFICANCE_BOOTSTRAP, 10, 0, NULL);
        if (status == DEAR_OK)
            status = holm_adjust(p, 2, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_t_agrees_with_scipy),
        cmocka_unit_test(t_test_agrees_with_scipy),
        cmocka_unit_test(randomization_counts_every_sign),
        cmocka_unit_test(sampled_randomization_nears_the_exact),
        cmocka_unit_test(bootstrap_nears_all_draws),
        cmocka_unit_test(the_same_seed_gives_the_same_p),
        cmocka_unit_test(tests_agree_on_normal_differences),
        cmocka_unit_test(no_difference_is_chance),
        cmocka_unit_test(a_constant_difference_is_no_chance),
        cmocka_unit_test(one_query_is_too_few),
        cmocka_unit_test(holm_adjusts_as_statsmodels_does),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
