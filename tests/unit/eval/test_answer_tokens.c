#include "cmocka_setup.h"

#include "base/memory.h"
#include "eval/answer_tokens.h"

#include <string.h>

/* What Python gives: unicodedata.normalize("NFD", text), then each match of
 * ([\p{L}\p{N}\p{M}]+)|([^\p{Z}\p{C}]) of the module regex (2026.11), in lower case. */
static void tokens_are_those_of_dpr(void **state) {
    (void)state;
    static const struct {
        const char *text, *tokens;
    } cases[] = {
        {"", "\n"},
        {"  ", "\n"},
        {"Paris, France.", "\nparis\n,\nfrance\n.\n"},
        {"O'Neill's 3.5%", "\no\n'\nneill\n'\ns\n3\n.\n5\n%\n"},
        {"Wilhelm Conrad R\xc3\xb6ntgen", "\nwilhelm\nconrad\nro\xcc\x88ntgen\n"},
        {"CAF\xc3\x89 caf\xc3\xa9 cafe\xcc\x81", "\ncafe\xcc\x81\ncafe\xcc\x81\ncafe\xcc\x81\n"},
        {"\xce\x9f\xce\x94\xce\xa5\xce\xa3\xce\xa3\xce\x95\xce\xa5\xce\xa3 \xce\xa3 "
         "\xce\x91\xce\xa3"
         "1 \xce\xa3\xcc\x81\xce\x91",
         "\n\xce\xbf\xce\xb4\xcf\x85\xcf\x83\xcf\x83\xce\xb5\xcf\x85\xcf\x82\n\xcf\x83\n\xce\xb1"
         "\xcf\x82"
         "1\n\xcf\x83\xcc\x81\xce\xb1\n"},
        {"\xc4\xb0stanbul \xc4\xb1s\xc4\xb1", "\ni\xcc\x87stanbul\n\xc4\xb1s\xc4\xb1\n"},
        {"\xe5\x8c\x97\xe4\xba\xac 2008\xe5\xb9\xb4",
         "\n\xe5\x8c\x97\xe4\xba\xac\n2008\xe5\xb9\xb4\n"},
        {"a\xe2\x80\x8b"
         "b\xc2\xa0"
         "c\xc2\xad"
         "D",
         "\na\nb\nc\nd\n"},
        {"x_y-z", "\nx\n_\ny\n-\nz\n"},
        {"\xd9\xa1\xd9\xa2\xd9\xa3 \xc2\xbd \xe2\x85\xa7 \xe2\x85\xb7",
         "\n\xd9\xa1\xd9\xa2\xd9\xa3\n\xc2\xbd\n\xe2\x85\xb7\n\xe2\x85\xb7\n"},
        {"\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4",
         "\n\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xae\xe1\x86\xa8\xe1\x84\x8b"
         "\xe1\x85\xa5\n"},
        {"\xe2\x82\xac"
         "5,000 \xe2\x80\x93 \xe2\x80\x9cso\xe2\x80\x9d",
         "\n\xe2\x82\xac\n5\n,\n000\n\xe2\x80\x93\n\xe2\x80\x9c\nso\n\xe2\x80\x9d\n"},
        {"na\xc3\xafve\xf0\x9f\x98\x80ok", "\nnai\xcc\x88ve\n\xf0\x9f\x98\x80\nok\n"},
        {"\xef\xac\x81ne \xc7\x85 \xc3\x9f \xe1\xba\x9e",
         "\n\xef\xac\x81ne\n\xc7\x86\n\xc3\x9f\n\xc3\x9f\n"},
        {"\xe2\x92\xb6\xe2\x93\x90"
         "A",
         "\n\xe2\x93\x90\n\xe2\x93\x90\na\n"},
        {"a\x01"
         "b",
         "\na\nb\n"},
        {"\xce\x91\xce\xa3\xcc\x81", "\n\xce\xb1\xcf\x82\xcc\x81\n"},
        {"\xca\xb0\xce\xa3", "\n\xca\xb0\xcf\x83\n"},
        {"\xc8\xba"
         "bc",
         "\n\xe2\xb1\xa5"
         "bc\n"},
        {"\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80 "
         "\xe0\xa4\xad\xe0\xa4\xbe\xe0\xa4\xb7\xe0\xa4\xbe",
         "\n\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80\n\xe0\xa4\xad"
         "\xe0\xa4\xbe\xe0\xa4\xb7\xe0\xa4\xbe\n"},
        {"\xcc\x81x", "\n\xcc\x81x\n"},
    };
    answer_tokens t = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dear_error err;
        assert_int_equal(answer_tokens_take(&t, cases[i].text, strlen(cases[i].text), &err),
                         DEAR_OK);
        if (t.length != strlen(cases[i].tokens) || memcmp(t.text, cases[i].tokens, t.length) != 0)
            fail_msg("\"%s\" gives \"%.*s\"", cases[i].text, (int)t.length, t.text);
    }
    answer_tokens_free(&t);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    static const char text[] = "Wilhelm R\xc3\xb6ntgen";
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        answer_tokens t = {0};
        mem_fail_after(n);
        status = answer_tokens_take(&t, text, sizeof text - 1, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 20);
        answer_tokens_free(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_those_of_dpr),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
