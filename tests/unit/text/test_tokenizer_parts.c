/* Components of tokenizer.json one by one, on a vocabulary small enough to follow by hand. */
#include "small_tokenizer.h"

#include "base/memory.h"

static void expect(small_json parts, const char *text, unsigned flags, const char *ids) {
    tokenizer *t = open_small(parts);
    assert_ids_are(t, text, flags, ids);
    tokenizer_close(t);
}

static void merges_by_rank(void **state) {
    (void)state;
    expect((small_json){0}, "abc ab a", 0, "5 3 4 6");
    expect((small_json){.merges = "[]"}, "ab", 0, "0 1");
    expect((small_json){.merges = "[]", .options = "\"ignore_merges\": true,"}, "ab abc", 0,
           "4 3 0 1 2");
    expect((small_json){0}, "z\xC3\xA9", 0, ""); /* bytes without a token leave nothing */
}

static void splits_behave(void **state) {
    (void)state;
    /* With every merge inside reach, what is cut shows in the ids: "ab" is 4, "abc" is 5. */
    static const struct {
        const char *behaviour, *ids;
    } cases[] = {{"Isolated", "4 2 2 4"},
                 {"Removed", "4 4"},
                 {"MergedWithPrevious", "5 2 4"},
                 {"MergedWithNext", "4 2 2 4"},
                 {"Contiguous", "4 2 2 4"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        strbuf pre = {0};
        strbuf_printf(&pre,
                      "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", "
                      "\"pattern\": {\"String\": \"c\"}, \"behavior\": \"%s\", \"invert\": false}, "
                      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, "
                      "\"use_regex\": false}]}",
                      cases[i].behaviour);
        expect((small_json){.pre = pre.text}, "abccab", 0, cases[i].ids);
        strbuf_free(&pre);
    }
}

static void added_tokens_come_first(void **state) {
    (void)state;
    expect((small_json){0}, "a<|a|>b<b>", TOKENIZER_PARSE_SPECIAL, "0 20 1 21");
    expect((small_json){0}, "a<|a|>b<b>", 0, "0 7 9 0 9 8 1 21");
    expect((small_json){.added = "[{\"id\": 20, \"content\": \"<b\"}, "
                                 "{\"id\": 21, \"content\": \"<b>>\"}]"},
           "<b><b>>", 0, "20 8 21");
    expect((small_json){.added = "[{\"id\": 20, \"content\": \"<b>\", \"lstrip\": true, "
                                 "\"rstrip\": true}]"},
           "a  <b>\n\na", 0, "0 20 0");
    expect((small_json){.added = "[{\"id\": 1, \"content\": \"b\", \"single_word\": true}]"},
           "ab b", 0, "4 3 1");
}

static void templates_are_followed(void **state) {
    (void)state;
    static const char post[] =
        "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"B\"}}, "
        "{\"Sequence\": {\"id\": \"A\"}}], \"pair\": [{\"SpecialToken\": {\"id\": \"B\"}}, "
        "{\"Sequence\": {\"id\": \"A\"}}, {\"SpecialToken\": {\"id\": \"B\"}}, "
        "{\"Sequence\": {\"id\": \"B\"}}], \"special_tokens\": {\"B\": {\"ids\": [20, 21]}}}";
    tokenizer *t = open_small((small_json){.post = post});
    dear_error err;
    assert_ids_are(t, "a", TOKENIZER_ADD_SPECIAL, "20 21 0");
    assert_ids_are(t, "a", 0, "0");
    token_list ids = {0};
    assert_int_equal(tokenizer_encode_pair(t, "a", 1, "b", 1, TOKENIZER_ADD_SPECIAL, &ids, &err),
                     DEAR_OK);
    char *got = ids_text(&ids);
    assert_string_equal(got, "20 21 0 20 21 1");
    free(got);
    token_list_free(&ids);
    tokenizer_close(t);
}

static void normalizers_edit(void **state) {
    (void)state;
    expect((small_json){.normalizer = "{\"type\": \"Sequence\", \"normalizers\": ["
                                      "{\"type\": \"Prepend\", \"prepend\": \"a\"}, "
                                      "{\"type\": \"Replace\", \"pattern\": {\"String\": \"2\"}, "
                                      "\"content\": \"b\"}]}"},
           "2c", 0, "5");
    /* NFKC: fullwidth a b c */
    expect((small_json){.normalizer = "{\"type\": \"NFKC\"}"}, "\uFF41\uFF42\uFF43", 0, "5");
}

static void marks_of_any_number_are_ordered(void **state) {
    (void)state;
    /* Dot below (220) after 40000 dots above (230) moves in front of them; and in linear time. */
    enum { MARKS = 40000 };
    strbuf text = {0}, out = {0};
    strbuf_puts(&text, "q");
    for (int i = 0; i < MARKS; i++)
        strbuf_puts(&text, "\u0307");
    for (int i = 0; i < MARKS; i++)
        strbuf_puts(&text, "\u0323");
    text_edit edit = {.kind = EDIT_NFD};
    dear_error err;
    assert_ok(text_edit_apply(&edit, text.text, text.length, &out, &err), &err);
    assert_int_equal(out.length, text.length);
    assert_memory_equal(out.text, "q\u0323", 3);
    assert_memory_equal(out.text + 1 + 2 * MARKS, "\u0307", 2);
    strbuf_free(&text);
    strbuf_free(&out);
}

static void bytes_of_tokens(void **state) {
    (void)state;
    tokenizer *t = open_small((small_json){0});
    dear_error err;
    strbuf bytes = {0};
    assert_int_equal(tokenizer_token_bytes(t, 6, &bytes, &err), DEAR_OK);
    assert_int_equal(tokenizer_token_bytes(t, 12, &bytes, &err), DEAR_OK);
    assert_int_equal(tokenizer_token_bytes(t, 20, &bytes, &err), DEAR_OK);
    assert_string_equal(bytes.text, " a\n<|a|>");
    strbuf_free(&bytes);
    assert_int_equal(tokenizer_token_bytes(t, 13, &bytes, &err), DEAR_ERROR_INPUT);
    assert_int_equal(tokenizer_token_bytes(t, -1, &bytes, &err), DEAR_ERROR_INPUT);
    assert_int_equal(tokenizer_vocab_size(t), 22);
    assert_int_equal(tokenizer_find(t, "abc"), 5);
    assert_int_equal(tokenizer_find(t, "cba"), -1);
    assert_string_equal(tokenizer_token(t, 20), "<|a|>");
    assert_null(tokenizer_token(t, 13));
    assert_true(tokenizer_is_special(t, 20));
    assert_false(tokenizer_is_special(t, 21));
    assert_int_equal(tokenizer_bos(t), -1);
    assert_null(tokenizer_chat_template(t));
    tokenizer_close(t);
}

static void broken_utf8_is_replaced(void **state) {
    (void)state;
    tokenizer *t = open_hf(SMOLLM2);
    /* As Python's bytes.decode(errors="replace"): one U+FFFD for each maximal subpart. */
    static const char broken[] = "a\xF0\x9F\xA6 b\xC3\xC0\x80\xED\xA0\x80";
    static const char repaired[] = "a\uFFFD b\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD";
    token_list got = encode(t, broken, strlen(broken), 0);
    token_list want = encode(t, repaired, strlen(repaired), 0);
    assert_int_equal(got.count, want.count);
    assert_memory_equal(got.ids, want.ids, got.count * sizeof *got.ids);
    token_list_free(&got);
    token_list_free(&want);
    tokenizer_close(t);
}

/* Every allocation fails in turn: a clean error each time, and the list as it was. */
static void no_memory_is_survived(void **state) {
    (void)state;
    char *json = small_text((small_json){0});
    dear_status status = DEAR_ERROR_MEMORY;
    long n = 1;
    for (; status == DEAR_ERROR_MEMORY; n++) {
        tokenizer *t = NULL;
        token_list ids = {0};
        dear_error err;
        mem_fail_after(n);
        status = tokenizer_open_json(&t, json, strlen(json), "small.json", &err);
        if (status == DEAR_OK)
            status = tokenizer_encode(t, "abc <b>\xFF", 8, TOKENIZER_PARSE_SPECIAL, &ids, &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_int_equal(ids.count, 0);
        token_list_free(&ids);
        tokenizer_close(t);
        assert_true(n < 10000);
    }
    assert_int_equal(status, DEAR_OK);
    assert_true(n > 20);
    free(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_by_rank),
        cmocka_unit_test(splits_behave),
        cmocka_unit_test(added_tokens_come_first),
        cmocka_unit_test(templates_are_followed),
        cmocka_unit_test(normalizers_edit),
        cmocka_unit_test(marks_of_any_number_are_ordered),
        cmocka_unit_test(bytes_of_tokens),
        cmocka_unit_test(broken_utf8_is_replaced),
        cmocka_unit_test(no_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
