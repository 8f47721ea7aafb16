/* Broken, contradictory and unsupported tokenizer files: one clear error each. */
#include "small_tokenizer.h"

static void refuse_text(const char *json, size_t length, dear_status status, const char *words) {
    dear_error err = {0};
    tokenizer *t = NULL;
    dear_status got = tokenizer_open_json(&t, json, length, "bad.json", &err);
    tokenizer_close(t);
    if (got != status || !strstr(err.message, words) || !strstr(err.message, "bad.json"))
        fail_msg("status %d, wanted %d with \"%s\", for \"%s\"", got, status, words, err.message);
}

static void refuse(small_json parts, dear_status status, const char *words) {
    char *json = small_text(parts);
    refuse_text(json, strlen(json), status, words);
    free(json);
}

static void vocabularies(void **state) {
    (void)state;
    refuse((small_json){.vocab = "{}", .merges = "[]", .added = "[]"}, DEAR_ERROR_INPUT, "empty");
    refuse((small_json){.vocab = "{\"a\": -1}"}, DEAR_ERROR_INPUT, "impossible id -1");
    refuse((small_json){.vocab = "{\"a\": 99999999999}"}, DEAR_ERROR_INPUT, "impossible id");
    refuse((small_json){.vocab = "{\"a\": 2000000000}"}, DEAR_ERROR_INPUT, "2000000000");
    refuse((small_json){.vocab = "{\"a\": 1, \"b\": 1}"}, DEAR_ERROR_INPUT, "share the id 1");
    refuse((small_json){.vocab = "{\"a\": 1, \"a\": 2}"}, DEAR_ERROR_INPUT, "two ids");
    refuse((small_json){.vocab = "{\"a\": 1.5}"}, DEAR_ERROR_INPUT, "whole number");
    refuse((small_json){.vocab = "{\"a\": \"1\"}"}, DEAR_ERROR_INPUT, "whole number");
    refuse((small_json){.vocab = "[\"a\"]"}, DEAR_ERROR_INPUT, "model.vocab");
    refuse((small_json){.vocab = "{\"a\": 1 \"b\": 2}"}, DEAR_ERROR_INPUT, "comma");
    refuse((small_json){.vocab = "{\"\\uD800\": 1}"}, DEAR_ERROR_INPUT, "surrogate");
    refuse((small_json){.vocab = "{\"\\q\": 1}"}, DEAR_ERROR_INPUT, "escape");
    refuse((small_json){.vocab = "null"}, DEAR_ERROR_INPUT, "model.vocab");
}

static void merges(void **state) {
    (void)state;
    refuse((small_json){.merges = "[\"a z\"]"}, DEAR_ERROR_INPUT, "in the vocabulary");
    refuse((small_json){.merges = "[\"a c\"]"}, DEAR_ERROR_INPUT, "in the vocabulary");
    refuse((small_json){.merges = "[\"ab\"]"}, DEAR_ERROR_INPUT, "one space");
    refuse((small_json){.merges = "[\"a b c\"]"}, DEAR_ERROR_INPUT, "one space");
    refuse((small_json){.merges = "[[\"a\"]]"}, DEAR_ERROR_INPUT, "merge");
    refuse((small_json){.merges = "[[\"a\", \"b\", \"c\"]]"}, DEAR_ERROR_INPUT, "merge");
    refuse((small_json){.merges = "[5]"}, DEAR_ERROR_INPUT, "a string");
    refuse((small_json){.merges = "{}"}, DEAR_ERROR_INPUT, "model.merges");
}

static void models(void **state) {
    (void)state;
    refuse((small_json){.options = "\"dropout\": 0.1,"}, DEAR_ERROR_UNSUPPORTED, "dropout");
    refuse((small_json){.options = "\"end_of_word_suffix\": \"</w>\","}, DEAR_ERROR_UNSUPPORTED,
           "</w>");
    refuse((small_json){.options = "\"continuing_subword_prefix\": \"##\","},
           DEAR_ERROR_UNSUPPORTED, "##");
    refuse((small_json){.options = "\"unk_token\": \"zzz\","}, DEAR_ERROR_INPUT, "unk_token");
    refuse((small_json){.options = "\"fuse_unk\": 1,"}, DEAR_ERROR_INPUT, "fuse_unk");
}

static void added(void **state) {
    (void)state;
    refuse((small_json){.added = "[{\"id\": 0, \"content\": \"zz\"}]"}, DEAR_ERROR_INPUT,
           "share the id 0");
    refuse((small_json){.added = "[{\"id\": 30, \"content\": \"a\"}]"}, DEAR_ERROR_INPUT,
           "two ids");
    refuse((small_json){.added = "[{\"id\": 1000000000, \"content\": \"zz\"}]"}, DEAR_ERROR_INPUT,
           "1000000000");
    refuse((small_json){.added = "[{\"content\": \"zz\"}]"}, DEAR_ERROR_INPUT, "impossible");
    refuse((small_json){.added = "[{\"id\": 30}]"}, DEAR_ERROR_INPUT, "content");
    refuse((small_json){.added = "[7]"}, DEAR_ERROR_INPUT, "content");
    refuse((small_json){.added = "{}"}, DEAR_ERROR_INPUT, "added_tokens");
    strbuf longest = {0};
    strbuf_puts(&longest, "[{\"id\": 30, \"content\": \"");
    for (int i = 0; i < 2000; i++)
        strbuf_putc(&longest, 'x');
    strbuf_puts(&longest, "\"}]");
    refuse((small_json){.added = longest.text}, DEAR_ERROR_INPUT, "1024 bytes");
    strbuf_free(&longest);
}

#define SPLIT(pattern, behaviour)                                                                  \
    "{\"type\": \"Split\", \"pattern\": " pattern ", \"behavior\": \"" behaviour "\"}"

static void components(void **state) {
    (void)state;
    refuse((small_json){.normalizer = "{\"type\": \"BertNormalizer\"}"}, DEAR_ERROR_UNSUPPORTED,
           "BertNormalizer");
    refuse((small_json){.normalizer = "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"a+\"}, "
                                      "\"content\": \"\"}"},
           DEAR_ERROR_UNSUPPORTED, "a+");
    refuse((small_json){.normalizer = "[]"}, DEAR_ERROR_INPUT, "type");
    refuse((small_json){.pre = "{\"type\": \"Whitespace\"}"}, DEAR_ERROR_UNSUPPORTED, "Whitespace");
    refuse((small_json){.pre = SPLIT("{\"Regex\": \"(a\"}", "Isolated")}, DEAR_ERROR_INPUT,
           "bad regular expression");
    refuse((small_json){.pre = SPLIT("{\"Regex\": \"a\\\\b\"}", "Isolated")},
           DEAR_ERROR_UNSUPPORTED, "\\b");
    refuse((small_json){.pre = SPLIT("{\"String\": \"a\"}", "Sideways")}, DEAR_ERROR_UNSUPPORTED,
           "Sideways");
    refuse((small_json){.pre = SPLIT("{\"String\": \"\"}", "Isolated")}, DEAR_ERROR_UNSUPPORTED,
           "empty");
    refuse((small_json){.pre = "{\"type\": \"Sequence\", \"pretokenizers\": [" SMALL_BYTE_LEVEL
                               ", {\"type\": \"Digits\"}]}"},
           DEAR_ERROR_UNSUPPORTED, "Digits");
    refuse((small_json){.normalizer = "{\"type\": \"Prepend\", \"prepend\": \"_\"}",
                        .pre = "{\"type\": \"Metaspace\", \"replacement\": \"_\", "
                               "\"prepend_scheme\": \"first\"}"},
           DEAR_ERROR_UNSUPPORTED, "first");
    refuse((small_json){.post = "{\"type\": \"BertProcessing\"}"}, DEAR_ERROR_UNSUPPORTED,
           "BertProcessing");
    refuse((small_json){.post = "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\""
                                ": {\"id\": \"B\"}}], \"pair\": [], \"special_tokens\": "
                                "{\"B\": {\"ids\": [500]}}}"},
           DEAR_ERROR_INPUT, "not in the vocabulary");
    refuse((small_json){.decoder = "{\"type\": \"WordPiece\"}"}, DEAR_ERROR_UNSUPPORTED,
           "WordPiece");
}

static void deep_and_long_sequences(void **state) {
    (void)state;
    strbuf deep = {0};
    for (int i = 0; i < 20; i++)
        strbuf_puts(&deep, "{\"type\": \"Sequence\", \"normalizers\": [");
    for (int i = 0; i < 20; i++)
        strbuf_puts(&deep, "]}");
    refuse((small_json){.normalizer = deep.text}, DEAR_ERROR_INPUT, "deep");
    strbuf_clear(&deep);
    strbuf_puts(&deep, "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}");
    for (int i = 0; i < 100; i++)
        strbuf_puts(&deep, ", {\"type\": \"NFC\"}");
    strbuf_puts(&deep, "]}");
    refuse((small_json){.normalizer = deep.text}, DEAR_ERROR_UNSUPPORTED, "32 steps");
    strbuf_clear(&deep);
    for (int i = 0; i < 1000000; i++)
        strbuf_putc(&deep, '[');
    refuse_text(deep.text, deep.length, DEAR_ERROR_INPUT, "line 1");
    strbuf_free(&deep);
}

static void not_json(void **state) {
    (void)state;
    refuse_text("", 0, DEAR_ERROR_INPUT, "line");
    refuse_text("{", 1, DEAR_ERROR_INPUT, "line");
    refuse_text("[]", 2, DEAR_ERROR_INPUT, "object");
    refuse_text("{}", 2, DEAR_ERROR_INPUT, "model");
    refuse_text("{\"model\": {}}", 13, DEAR_ERROR_INPUT, "vocab");
    refuse_text("{\"\xFF\": 1}", 8, DEAR_ERROR_INPUT, "not UTF-8");
}

/* A file cut off anywhere, and a file with any byte changed, never gets past with a crash. */
static void damaged_anywhere(void **state) {
    (void)state;
    char *json = small_text((small_json){0});
    size_t length = strlen(json);
    for (size_t i = 0; i < length; i++) {
        tokenizer *t = NULL;
        assert_int_not_equal(tokenizer_open_json(&t, json, i, "cut.json", NULL), DEAR_OK);
        assert_null(t);
    }
    for (size_t i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            tokenizer *t = NULL;
            json[i] ^= (char)(1 << bit);
            dear_status status = tokenizer_open_json(&t, json, length, "flipped.json", NULL);
            assert_int_equal(status == DEAR_OK, t != NULL);
            tokenizer_close(t);
            json[i] ^= (char)(1 << bit);
        }
    }
    free(json);
}

/* A pattern that backtracks without end is stopped with an error. */
static void runaway_regex(void **state) {
    (void)state;
    tokenizer *t = open_small(
        (small_json){.pre = "{\"type\": \"Sequence\", \"pretokenizers\": ["
                            "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a|aa)+$\"}, "
                            "\"behavior\": \"Isolated\"}, " SMALL_BYTE_LEVEL "]}"});
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    dear_error err;
    token_list ids = {0};
    dear_status status = tokenizer_encode(t, text, strlen(text), 0, &ids, &err);
    assert_int_equal(status, DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "gave up"));
    assert_int_equal(ids.count, 0);
    token_list_free(&ids);
    tokenizer_close(t);
}

static void directories(void **state) {
    (void)state;
    dear_error err;
    tokenizer *t;
    assert_int_equal(tokenizer_open_hf(&t, TEST_DATA "/no-such-place", &err), DEAR_ERROR_IO);
    assert_null(t);
    assert_non_null(strstr(err.message, "no-such-place/tokenizer.json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vocabularies),  cmocka_unit_test(merges),
        cmocka_unit_test(models),        cmocka_unit_test(added),
        cmocka_unit_test(components),    cmocka_unit_test(deep_and_long_sequences),
        cmocka_unit_test(not_json),      cmocka_unit_test(damaged_anywhere),
        cmocka_unit_test(runaway_regex), cmocka_unit_test(directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
