/* A tokenizer.json that can be written on a page: byte-level by default, each part replaceable. */
#ifndef TESTS_SMALL_TOKENIZER_H
#define TESTS_SMALL_TOKENIZER_H

#include "tokenizer_cases.h"

#include "text/tokenizer_parts.h"

typedef struct small_json {
    const char *vocab, *merges, *added, *normalizer, *pre, *post, *decoder, *options;
} small_json;

#define SMALL_VOCAB                                                                                \
    "{\"a\": 0, \"b\": 1, \"c\": 2, \"\u0120\": 3, \"ab\": 4, \"abc\": 5, \"\u0120a\": 6, "        \
    "\"<\": 7, \">\": 8, \"|\": 9, \"1\": 10, \"2\": 11, \"\u010A\": 12}"
#define SMALL_MERGES "[\"a b\", [\"ab\", \"c\"], \"\u0120 a\"]"
#define SMALL_ADDED                                                                                \
    "[{\"id\": 20, \"content\": \"<|a|>\", \"special\": true}, "                                   \
    "{\"id\": 21, \"content\": \"<b>\", \"special\": false}]"
#define SMALL_BYTE_LEVEL                                                                           \
    "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": true}"

/* What is NULL gets its default; the caller frees. */
static inline char *small_text(small_json parts) {
    strbuf text = {0};
    strbuf_printf(
        &text,
        "{\"added_tokens\": %s, \"normalizer\": %s, \"pre_tokenizer\": %s, "
        "\"post_processor\": %s, \"decoder\": %s, \"model\": {\"type\": \"BPE\", %s "
        "\"vocab\": %s, \"merges\": %s}}",
        parts.added ? parts.added : SMALL_ADDED, parts.normalizer ? parts.normalizer : "null",
        parts.pre ? parts.pre : SMALL_BYTE_LEVEL, parts.post ? parts.post : "null",
        parts.decoder ? parts.decoder : "null", parts.options ? parts.options : "",
        parts.vocab ? parts.vocab : SMALL_VOCAB, parts.merges ? parts.merges : SMALL_MERGES);
    return strbuf_take(&text);
}

static inline tokenizer *open_small(small_json parts) {
    dear_error err = {0};
    tokenizer *t = NULL;
    char *text = small_text(parts);
    assert_ok(tokenizer_open_json(&t, text, strlen(text), "small.json", &err), &err);
    free(text);
    return t;
}

/* Ids as text: "1 2 3". */
static inline char *ids_text(const token_list *ids) {
    strbuf text = {0};
    strbuf_puts(&text, "");
    for (size_t i = 0; i < ids->count; i++)
        strbuf_printf(&text, i ? " %d" : "%d", ids->ids[i]);
    return strbuf_take(&text);
}

static inline void assert_ids_are(const tokenizer *t, const char *text, unsigned flags,
                                  const char *expected) {
    token_list ids = encode(t, text, strlen(text), flags);
    char *got = ids_text(&ids);
    assert_string_equal(got, expected);
    free(got);
    token_list_free(&ids);
}

#endif
