#include "gguf_tokens.h"

#include <stdio.h>
#include <string.h>

/* What an added token is: its type in tokenizer.ggml.token_type, and a score below all others. */
enum { UNUSED_TYPE = 5 };
static const float UNUSED_SCORE = -1e4f;

static const char TOKENS[] = "tokenizer.ggml.tokens";

static const char *const COPIED[] = {
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.merges",
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.eot_token_id",
    "tokenizer.ggml.eom_token_id",
    "tokenizer.ggml.unknown_token_id",
    "tokenizer.ggml.padding_token_id",
    "tokenizer.ggml.add_bos_token",
    "tokenizer.ggml.add_eos_token",
    "tokenizer.ggml.add_space_prefix",
    "tokenizer.chat_template",
};

static size_t array_bytes(const gguf_value *v) {
    if (v->element != GGUF_STRING)
        return v->count * gguf_scalar_bytes(v->element);
    const unsigned char *cursor = v->data;
    size_t length;
    for (size_t i = 0; i < v->count; i++)
        gguf_next_string(&cursor, &length);
    return (size_t)(cursor - v->data);
}

/* An array that is announced with `count` elements, though only the value's own are put. */
static void put_array(gguf_header *h, const gguf_value *v, size_t count) {
    gguf_header_key(h, v->key, GGUF_ARRAY);
    gguf_put_number(&h->values, v->element, 4);
    gguf_put_number(&h->values, count, 8);
    strbuf_append(&h->values, (const char *)v->data, array_bytes(v));
}

static void put_value(gguf_header *h, const gguf_value *v) {
    if (v->type == GGUF_ARRAY) {
        put_array(h, v, v->count);
    } else if (v->type == GGUF_STRING) {
        gguf_header_string(h, v->key, v->text);
    } else {
        gguf_header_key(h, v->key, v->type);
        strbuf_append(&h->values, (const char *)v->data, gguf_scalar_bytes(v->type));
    }
}

static void put_names(gguf_header *h, const gguf_value *tokens, size_t vocab_size) {
    put_array(h, tokens, vocab_size);
    for (size_t i = tokens->count; i < vocab_size; i++) {
        char name[32];
        int length = snprintf(name, sizeof name, "[UNUSED%zu]", i);
        gguf_put_string(&h->values, name, (size_t)length);
    }
}

/* An array of four bytes a token, with `filler` for the added ones. */
static dear_status put_per_token(gguf_header *h, const gguf *from, const char *key, gguf_type type,
                                 const void *filler, size_t num_tokens, size_t vocab_size,
                                 dear_error *err) {
    const gguf_value *v;
    TRY(gguf_get_array(from, key, type, &v, err));
    if (!v)
        return DEAR_OK;
    if (v->count != num_tokens)
        return gguf_bad_value(from, key, "is not as long as the list of tokens", err);
    put_array(h, v, vocab_size);
    for (size_t i = num_tokens; i < vocab_size; i++)
        strbuf_append(&h->values, filler, 4);
    return DEAR_OK;
}

static dear_status find_tokens(const gguf *from, int64_t vocab_size, const gguf_value **tokens,
                               dear_error *err) {
    TRY(gguf_get_array(from, TOKENS, GGUF_STRING, tokens, err));
    if (!*tokens)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds no tokenizer (\"%s\")", gguf_path(from),
                         TOKENS);
    if ((*tokens)->count > (size_t)vocab_size)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: its tokenizer has %zu tokens, more than the vocabulary of %lld: give "
                         "a smaller one as --tokenizer",
                         gguf_path(from), (*tokens)->count, (long long)vocab_size);
    return DEAR_OK;
}

dear_status gguf_tokens_copy(gguf_header *h, const gguf *from, int64_t vocab_size,
                             dear_error *err) {
    const gguf_value *tokens;
    const int32_t type = UNUSED_TYPE;
    TRY(find_tokens(from, vocab_size, &tokens, err));
    put_names(h, tokens, (size_t)vocab_size);
    TRY(put_per_token(h, from, "tokenizer.ggml.token_type", GGUF_I32, &type, tokens->count,
                      (size_t)vocab_size, err));
    TRY(put_per_token(h, from, "tokenizer.ggml.scores", GGUF_F32, &UNUSED_SCORE, tokens->count,
                      (size_t)vocab_size, err));
    for (size_t i = 0; i < sizeof COPIED / sizeof *COPIED; i++) {
        const gguf_value *v = gguf_get(from, COPIED[i]);
        if (v)
            put_value(h, v);
    }
    return DEAR_OK;
}
