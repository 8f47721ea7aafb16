/* Oniguruma's dialect through PCRE2: the same matches, or a refusal that names the construct. */
#include "tokenizer_cases.h"

#include "text/pretokenize.h"
#include "text/regex.h"

static regex *compiled(const char *pattern) {
    regex *r = NULL;
    dear_error err = {0};
    assert_ok(regex_compile(&r, pattern, strlen(pattern), false, "here", &err), &err);
    return r;
}

/* The pieces between and of all matches, with bars between them. */
static void assert_pieces(const char *pattern, const char *text, const char *expected) {
    regex *r = compiled(pattern);
    regex_matcher m = {0};
    strbuf got = {0};
    strbuf_puts(&got, "");
    size_t length = strlen(text), from = 0, begin, end;
    bool found = true;
    dear_error err = {0};
    while (from < length) {
        assert_ok(regex_find(r, &m, text, length, from, &found, &begin, &end, &err), &err);
        if (!found || end == begin)
            break;
        strbuf_append(&got, text + begin, end - begin);
        strbuf_putc(&got, '|');
        from = end;
    }
    assert_string_equal(got.text, expected);
    strbuf_free(&got);
    regex_matcher_free(&m);
    regex_free(r);
}

static void well_known_splits(void **state) {
    (void)state;
    assert_pieces(REGEX_GPT2, "I'll go  to 1234\n\n x", "I|'ll| go| | to| 1234|\n\n| x|");
    assert_pieces(REGEX_GPT2, "I'LL", "I|'|LL|");
    assert_pieces(REGEX_LLAMA3, "I'LL go  to 1234\n\n x", "I|'LL| go| | to| |123|4|\n\n| x|");
    assert_pieces(REGEX_LLAMA3, "x'\u017F", "x|'\u017F|"); /* long s is an s in any case */
    assert_pieces(REGEX_DIGIT, "1\u0663\u00BD", "1|\u0663|\u00BD|");
}

static void dialects_agree(void **state) {
    (void)state;
    assert_pieces("\\s+", " \t\u00A0\u3000\xC2\x85", " \t\u00A0\u3000\xC2\x85|");
    assert_pieces("\\s", "\u180E", ""); /* no space since Unicode 6.3, but one to PCRE2's \s */
    assert_pieces("[\\s]", "\u180E", "");
    assert_pieces("\\S", "\u180E", "\u180E|");
    assert_pieces("a{,2}b?", "aab", "aab|");
    assert_pieces("a{x", "a{x", "a{x|");
    assert_pieces("(?m:a.)", "a\n", "a\n|"); /* Ruby's m is PCRE2's s */
    assert_pieces("a.", "a\n", "");
    assert_pieces("^b", "a\nb", "b|"); /* ^ stands at every line's beginning */
    assert_pieces("\\u0041|\\x{42}|\\x43|\\v", "ABC\v", "A|B|C|\v|");
    assert_pieces("(?i)ab", "AB", "AB|");
    assert_pieces("[^\\r\\n\\p{L}]?+\\p{L}++", " ab-c", " ab|-c|");
    assert_pieces("\\\uFF5C", "\uFF5C", "\uFF5C|");
}

static void assert_refused(const char *pattern, dear_status status, const char *words) {
    regex *r = NULL;
    dear_error err = {0};
    assert_int_equal(regex_compile(&r, pattern, strlen(pattern), false, "here", &err), status);
    assert_null(r);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" is not in: %s", words, err.message);
}

static void what_differs_is_refused(void **state) {
    (void)state;
    assert_refused("a\\w", DEAR_ERROR_UNSUPPORTED, "\\w at byte 1");
    assert_refused("\\h", DEAR_ERROR_UNSUPPORTED, "\\h");
    assert_refused("(a)\\1", DEAR_ERROR_UNSUPPORTED, "\\1");
    assert_refused("[\\S]", DEAR_ERROR_UNSUPPORTED, "\\S inside a class");
    assert_refused("[a[bc]]", DEAR_ERROR_UNSUPPORTED, "class inside a class");
    assert_refused("[a&&b]", DEAR_ERROR_UNSUPPORTED, "&&");
    assert_refused("a{1,2}+", DEAR_ERROR_UNSUPPORTED, "{1,2}+");
    assert_refused("a{2}?", DEAR_ERROR_UNSUPPORTED, "{2}?");
    assert_refused("a(?i)b|c", DEAR_ERROR_UNSUPPORTED, "(?i)");
    assert_refused("(?<n>a)", DEAR_ERROR_UNSUPPORTED, "(?<");
    assert_refused("\\xE9", DEAR_ERROR_UNSUPPORTED, "\\x");
    assert_refused("[abc", DEAR_ERROR_UNSUPPORTED, "without end");
    assert_refused("a\\", DEAR_ERROR_UNSUPPORTED, "backslash");
    assert_refused("\\p{Nonsense}", DEAR_ERROR_INPUT, "bad regular expression");
    assert_refused("(a", DEAR_ERROR_INPUT, "bad regular expression");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_known_splits),
        cmocka_unit_test(dialects_agree),
        cmocka_unit_test(what_differs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
