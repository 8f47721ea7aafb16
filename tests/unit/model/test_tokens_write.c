/* Tokenizers on their way between tokenizer.json and GGUF, and the writer of GGUF. */
#include "scratch.h"

#include "base/memory.h"
#include "model/gguf_tokens.h"
#include "model/gguf_write.h"
#include "model/tokenizer_json_write.h"

/* ---- GGUF ---- */

static void gguf_streams(void **state) {
    (void)state;
    dear_error err;
    gguf_writer w = {0};
    gguf *g;
    const float numbers[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const char *path = scratch_path("x.gguf");
    gguf_put_text(&w, "a.text", "one");
    gguf_put_bool(&w, "a.bool", true);
    gguf_put_f32(&w, "a.number", 0.5);
    gguf_put_u32(&w, "a.whole", 7);
    gguf_put_array(&w, "a.list", GGUF_STRING, 2);
    gguf_put_string(&w.values, "x", 1);
    gguf_put_string(&w.values, "yz", 2);
    gguf_put_tensor(&w, "matrix", TENSOR_F32, 2, 2, 3);
    gguf_put_tensor(&w, "vector", TENSOR_F32, 1, 1, 3);
    assert_int_equal(gguf_data_bytes(&w), 64);
    assert_success(gguf_write_begin(&w, path, &err), &err);
    assert_success(gguf_write(&w, numbers, 10, &err), &err);
    assert_success(gguf_write(&w, (const char *)numbers + 10, 14, &err), &err);
    assert_failure(gguf_write(&w, numbers, 13, &err), DEAR_ERROR_USAGE, &err, "its tensor 1");
    assert_success(gguf_write(&w, numbers + 6, 12, &err), &err);
    assert_failure(gguf_write(&w, numbers, 1, &err), DEAR_ERROR_USAGE, &err, "more bytes");
    assert_int_not_equal(access(path, F_OK), 0);
    assert_success(gguf_write_commit(&w, &err), &err);
    gguf_writer_free(&w);

    assert_success(gguf_open(&g, path, &err), &err);
    bool truth = false;
    double number = 0;
    int64_t whole = 0;
    const gguf_value *list;
    assert_success(gguf_get_bool(g, "a.bool", &truth, &err), &err);
    assert_success(gguf_get_double(g, "a.number", &number, &err), &err);
    assert_success(gguf_get_int(g, "a.whole", 0, 10, &whole, &err), &err);
    assert_success(gguf_get_array(g, "a.list", GGUF_STRING, &list, &err), &err);
    assert_true(truth && number == 0.5 && whole == 7);
    assert_int_equal(list->count, 2);
    assert_int_equal(gguf_array_bytes(list), 9 + 10);
    assert_string_equal(gguf_get(g, "a.text")->text, "one");
    assert_memory_equal(gguf_find(g, "matrix")->data, numbers, 24);
    assert_memory_equal(gguf_find(g, "vector")->data, numbers + 6, 12);
    assert_true(tensor_has_shape(gguf_find(g, "matrix"), 2, 3));

    /* All values again, as they are. */
    for (size_t i = 0; i < gguf_value_count(g); i++)
        gguf_put_value(&w, gguf_value_at(g, i));
    gguf *again;
    assert_success(gguf_write_begin(&w, scratch_path("y.gguf"), &err), &err);
    assert_success(gguf_write_commit(&w, &err), &err);
    gguf_writer_free(&w);
    assert_success(gguf_open(&again, scratch_path("y.gguf"), &err), &err);
    assert_int_equal(gguf_value_count(again), gguf_value_count(g));
    assert_string_equal(gguf_get(again, "a.text")->text, "one");
    gguf_close(again);
    gguf_close(g);
}

static void gguf_unfinished(void **state) {
    (void)state;
    dear_error err;
    gguf_writer w = {0};
    gguf_put_tensor(&w, "vector", TENSOR_F32, 1, 1, 3);
    assert_success(gguf_write_begin(&w, scratch_path("x.gguf"), &err), &err);
    assert_failure(gguf_write_commit(&w, &err), DEAR_ERROR_USAGE, &err, "32 bytes");
    gguf_writer_free(&w);
    assert_int_equal(rmdir(scratch), 0); /* nothing was left */
    assert_int_equal(mkdir(scratch, 0700), 0);
}

/* ---- Tokenizers ---- */

static const char *const TEXTS[] = {
    "",
    " ",
    "  two  spaces ",
    "where do llamas live?",
    "It's 2024, isn't it? 1234567",
    "na\xC3\xAFve caf\xC3\xA9 \xE2\x82\xAC 5\n\n\ttab",
    "abc ab bca a b c aabbcc cab",
    "\xF0\x9F\x99\x82 emoji <|im_end|> </s> <s>",
    "\xE4\xB8\xAD\xE6\x96\x87",
    "     a      bc       ab  c          a  ",
};

static void expect_same_ids(const tokenizer *a, const tokenizer *b) {
    dear_error err;
    assert_int_equal(tokenizer_bos(a), tokenizer_bos(b));
    assert_int_equal(tokenizer_eos(a), tokenizer_eos(b));
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        for (unsigned flags = 0; flags < 4; flags++) {
            token_list x = {0}, y = {0};
            const char *text = TEXTS[i];
            assert_success(tokenizer_encode(a, text, strlen(text), flags, &x, &err), &err);
            assert_success(tokenizer_encode(b, text, strlen(text), flags, &y, &err), &err);
            if (x.count != y.count ||
                (x.count && memcmp(x.ids, y.ids, x.count * sizeof *x.ids) != 0))
                fail_msg("other ids for \"%s\", flags %u", text, flags);
            strbuf s = {0}, t = {0};
            assert_success(tokenizer_decode(a, x.ids, x.count, true, &s, &err), &err);
            assert_success(tokenizer_decode(b, y.ids, y.count, true, &t, &err), &err);
            assert_string_equal(s.text ? s.text : "", t.text ? t.text : "");
            strbuf_free(&s);
            strbuf_free(&t);
            token_list_free(&x);
            token_list_free(&y);
        }
}

/* From `directory` to GGUF, and from there to a folder: the ids stay. */
static void there_and_back(const char *directory, int more_tokens) {
    dear_error err;
    tokenizer *first, *second, *third;
    gguf *g;
    gguf_writer w = {0};
    assert_success(tokenizer_open_hf(&first, directory, &err), &err);
    llama_config c = {.bos = -1, .vocab_size = (int64_t)tokenizer_vocab_size(first) + more_tokens};
    assert_success(gguf_put_tokens(&w, first, directory, &c, &err), &err);
    assert_success(gguf_write_begin(&w, scratch_path("t.gguf"), &err), &err);
    assert_success(gguf_write_commit(&w, &err), &err);
    gguf_writer_free(&w);
    assert_success(gguf_open(&g, scratch_path("t.gguf"), &err), &err);
    assert_success(gguf_tokenizer(g, &second, &err), &err);
    assert_int_equal(tokenizer_vocab_size(second), c.vocab_size);
    expect_same_ids(first, second);
    assert_success(tokenizer_write_folder(second, g, scratch, &err), &err);
    assert_success(tokenizer_open_hf(&third, scratch, &err), &err);
    expect_same_ids(first, third);
    if (tokenizer_chat_template(first))
        assert_string_equal(tokenizer_chat_template(first), tokenizer_chat_template(third));
    gguf_close(g);
    tokenizer_close(first);
    tokenizer_close(second);
    tokenizer_close(third);
}

static void byte_level(void **state) {
    (void)state;
    there_and_back(GOLDEN "/gqa-tied/causal", 5);
    there_and_back(TEST_DATA "/tokenizers/smollm2", 0);
}

#define MARK "\\u2581"

/* A tokenizer with byte fallback: 259 tokens as in LLaMA 2, the mark, a, b, c, and what `merges`
 * make. */
static const char *write_sentencepiece(const char *pieces, const char *merges,
                                       const char *normalizer) {
    strbuf text = {0};
    strbuf_printf(&text, "{\"added_tokens\": [");
    static const char *const SPECIAL[] = {"<unk>", "<s>", "</s>"};
    for (int i = 0; i < 3; i++)
        strbuf_printf(&text, "%s{\"id\": %d, \"content\": \"%s\", \"special\": true}", i ? "," : "",
                      i, SPECIAL[i]);
    strbuf_printf(&text,
                  "], \"normalizer\": %s, \"pre_tokenizer\": null, \"post_processor\": "
                  "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": "
                  "{\"id\": \"<s>\"}}, {\"Sequence\": {\"id\": \"A\"}}], \"pair\": "
                  "[{\"SpecialToken\": {\"id\": \"<s>\"}}, {\"Sequence\": {\"id\": \"A\"}}, "
                  "{\"SpecialToken\": {\"id\": \"<s>\"}}, {\"Sequence\": {\"id\": \"B\"}}], "
                  "\"special_tokens\": {\"<s>\": {\"id\": \"<s>\", \"ids\": [1]}}}, ",
                  normalizer);
    strbuf_puts(&text, "\"decoder\": {\"type\": \"Sequence\", \"decoders\": [{\"type\": "
                       "\"Replace\", \"pattern\": {\"String\": \"" MARK "\"}, \"content\": \" \"}, "
                       "{\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}, {\"type\": \"Strip\", "
                       "\"content\": \" \", \"start\": 1, \"stop\": 0}]}, ");
    strbuf_puts(&text, "\"model\": {\"type\": \"BPE\", \"unk_token\": \"<unk>\", \"fuse_unk\": "
                       "true, \"byte_fallback\": true, \"vocab\": {\"<unk>\": 0, \"<s>\": 1, "
                       "\"</s>\": 2");
    for (int i = 0; i < 256; i++)
        strbuf_printf(&text, ", \"<0x%02X>\": %d", (unsigned)i, i + 3);
    strbuf_printf(&text,
                  ", \"" MARK "\": 259, \"a\": 260, \"b\": 261, \"c\": 262%s}, "
                  "\"merges\": [%s]}}",
                  pieces, merges);
    scratch_write("tokenizer.json", text.text, text.length);
    strbuf_free(&text);
    return scratch_write_text("tokenizer_config.json",
                              "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
}

#define PREPEND                                                                                    \
    "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Prepend\", \"prepend\": \"" MARK      \
    "\"}, {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"" MARK "\"}]}"
#define PIECES                                                                                     \
    ", \"bc\": 263, \"ab\": 264, \"abc\": 265, \"" MARK "a\": 266, \"" MARK "ab\": 267, \"" MARK   \
    "abc\": 268"
#define MERGES_BUT_LAST                                                                            \
    "\"b c\", \"a b\", \"a bc\", \"ab c\", \"" MARK " a\", \"" MARK " ab\", \"" MARK "a b\", "     \
    "\"" MARK " abc\", \"" MARK "a bc\""

static void sentencepiece(void **state) {
    (void)state;
    write_sentencepiece(PIECES, MERGES_BUT_LAST ", \"" MARK "ab c\"", PREPEND);
    char directory[SCRATCH_PATH];
    snprintf(directory, sizeof directory, "%s", scratch);
    there_and_back(directory, 2);
}

#define RUN2 MARK MARK
#define RUN3 RUN2 MARK
#define RUN4 RUN3 MARK
#define RUNS ", \"" RUN2 "\": 269, \"" RUN3 "\": 270, \"" RUN4 "\": 271"

/* Runs of marks as transformers lists LLaMA's: by the longest left part. */
static void runs_of_marks(void **state) {
    (void)state;
    write_sentencepiece(PIECES RUNS,
                        MERGES_BUT_LAST ", \"" MARK "ab c\", \"" RUN3 " " MARK "\", \"" RUN2
                                        " " RUN2 "\", \"" RUN2 " " MARK "\", \"" MARK " " RUN3
                                        "\", \"" MARK " " RUN2 "\", \"" MARK " " MARK "\"",
                        PREPEND);
    char directory[SCRATCH_PATH];
    snprintf(directory, sizeof directory, "%s", scratch);
    there_and_back(directory, 0);
}

/* What GGUF cannot say is refused: silence would change ids. */
static void refuses(const char *part) {
    dear_error err;
    tokenizer *t;
    gguf_writer w = {0};
    llama_config c = {.bos = -1, .vocab_size = 300};
    assert_success(tokenizer_open_hf(&t, scratch, &err), &err);
    assert_failure(gguf_put_tokens(&w, t, scratch, &c, &err), DEAR_ERROR_UNSUPPORTED, &err, part);
    gguf_writer_free(&w);
    tokenizer_close(t);
}

static void refused(void **state) {
    (void)state;
    write_sentencepiece(PIECES, MERGES_BUT_LAST, PREPEND); /* a cut of the last piece is missing */
    refuses("its merges are not those");
    write_sentencepiece(", \"ab\": 263, \"bc\": 264", "\"a b\"", PREPEND); /* bc by no merge */
    refuses("its merges are not those");
    write_sentencepiece(PIECES RUNS, /* ... and the order of runs is another */
                        MERGES_BUT_LAST ", \"" MARK "ab c\", \"" RUN2 " " RUN2 "\", \"" RUN3
                                        " " MARK "\", \"" RUN2 " " MARK "\", \"" MARK " " RUN3
                                        "\", \"" MARK " " RUN2 "\", \"" MARK " " MARK "\"",
                        PREPEND);
    refuses("its merges are not those");
    write_sentencepiece(PIECES, MERGES_BUT_LAST ", \"" MARK "ab c\"", "{\"type\": \"NFC\"}");
    refuses("no name for its normalizer");

    dear_error err;
    tokenizer *t;
    gguf_writer w = {0};
    llama_config c = {.bos = -1, .vocab_size = 100};
    const char *directory = GOLDEN "/gqa-tied/causal";
    assert_success(tokenizer_open_hf(&t, directory, &err), &err);
    assert_failure(gguf_put_tokens(&w, t, directory, &c, &err), DEAR_ERROR_INPUT, &err,
                   "1024 tokens, more than the vocabulary of 100");
    c.vocab_size = 1024;
    c.num_eos = 4;
    for (int i = 0; i < 4; i++)
        c.eos[i] = 1000 + i;
    assert_failure(gguf_put_tokens(&w, t, directory, &c, &err), DEAR_ERROR_UNSUPPORTED, &err,
                   "more than three tokens");
    gguf_writer_free(&w);
    tokenizer_close(t);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(gguf_streams),  CASE(gguf_unfinished), CASE(byte_level),
        CASE(sentencepiece), CASE(runs_of_marks),   CASE(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
