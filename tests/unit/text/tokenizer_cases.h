/* The reference strings of tests/golden/data/tokenizers, and the tokenizers they are for. */
#ifndef TESTS_TOKENIZER_CASES_H
#define TESTS_TOKENIZER_CASES_H

#include "cmocka_setup.h"

#include "base/file.h"
#include "base/json.h"
#include "text/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN TEST_DATA "/../golden/data/"
#define SMOLLM2 TEST_DATA "/tokenizers/smollm2"
#define LLAMA2 SHARED_DATA "/tokenizers/llama2"
#define LLAMA3 SHARED_DATA "/tokenizers/llama3"

static inline void assert_ok(dear_status status, const dear_error *err) {
    if (status != DEAR_OK)
        fail_msg("%s", err->message);
}

static inline json_t *read_json(const char *path) {
    dear_error err = {0};
    json_t *json;
    assert_ok(json_read_file(&json, path, (size_t)64 << 20, &err), &err);
    return json;
}

static inline tokenizer *open_hf(const char *directory) {
    dear_error err = {0};
    tokenizer *t = NULL;
    assert_ok(tokenizer_open_hf(&t, directory, &err), &err);
    return t;
}

/* As above; skips the test when the directory is not there, since it is not ours to ship. */
static inline tokenizer *open_hf_or_skip(const char *directory) {
    if (!file_is_directory(directory)) {
        print_message("skipped: no %s\n", directory);
        skip();
    }
    return open_hf(directory);
}

static inline token_list encode(const tokenizer *t, const char *text, size_t length,
                                unsigned flags) {
    dear_error err = {0};
    token_list ids = {0};
    assert_ok(tokenizer_encode(t, text, length, flags, &ids, &err), &err);
    return ids;
}

static inline void assert_ids(const token_list *ids, const json_t *expected, const char *text) {
    bool same = ids->count == json_array_size(expected);
    for (size_t i = 0; same && i < ids->count; i++)
        same = ids->ids[i] == json_integer_value(json_array_get(expected, i));
    if (same)
        return;
    for (size_t i = 0; i < ids->count; i++)
        print_error("%d ", ids->ids[i]);
    fail_msg("got the ids above for: %s", text);
}

static inline void assert_encodes(const tokenizer *t, const json_t *text, unsigned flags,
                                  const json_t *expected) {
    token_list ids = encode(t, json_string_value(text), json_string_length(text), flags);
    assert_ids(&ids, expected, json_string_value(text));
    token_list_free(&ids);
}

static inline void assert_decodes(const tokenizer *t, const json_t *ids, const json_t *expected) {
    dear_error err = {0};
    token_list list = {0};
    strbuf text = {0};
    for (size_t i = 0; i < json_array_size(ids); i++)
        assert_true(token_list_push(&list, (int32_t)json_integer_value(json_array_get(ids, i))));
    assert_ok(tokenizer_decode(t, list.ids, list.count, true, &text, &err), &err);
    assert_int_equal(text.length, json_string_length(expected));
    if (text.length)
        assert_memory_equal(text.text, json_string_value(expected), text.length);
    strbuf_free(&text);
    token_list_free(&list);
}

/* Holds a tokenizer to every reference string: ids, ids with special tokens, and back. */
static inline void assert_reference(const tokenizer *t, const char *path, bool decode) {
    json_t *cases = read_json(path);
    assert_true(json_array_size(cases) > 100);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *c = json_array_get(cases, i), *text = json_object_get(c, "text");
        assert_encodes(t, text, TOKENIZER_PARSE_SPECIAL, json_object_get(c, "ids"));
        assert_encodes(t, text, TOKENIZER_PARSE_SPECIAL | TOKENIZER_ADD_SPECIAL,
                       json_object_get(c, "ids_special"));
        if (decode)
            assert_decodes(t, json_object_get(c, "ids"), json_object_get(c, "decoded"));
    }
    json_decref(cases);
}

#endif
