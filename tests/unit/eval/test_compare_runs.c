#include "cmocka_setup.h"

#include "base/memory.h"
#include "eval/compare_runs.h"

#include <math.h>

/* Two measures; the second counts. Queries a to d, b to e, and one that nobody shares. */
static const char *first_qids[] = {"a", "b", "c", "d"}, *second_qids[] = {"b", "c", "d", "e"},
                  *other_qids[] = {"c", "x"};
static double first_values[] = {9, 0.9, 9, 0.1, 9, 0.5, 9, 0.25};
static double second_values[] = {8, 0.4, 8, 0.25, 8, 0.25, 8, 1};
static double other_values[] = {8, 0.4, 8, 0.25};

static const evaluation first = {
    .qids = first_qids, .values = first_values, .num_queries = 4, .num_measures = 2};
static const evaluation others[] = {
    {.qids = second_qids, .values = second_values, .num_queries = 4, .num_measures = 2},
    {.qids = first_qids, .values = first_values, .num_queries = 4, .num_measures = 2}};
static const evaluation apart = {
    .qids = other_qids, .values = other_values, .num_queries = 2, .num_measures = 2};

static void compares_common_queries(void **state) {
    (void)state;
    run_comparison out[2];
    comparison_options o = comparison_defaults();
    assert_int_equal(compare_runs(out, &first, others, 2, 1, &o, NULL), DEAR_OK);
    const comparison *c = &out[0].values;
    assert_int_equal(c->num_queries, 3);
    assert_int_equal(c->wins, 1);
    assert_int_equal(c->ties, 1);
    assert_int_equal(c->losses, 1);
    assert_true(fabs(out[0].first_mean - 0.85 / 3) < 1e-12);
    assert_true(fabs(out[0].second_mean - 0.9 / 3) < 1e-12);
    assert_true(fabs(c->mean_difference - 0.05 / 3) < 1e-12);
    assert_int_equal(out[1].values.num_queries, 4);
    assert_true(out[1].values.p == 1 && out[1].first_mean == out[1].second_mean);
}

static void the_runs_of_a_measure_are_a_family(void **state) {
    (void)state;
    run_comparison alone, out[2];
    comparison_options o = comparison_defaults();
    assert_int_equal(compare_runs(&alone, &first, others, 1, 1, &o, NULL), DEAR_OK);
    assert_int_equal(compare_runs(out, &first, others, 2, 1, &o, NULL), DEAR_OK);
    assert_true(alone.adjusted_p == alone.values.p);
    assert_true(out[0].values.p == alone.values.p);
    assert_true(fabs(out[0].adjusted_p - fmin(1, 2 * alone.values.p)) < 1e-12);
}

static void too_few_common_queries_are_an_error(void **state) {
    (void)state;
    run_comparison out;
    dear_error err;
    comparison_options o = comparison_defaults();
    assert_int_equal(compare_runs(&out, &first, &apart, 1, 1, &o, &err), DEAR_ERROR_INPUT);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    comparison_options o = comparison_defaults();
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        run_comparison out[2];
        mem_fail_after(n);
        status = compare_runs(out, &first, others, 2, 1, &o, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_common_queries),
        cmocka_unit_test(the_runs_of_a_measure_are_a_family),
        cmocka_unit_test(too_few_common_queries_are_an_error),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
