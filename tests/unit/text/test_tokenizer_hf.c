/* tokenizer.json against the reference: ids, templates, decoding. */
#include "tokenizer_cases.h"

static void check_reference(tokenizer *t, const char *name) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "tokenizers/%s.json", name);
    assert_reference(t, path, true);
    tokenizer_close(t);
}

static void smollm2_agrees(void **state) {
    (void)state;
    check_reference(open_hf(SMOLLM2), "smollm2");
}

static void llama2_agrees(void **state) {
    (void)state;
    check_reference(open_hf_or_skip(LLAMA2), "llama2");
}

static void llama3_agrees(void **state) {
    (void)state;
    check_reference(open_hf_or_skip(LLAMA3), "llama3");
}

static char *joined(const char *prefix, const json_t *object, const char *a, const char *b) {
    strbuf text = {0};
    strbuf_puts(&text, prefix);
    strbuf_puts(&text, json_string_value(json_object_get(object, a)));
    if (b) {
        strbuf_putc(&text, ' ');
        strbuf_puts(&text, json_string_value(json_object_get(object, b)));
    }
    return strbuf_take(&text);
}

/* Appends a part of DeAR's pair: cut, with BOS before it, twice where the tokenizer adds its own. */
static void append_part(const tokenizer *t, const char *text, size_t limit, token_list *out) {
    token_list ids = encode(t, text, strlen(text), 0);
    if (ids.count > limit)
        ids.count = limit;
    int times = tokenizer_get_kind(t) == TOKENIZER_BYTE_FALLBACK ? 2 : 1;
    for (int i = 0; i < times; i++)
        assert_true(token_list_push(out, tokenizer_bos(t)));
    assert_true(token_list_append(out, ids.ids, ids.count));
    token_list_free(&ids);
}

/* The ids of pointwise.json, by the format its README gives. */
static void pairs_agree(const char *model) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "%s/seqcls", model);
    tokenizer *t = open_hf(path);
    snprintf(path, sizeof path, GOLDEN "%s/pointwise.json", model);
    json_t *file = read_json(path);
    const json_t *cases = json_object_get(file, "cases");
    size_t q_max = (size_t)json_integer_value(json_object_get(file, "q_max_len"));
    size_t p_max = (size_t)json_integer_value(json_object_get(file, "p_max_len"));
    assert_true(json_array_size(cases) > 3);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *c = json_array_get(cases, i);
        char *query = joined("query: ", c, "query", NULL);
        char *document = joined("document: ", c, "title", "text");
        token_list ids = {0};
        append_part(t, query, q_max, &ids);
        append_part(t, document, p_max - 3, &ids);
        if (ids.count > q_max + p_max)
            ids.count = q_max + p_max;
        assert_ids(&ids, json_object_get(c, "ids"), document);
        token_list_free(&ids);
        free(query);
        free(document);
    }
    json_decref(file);
    tokenizer_close(t);
}

static void llama3_like_pairs_agree(void **state) {
    (void)state;
    pairs_agree("gqa-tied");
}

static void llama2_like_pairs_agree(void **state) {
    (void)state;
    pairs_agree("mha-untied-bf16-sharded");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smollm2_agrees),          cmocka_unit_test(llama2_agrees),
        cmocka_unit_test(llama3_agrees),           cmocka_unit_test(llama3_like_pairs_agree),
        cmocka_unit_test(llama2_like_pairs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
