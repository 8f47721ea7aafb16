#include "cmocka_setup.h"

#include "base/json.h"
#include "base/strbuf.h"

#include <string.h>

static json_t *parsed(const char *text) {
    json_t *value;
    dear_error err;
    assert_int_equal(json_read_text(&value, text, strlen(text), "here", &err), DEAR_OK);
    return value;
}

static void getters_keep_defaults_and_name_what_is_wrong(void **state) {
    (void)state;
    json_t *o = parsed("{\"n\": 5, \"x\": 1.5, \"b\": true, \"s\": \"t\", \"none\": null}");
    dear_error err;
    int64_t n = 1, missing = 42;
    double x = 0;
    bool b = false;
    const char *s = NULL;
    assert_int_equal(json_get_int(o, "n", 0, 9, &n, "f.json", &err), DEAR_OK);
    assert_int_equal(n, 5);
    assert_int_equal(json_get_int(o, "none", 0, 9, &missing, "f.json", &err), DEAR_OK);
    assert_int_equal(json_get_int(o, "absent", 0, 9, &missing, "f.json", &err), DEAR_OK);
    assert_int_equal(missing, 42);
    assert_int_equal(json_get_double(o, "n", &x, "f.json", &err), DEAR_OK);
    assert_true(x == 5);
    assert_int_equal(json_get_bool(o, "b", &b, "f.json", &err), DEAR_OK);
    assert_true(b);
    assert_int_equal(json_get_string(o, "s", &s, "f.json", &err), DEAR_OK);
    assert_string_equal(s, "t");
    assert_int_equal(json_get_int(o, "x", 0, 9, &n, "f.json", &err), DEAR_ERROR_INPUT);
    assert_string_equal(err.message, "f.json: \"x\" must be a whole number");
    assert_int_equal(json_get_int(o, "n", 6, 9, &n, "f.json", &err), DEAR_ERROR_INPUT);
    assert_int_equal(json_get_string(o, "n", &s, "f.json", &err), DEAR_ERROR_INPUT);
    assert_int_equal(json_get_bool(o, "n", &b, "f.json", &err), DEAR_ERROR_INPUT);
    assert_int_equal(json_get_double(o, "s", &x, "f.json", &err), DEAR_ERROR_INPUT);
    json_decref(o);
}

static void numbers_beyond_int64_do_not_spoil_the_others(void **state) {
    (void)state;
    json_t *o = parsed("{\"limit\": 1000000000000000019884624838656, \"n\": 7}");
    dear_error err;
    int64_t n = 0;
    double limit = 0;
    assert_int_equal(json_get_int(o, "n", 0, 9, &n, "f.json", &err), DEAR_OK);
    assert_int_equal(n, 7);
    assert_int_equal(json_get_double(o, "limit", &limit, "f.json", &err), DEAR_OK);
    assert_true(limit > 9e29);
    assert_int_equal(json_get_int(o, "limit", 0, 9, &n, "f.json", &err), DEAR_ERROR_INPUT);
    json_decref(o);
}

static void hostile_texts_are_refused_with_their_place(void **state) {
    (void)state;
    static const char *const broken[] = {
        "",      "{",       "{\"a\": 1, \"a\": 2}", "[1,]",     "\"\xff\"",
        "[NaN]", "[1e999]", "{} trailing",          "[\"\n\"]",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        json_t *value = (json_t *)1;
        dear_error err;
        assert_int_equal(json_read_text(&value, broken[i], strlen(broken[i]), "bad.json", &err),
                         DEAR_ERROR_INPUT);
        assert_null(value);
        assert_memory_equal(err.message, "bad.json: line ", 15);
    }
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    strbuf text = {0};
    for (int i = 0; i < 1000000; i++)
        strbuf_putc(&text, '[');
    json_t *value;
    dear_error err;
    assert_int_equal(json_read_text(&value, text.text, text.length, "deep", &err),
                     DEAR_ERROR_INPUT);
    strbuf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(getters_keep_defaults_and_name_what_is_wrong),
        cmocka_unit_test(numbers_beyond_int64_do_not_spoil_the_others),
        cmocka_unit_test(hostile_texts_are_refused_with_their_place),
        cmocka_unit_test(deep_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
