#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rank/score_text.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static void takes_only_whole_finite_numbers(void **state) {
    (void)state;
    const char *good[] = {"1", "-1.5", "+2", ".5", "1e-3", "1E5", "0"};
    const char *bad[] = {"",   "nan", "inf",   "-inf",  "0x10", " 1", "1 ",
                         "1e", "--1", "1.2.3", "1e999", "e5",   "."};
    double value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(score_parse(&value, good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (score_parse(&value, bad[i], strlen(bad[i])))
            fail_msg("took \"%s\"", bad[i]);
    assert_true(score_parse(&value, "12\tx", 2));
    assert_true(value == 12);
}

static void brings_every_float_back(void **state) {
    (void)state;
    uint32_t bits = 12345;
    for (int i = 0; i < 200000; i++) {
        bits = bits * 1664525u + 1013904223u;
        float f;
        memcpy(&f, &bits, sizeof f);
        if (!(f >= -FLT_MAX && f <= FLT_MAX))
            continue;
        char text[SCORE_TEXT_SIZE];
        score_print(text, f, true);
        if (strtof(text, NULL) != f)
            fail_msg("%a came back from %s", f, text);
    }
}

static void writes_few_digits(void **state) {
    (void)state;
    const double scores[] = {2.129133, -1.5, 1.0 / 3, 0.1f, 0, 1e300};
    const char *texts[] = {"2.129133", "-1.5", "0.3333333333333333", "0.1", "0", "1e+300"};
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        char text[SCORE_TEXT_SIZE];
        score_print(text, scores[i], score_is_float32(scores[i]));
        assert_string_equal(text, texts[i]);
        assert_true(strtod(text, NULL) == scores[i] || strtof(text, NULL) == (float)scores[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_only_whole_finite_numbers),
        cmocka_unit_test(brings_every_float_back),
        cmocka_unit_test(writes_few_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
