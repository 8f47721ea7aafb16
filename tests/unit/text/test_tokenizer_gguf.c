/* Tokenizers as GGUF holds them give the ids of their tokenizer.json. */
#include "tokenizer_cases.h"

/* A GGUF vocabulary made from a tokenizer.json. */
typedef struct gguf_copy {
    json_t *json, *names;
    tokenizer_gguf g;
    const char **tokens, **merges;
    size_t *token_lengths, *merge_lengths;
    int32_t *types;
    float *scores;
    strbuf *merge_texts;
} gguf_copy;

static void *table(size_t count, size_t size) {
    void *made = calloc(count, size);
    assert_non_null(made);
    return made;
}

static void set_token(gguf_copy *c, size_t id, const json_t *text, int32_t type) {
    assert_true(id < c->g.num_tokens);
    c->tokens[id] = json_string_value(text);
    c->token_lengths[id] = json_string_length(text);
    c->types[id] = type;
}

static size_t id_of(const json_t *added, size_t i) {
    return (size_t)json_integer_value(json_object_get(json_array_get(added, i), "id"));
}

/* The model's tokens, and those that only the list of added tokens has. */
static void copy_tokens(gguf_copy *c) {
    const json_t *vocab = json_object_get(json_object_get(c->json, "model"), "vocab");
    const json_t *added = json_object_get(c->json, "added_tokens");
    size_t count = json_object_size(vocab);
    for (size_t i = 0; i < json_array_size(added); i++)
        count = id_of(added, i) >= count ? id_of(added, i) + 1 : count;
    c->g.num_tokens = count;
    c->g.tokens = c->tokens = table(count, sizeof *c->tokens);
    c->g.token_lengths = c->token_lengths = table(count, sizeof *c->token_lengths);
    c->g.token_types = c->types = table(count, sizeof *c->types);
    const char *key;
    json_t *id;
    c->names = json_array();
    json_object_foreach((json_t *)vocab, key, id) {
        json_t *name = json_string(key);
        json_array_append_new(c->names, name);
        set_token(c, (size_t)json_integer_value(id), name, 1);
    }
    for (size_t i = 0; i < json_array_size(added); i++)
        set_token(c, id_of(added, i), json_object_get(json_array_get(added, i), "content"), 3);
}

static void copy_merges(gguf_copy *c, const json_t *merges) {
    size_t count = json_array_size(merges);
    c->merges = table(count, sizeof *c->merges);
    c->merge_lengths = table(count, sizeof *c->merge_lengths);
    c->merge_texts = table(count, sizeof *c->merge_texts);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(merges, i);
        strbuf_printf(&c->merge_texts[i], "%s %s", json_string_value(json_array_get(pair, 0)),
                      json_string_value(json_array_get(pair, 1)));
        c->merges[i] = c->merge_texts[i].text;
        c->merge_lengths[i] = c->merge_texts[i].length;
    }
    c->g.num_merges = count;
    c->g.merges = c->merges;
    c->g.merge_lengths = c->merge_lengths;
}

static gguf_copy copy_of(const char *directory, const char *model) {
    char path[512];
    snprintf(path, sizeof path, "%s/tokenizer.json", directory);
    gguf_copy c = {.json = read_json(path),
                   .g = {.model = model, .bos = -1, .eos = -1, .unk = -1, .where = "copy.gguf"}};
    copy_tokens(&c);
    return c;
}

static void free_copy(gguf_copy *c) {
    for (size_t i = 0; c->merge_texts && i < c->g.num_merges; i++)
        strbuf_free(&c->merge_texts[i]);
    free(c->tokens);
    free(c->token_lengths);
    free(c->types);
    free(c->scores);
    free(c->merges);
    free(c->merge_lengths);
    free(c->merge_texts);
    json_decref(c->names);
    json_decref(c->json);
}

static void check_copy(gguf_copy *c, const char *reference) {
    dear_error err = {0};
    tokenizer *t;
    assert_ok(tokenizer_open_gguf(&t, &c->g, &err), &err);
    assert_reference(t, reference, true);
    tokenizer_close(t);
}

static gguf_copy byte_level_copy(const char *directory, const char *pre) {
    gguf_copy c = copy_of(directory, "gpt2");
    c.g.pre = pre;
    copy_merges(&c, json_object_get(json_object_get(c.json, "model"), "merges"));
    return c;
}

static void smollm_gives_the_reference_ids(void **state) {
    (void)state;
    gguf_copy c = byte_level_copy(SMOLLM2, "smollm");
    c.g.bos = 1;
    check_copy(&c, GOLDEN "tokenizers/smollm2.json");
    free_copy(&c);
}

static void llama_bpe_gives_the_reference_ids(void **state) {
    (void)state;
    if (!file_is_directory(LLAMA3)) {
        print_message("skipped: no %s\n", LLAMA3);
        skip();
    }
    gguf_copy c = byte_level_copy(LLAMA3, "llama-bpe");
    c.g.bos = 128000;
    c.g.add_bos = true;
    check_copy(&c, GOLDEN "tokenizers/llama3.json");
    free_copy(&c);
}

static bool is_space_run(const char *text) {
    while (strncmp(text, "\u2581\u2581", 6) == 0)
        text += 3;
    return strcmp(text, "\u2581") == 0;
}

/* LLaMA 2's scores: the n-th piece after the 256 byte tokens has the score -n; runs of spaces come
 * last of all. */
static void score_llama2(gguf_copy *c) {
    c->scores = table(c->g.num_tokens, sizeof *c->scores);
    for (size_t i = 3; i < c->g.num_tokens; i++) {
        c->types[i] = i < 259 ? 6 : 1;
        c->scores[i] = i < 259 ? 0 : is_space_run(c->tokens[i]) ? -1e9f : -(float)(i - 259);
    }
    c->types[0] = 2;
    c->g.scores = c->scores;
}

static void sentencepiece_scores_give_the_reference_ids(void **state) {
    (void)state;
    if (!file_is_directory(LLAMA2)) {
        print_message("skipped: no %s\n", LLAMA2);
        skip();
    }
    gguf_copy c = copy_of(LLAMA2, "llama");
    score_llama2(&c);
    c.g.unk = 0;
    c.g.bos = 1;
    c.g.eos = 2;
    c.g.add_bos = c.g.add_space_prefix = true;
    check_copy(&c, GOLDEN "tokenizers/llama2.json");
    free_copy(&c);
}

/* A vocabulary small enough to follow by hand. */
static tokenizer_gguf small_llama(void) {
    static const char *const tokens[] = {"<unk>", "<s>", "</s>", "<0x41>", "\u2581", "a", "b",
                                         "ab",    "aa",  "<s",   ">",      "<",      "s"};
    static const size_t lengths[] = {5, 3, 4, 6, 3, 1, 1, 2, 2, 2, 1, 1, 1};
    static const float scores[] = {0, 0, 0, 0, -1, -2, -3, -5, -4, -6, -7, -8, -9};
    static const int32_t types[] = {2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return (tokenizer_gguf){.model = "llama",
                            .num_tokens = 13,
                            .tokens = tokens,
                            .token_lengths = lengths,
                            .scores = scores,
                            .token_types = types,
                            .bos = 1,
                            .eos = 2,
                            .unk = 0,
                            .where = "small.gguf"};
}

static void assert_small_ids(const tokenizer_gguf *g, const char *text, const char *expected) {
    dear_error err = {0};
    tokenizer *t;
    assert_ok(tokenizer_open_gguf(&t, g, &err), &err);
    token_list ids = encode(t, text, strlen(text), TOKENIZER_ADD_SPECIAL);
    strbuf got = {0};
    strbuf_puts(&got, "");
    for (size_t i = 0; i < ids.count; i++)
        strbuf_printf(&got, i ? " %d" : "%d", ids.ids[i]);
    assert_string_equal(got.text, expected);
    strbuf_free(&got);
    token_list_free(&ids);
    tokenizer_close(t);
}

static void the_best_score_joins_first(void **state) {
    (void)state;
    tokenizer_gguf g = small_llama();
    assert_small_ids(&g, "aab", "8 6");  /* aa (-4) before ab (-5) */
    assert_small_ids(&g, "aaab", "8 7"); /* leftmost aa, then ab */
    assert_small_ids(&g, "A", "3");      /* by its byte */
    assert_small_ids(&g, "BB", "0");     /* neither character nor byte: one unknown */
    assert_small_ids(&g, "<s>", "9 10"); /* never the BOS */
    assert_small_ids(&g, "a b", "5 4 6");
    g.add_space_prefix = g.add_bos = g.add_eos = true;
    assert_small_ids(&g, "a b", "1 4 5 4 6 2");
    assert_small_ids(&g, "", "1 2");
}

static void assert_refused(const tokenizer_gguf *g, dear_status status, const char *words) {
    dear_error err = {0};
    tokenizer *t;
    assert_int_equal(tokenizer_open_gguf(&t, g, &err), status);
    assert_null(t);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" is not in: %s", words, err.message);
}

static void faults_are_named(void **state) {
    (void)state;
    tokenizer_gguf g = small_llama();
    g.model = "bert";
    assert_refused(&g, DEAR_ERROR_UNSUPPORTED, "gpt2, llama");
    g = small_llama();
    g.model = "gpt2";
    g.pre = "qwen2";
    assert_refused(&g, DEAR_ERROR_UNSUPPORTED, "llama-bpe, smollm, gpt-2, default");
    g.pre = "gpt-2";
    const char *merge = "a c";
    size_t length = 3;
    g.num_merges = 1;
    g.merges = &merge;
    g.merge_lengths = &length;
    assert_refused(&g, DEAR_ERROR_INPUT, "merge 0");
    g = small_llama();
    g.scores = NULL;
    assert_refused(&g, DEAR_ERROR_INPUT, "scores");
    g = small_llama();
    g.bos = 13;
    assert_refused(&g, DEAR_ERROR_INPUT, "BOS");
    g = small_llama();
    g.num_tokens = 0;
    g.bos = g.eos = g.unk = -1;
    assert_refused(&g, DEAR_ERROR_INPUT, "empty");
    const char *twice[] = {"x", "x"};
    size_t ones[] = {1, 1};
    tokenizer_gguf twins = {.model = "gpt2",
                            .num_tokens = 2,
                            .tokens = twice,
                            .token_lengths = ones,
                            .bos = -1,
                            .eos = -1,
                            .unk = -1,
                            .where = "twins.gguf"};
    assert_refused(&twins, DEAR_ERROR_INPUT, "two ids");
    twice[1] = "\xFF";
    assert_refused(&twins, DEAR_ERROR_INPUT, "not UTF-8");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smollm_gives_the_reference_ids),
        cmocka_unit_test(llama_bpe_gives_the_reference_ids),
        cmocka_unit_test(sentencepiece_scores_give_the_reference_ids),
        cmocka_unit_test(the_best_score_joins_first),
        cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
