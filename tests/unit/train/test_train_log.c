#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "train/train_curve.h"
#include "train/train_log.h"
#include "unit/rank/scratch_file.h"

#include <math.h>

static train_log_entry entry_at(int64_t step) {
    return (train_log_entry){.step = step,
                             .loss = 1.0 / (double)(step + 1),
                             .learning_rate = 1e-4,
                             .tokens_per_second = 310.5,
                             .gradient_norm = 2,
                             .spread = 0.5,
                             .validation = step % 5 == 0 ? 0.25 + 0.001 * (double)step : NAN};
}

/* Writes entries first, first + 1, …, last into a log opened at step first - 1. */
static void write_log(const char *path, int64_t first, int64_t last) {
    train_log *log;
    dear_error err;
    if (train_log_open(&log, path, first - 1, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    for (int64_t step = first; step <= last; step++) {
        train_log_entry entry = entry_at(step);
        assert_int_equal(train_log_add(log, &entry, &err), DEAR_OK);
    }
    train_log_close(log);
}

static void assert_text(const char *path, const char *expected) {
    size_t length = 0;
    char *text = scratch_read(path, &length);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_steps(const char *path, size_t expected) {
    train_log_entry *entries;
    size_t count;
    dear_error err;
    if (train_log_read(&entries, &count, path, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        train_log_entry wanted = entry_at((int64_t)i + 1);
        assert_int_equal(entries[i].step, wanted.step);
        assert_true(fabs(entries[i].loss - wanted.loss) <= 1e-8);
        assert_true(entries[i].learning_rate == wanted.learning_rate);
        assert_true(entries[i].tokens_per_second == wanted.tokens_per_second);
        assert_true(entries[i].gradient_norm == wanted.gradient_norm);
        assert_true(entries[i].spread == wanted.spread);
        assert_true(isnan(entries[i].validation) == isnan(wanted.validation));
    }
    mem_free(entries);
}

static void writes_a_line_an_entry(void **state) {
    (void)state;
    const char *path = scratch_path("log");
    train_log *log;
    dear_error err;
    train_log_entry entry = {3, 0.5, 0.25, 100, NAN, 0.5, NAN};
    assert_int_equal(train_log_open(&log, path, 0, &err), DEAR_OK);
    assert_int_equal(train_log_add(log, &entry, &err), DEAR_OK);
    static const char first[] = "{\"step\": 3, \"loss\": 0.5, \"lr\": 0.25, \"tokens_per_second\": "
                                "100.0, \"grad_norm\": null, \"spread\": 0.5}\n";
    assert_text(path, first); /* at once */
    entry = (train_log_entry){4, INFINITY, 0, 0, 0, 0, 0.75};
    assert_int_equal(train_log_add(log, &entry, &err), DEAR_OK);
    train_log_close(log);
    train_log_entry *entries;
    size_t count;
    assert_int_equal(train_log_read(&entries, &count, path, &err), DEAR_OK);
    assert_int_equal(count, 2);
    assert_true(isnan(entries[0].gradient_norm) && isnan(entries[0].validation));
    assert_true(isnan(entries[1].loss) && entries[1].validation == 0.75);
    mem_free(entries);
}

static void goes_on_as_if_it_had_never_stopped(void **state) {
    (void)state;
    const char *whole = scratch_path("whole"), *resumed = scratch_path("resumed");
    write_log(whole, 1, 20);
    size_t length = 0;
    char *expected = scratch_read(whole, &length);
    for (int64_t at = 1; at < 15; at++) {
        write_log(resumed, 1, 15);
        assert_int_equal(truncate(resumed, (off_t)(length * 15 / 20 - 7)), 0); /* a torn line */
        write_log(resumed, at + 1, 20);
        assert_text(resumed, expected);
        assert_steps(resumed, 20);
    }
    free(expected);
    write_log(resumed, 1, 4);
    assert_steps(resumed, 4);
    assert_int_equal(unlink(resumed), 0);
    write_log(resumed, 5, 6); /* a log that went missing stops no training */
}

static void leaves_what_is_no_log(void **state) {
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"{\"step\": 1}\nnot JSON\n", "log:2"},
        {"{\"step\": 1}\n[]\n", "log:2: must be a JSON object"},
        {"{\"loss\": 1}\n", "log:1: has no \"step\""},
        {"{\"step\": 3}\n{\"step\": 2}\n", "log:2: \"step\" is 2"},
        {"{\"step\": -1}\n", "log:1"},
        {"{\"step\": 1, \"loss\": \"low\"}\n", "\"loss\" must be a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_write("log", cases[i].text);
        train_log *log;
        train_log_entry *entries;
        size_t count;
        dear_error err;
        assert_int_equal(train_log_open(&log, path, 9, &err), DEAR_ERROR_INPUT);
        assert_null(log);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no %s in: %s", cases[i].named, err.message);
        assert_text(path, cases[i].text);
        assert_int_equal(train_log_read(&entries, &count, path, &err), DEAR_ERROR_INPUT);
        assert_null(entries);
    }
    train_log *log;
    dear_error err;
    const char *nowhere = scratch_path("none/log");
    assert_int_equal(train_log_open(&log, nowhere, 0, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, nowhere));
}

static dear_status use(const char *path, dear_error *err) {
    train_log *log;
    train_log_entry *entries, entry = entry_at(4);
    size_t count;
    TRY(train_log_open(&log, path, 3, err));
    dear_status status = train_log_add(log, &entry, err);
    train_log_close(log);
    if (status == DEAR_OK)
        status = train_log_read(&entries, &count, path, err);
    if (status == DEAR_OK)
        mem_free(entries);
    return status;
}

static void survives_no_memory(void **state) {
    (void)state;
    const char *path = scratch_path("log");
    write_log(path, 1, 9);
    long n = 0;
    dear_status status;
    dear_error err;
    do {
        mem_fail_after(++n);
        status = use(path, &err);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
    } while (status != DEAR_OK);
    assert_true(n > 4);
    assert_steps(path, 4);
}

static void assert_drawn(const char *log, bool validated) {
    const char *picture = scratch_path("curve.svg");
    dear_error err;
    if (train_curve_draw(log, picture, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    size_t length = 0;
    char *svg = scratch_read(picture, &length);
    assert_non_null(svg);
    assert_true(strncmp(svg, "<svg", 4) == 0);
    assert_non_null(strstr(svg, "xmlns=\"http://www.w3.org/2000/svg\""));
    assert_non_null(strstr(svg, "loss"));
    assert_int_equal(strstr(svg, "validation (") != NULL, validated);
    assert_true(length < 100000);
    free(svg);
}

static void draws_short_logs_and_long_ones(void **state) {
    (void)state;
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        skip();
    const char *path = scratch_path("log");
    for (int64_t steps = 1; steps <= 10000; steps *= 10) {
        write_log(path, 1, steps);
        assert_drawn(path, steps >= 5);
    }
    write_log(path, 1, 7);
    FILE *log = fopen(path, "a");
    assert_true(fputs("{\"step\": 8, \"loss\": null}\n{\"step\": 9, \"lo", log) >= 0);
    assert_int_equal(fclose(log), 0);
    assert_drawn(path, true);
}

static void draws_nothing_where_there_is_nothing(void **state) {
    (void)state;
    dear_error err;
    const char *picture = scratch_path("none.svg");
    const char *path = scratch_write("log", "{\"step\": 1, \"loss\": null}\n");
    assert_int_equal(train_curve_draw(path, picture, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "no loss"));
    path = scratch_write("log", "");
    assert_int_equal(train_curve_draw(path, picture, &err), DEAR_ERROR_INPUT);
    assert_int_equal(access(picture, F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_line_an_entry),
        cmocka_unit_test(goes_on_as_if_it_had_never_stopped),
        cmocka_unit_test(leaves_what_is_no_log),
        cmocka_unit_test(survives_no_memory),
        cmocka_unit_test(draws_short_logs_and_long_ones),
        cmocka_unit_test(draws_nothing_where_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
