#include "cmocka_setup.h"

#include "base/clock.h"
#include "report/subprocess.h"

#include <string.h>

static dear_status run_script(const char *script, double seconds, strbuf *output, dear_error *err) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    return subprocess_run(argv, "some input", strlen("some input"), seconds, output, err);
}

static void output_is_what_the_program_makes_of_its_input(void **state) {
    (void)state;
    strbuf out = {0};
    dear_error err;
    assert_int_equal(run_script("tr a-z A-Z; echo warning >&2", 20, &out, &err), DEAR_OK);
    assert_string_equal(out.text, "SOME INPUT");
    strbuf_free(&out);
}

static void failure_quotes_what_the_program_says(void **state) {
    (void)state;
    strbuf out = {0};
    dear_error err;
    assert_int_equal(run_script("echo out of ink >&2; exit 3", 20, &out, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "sh failed: out of ink"));
    assert_int_equal(run_script("kill -9 $$", 20, &out, &err), DEAR_ERROR_IO);
    strbuf_free(&out);
}

static void missing_program_is_named(void **state) {
    (void)state;
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    strbuf out = {0};
    dear_error err;
    assert_int_equal(subprocess_run(argv, "", 0, 20, &out, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "no-such-program-anywhere is not installed"));
}

static void too_slow_a_program_is_ended(void **state) {
    (void)state;
    strbuf out = {0};
    dear_error err;
    double before = clock_seconds();
    assert_int_equal(run_script("exec sleep 100", 0.1, &out, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "not done after 0.1 seconds"));
    assert_true(clock_seconds() - before < 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_is_what_the_program_makes_of_its_input),
        cmocka_unit_test(failure_quotes_what_the_program_says),
        cmocka_unit_test(missing_program_is_named),
        cmocka_unit_test(too_slow_a_program_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
