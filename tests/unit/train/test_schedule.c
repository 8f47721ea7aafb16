#include "cmocka_setup.h"

#include "train/schedule.h"

#include <math.h>
#include <string.h>

static void assert_rates(const schedule *s, const double *expected, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(learning_rate(s, i) - expected[i]) <= 1e-15))
            fail_msg("%s, update %d: %.17g, not %.17g", schedule_shape_name(s->shape), (int)i,
                     learning_rate(s, i), expected[i]);
}

static void goes_up_then_along_its_shape(void **state) {
    (void)state;
    const double root = sqrt(0.5);
    schedule s = {.peak = 0.8, .warmup = 2, .updates = 6, .shape = SCHEDULE_LINEAR};
    assert_rates(&s, (double[]){0.4, 0.8, 0.8, 0.6, 0.4, 0.2, 0, 0}, 8);
    s.shape = SCHEDULE_COSINE;
    assert_rates(&s, (double[]){0.4, 0.8, 0.8, 0.4 * (1 + root), 0.4, 0.4 * (1 - root), 0, 0}, 8);
    s.shape = SCHEDULE_CONSTANT;
    assert_rates(&s, (double[]){0.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8}, 7);
}

static void needs_no_warm_up_and_no_way_down(void **state) {
    (void)state;
    schedule s = {.peak = 1, .warmup = 0, .updates = 4, .shape = SCHEDULE_LINEAR};
    assert_rates(&s, (double[]){1, 0.75, 0.5, 0.25, 0}, 5);
    s.warmup = 4;
    for (s.shape = SCHEDULE_LINEAR; s.shape <= SCHEDULE_COSINE; s.shape++)
        assert_rates(&s, (double[]){0.25, 0.5, 0.75, 1, 0}, 5);
}

static void never_jumps(void **state) {
    (void)state;
    for (schedule_shape shape = SCHEDULE_LINEAR; shape <= SCHEDULE_CONSTANT; shape++) {
        schedule s = {.peak = 3e-4, .warmup = 100, .updates = 1000, .shape = shape};
        for (int64_t i = 1; i < 1001; i++)
            assert_true(fabs(learning_rate(&s, i) - learning_rate(&s, i - 1)) <= 3e-6 * 1.001);
    }
}

static void is_known_by_name(void **state) {
    (void)state;
    dear_error err;
    schedule_shape found;
    for (schedule_shape shape = SCHEDULE_LINEAR; shape <= SCHEDULE_CONSTANT; shape++) {
        assert_int_equal(schedule_shape_parse(&found, schedule_shape_name(shape), &err), DEAR_OK);
        assert_int_equal(found, shape);
    }
    assert_int_equal(schedule_shape_parse(&found, "step", &err), DEAR_ERROR_USAGE);
    assert_non_null(strstr(err.message, "\"step\""));
    assert_non_null(strstr(err.message, "linear, cosine, constant"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_up_then_along_its_shape),
        cmocka_unit_test(needs_no_warm_up_and_no_way_down),
        cmocka_unit_test(never_jumps),
        cmocka_unit_test(is_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
