#include "cmocka_setup.h"

#include "eval/python_list.h"

#include <string.h>

static void reads_what_python_and_json_print(void **state) {
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"[]", "[]"},
        {" [ 'a' , \"b\" , ] ", "[\"a\", \"b\"]"},
        {"[\"it's\", 'say \"x\"', '']", "[\"it's\", \"say \\\"x\\\"\", \"\"]"},
        {"['it\\'s', \"\\\"\", '\\\\', 'a\\tb']", "[\"it's\", \"\\\"\", \"\\\\\", \"a\\tb\"]"},
        {"['caf\\xe9', '\\u00e9', '\\U0001f600', '\xc3\xa9']",
         "[\"caf\xc3\xa9\", \"\xc3\xa9\", \"\xf0\x9f\x98\x80\", \"\xc3\xa9\"]"},
        {"[\"\\ud83d\\ude00\", \"a\\/b\", '\\q']", "[\"\xf0\x9f\x98\x80\", \"a/b\", \"\\\\q\"]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *list, *wanted = json_loads(cases[i].json, 0, NULL);
        dear_error err = {0};
        if (python_list_read(&list, cases[i].text, "x", &err) != DEAR_OK)
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_non_null(wanted);
        assert_true(json_equal(list, wanted));
        json_decref(list);
        json_decref(wanted);
    }
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"", "f:3: character 1 of the list: expected \"[\""},
        {"'a'", "character 1 of the list: expected \"[\""},
        {"[", "character 2 of the list: expected a string in quotes"},
        {"['a'", "character 5 of the list: expected \",\" or \"]\""},
        {"['a' 'b']", "character 6 of the list: expected \",\""},
        {"['a', 1]", "character 7 of the list: expected a string in quotes"},
        {"['\xc3\xa9\xc3\xa9', x]", "character 8 of the list"},
        {"['a]", "character 5 of the list: expected the end of the string"},
        {"['a\\", "expected the end of the string"},
        {"['\\x4g']", "expected a hexadecimal digit"},
        {"['\\u12", "expected a hexadecimal digit"},
        {"['\\ud800']", "expected a character of Unicode"},
        {"['\\ud800\\u0041']", "expected a character of Unicode"},
        {"['\\U00110000']", "expected a character of Unicode"},
        {"['\\x00']", "expected a character of Unicode"},
        {"['a'] b", "character 7 of the list: expected nothing after the list"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *list;
        dear_error err;
        assert_int_equal(python_list_read(&list, cases[i].text, "f:3", &err), DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no \"%s\" in: %s", cases[i].named, err.message);
        assert_null(list);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_python_and_json_print),
        cmocka_unit_test(refuses_what_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
