/* A tokenizer carried from one GGUF file's metadata into another's. */
#include "model/gguf_tokens.h"

#include <stdio.h>
#include <string.h>

static const char TOKENS[] = "tokenizer.ggml.tokens", TYPES[] = "tokenizer.ggml.token_type",
                  SCORES[] = "tokenizer.ggml.scores";

/* An array that is announced with `count` elements, though only the value's own are put. */
static void put_longer(gguf_writer *w, const gguf_value *v, size_t count) {
    gguf_put_array(w, v->key, v->element, count);
    strbuf_append(&w->values, (const char *)v->data, gguf_array_bytes(v));
}

/* An array of four bytes a token, with `filler` for the added ones. */
static dear_status put_per_token(gguf_writer *w, const gguf *from, const char *key, gguf_type type,
                                 const void *filler, size_t num_tokens, size_t vocab_size,
                                 dear_error *err) {
    const gguf_value *v;
    TRY(gguf_get_array(from, key, type, &v, err));
    if (!v)
        return DEAR_OK;
    if (v->count != num_tokens)
        return gguf_bad_value(from, key, "is not as long as the list of tokens", err);
    put_longer(w, v, vocab_size);
    for (size_t i = num_tokens; i < vocab_size; i++)
        strbuf_append(&w->values, filler, 4);
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
                         "%s: its tokenizer has %zu tokens, more than the vocabulary of %lld",
                         gguf_path(from), (*tokens)->count, (long long)vocab_size);
    return DEAR_OK;
}

static bool is_per_token(const char *key) {
    return strcmp(key, TOKENS) == 0 || strcmp(key, TYPES) == 0 || strcmp(key, SCORES) == 0;
}

dear_status gguf_copy_tokens(gguf_writer *w, const gguf *from, int64_t vocab_size,
                             dear_error *err) {
    static const char PREFIX[] = "tokenizer.";
    const gguf_value *tokens;
    const int32_t type = GGUF_TOKEN_UNUSED;
    const float score = GGUF_UNUSED_SCORE;
    TRY(find_tokens(from, vocab_size, &tokens, err));
    size_t count = tokens->count, wanted = (size_t)vocab_size;
    put_longer(w, tokens, wanted);
    for (size_t i = count; i < wanted; i++)
        gguf_put_unused_name(w, i);
    TRY(put_per_token(w, from, TYPES, GGUF_I32, &type, count, wanted, err));
    TRY(put_per_token(w, from, SCORES, GGUF_F32, &score, count, wanted, err));
    for (size_t i = 0; i < gguf_value_count(from); i++) {
        const gguf_value *v = gguf_value_at(from, i);
        if (strncmp(v->key, PREFIX, strlen(PREFIX)) == 0 && !is_per_token(v->key))
            gguf_put_value(w, v);
    }
    return DEAR_OK;
}

void gguf_put_unused_name(gguf_writer *w, size_t id) {
    char name[32];
    int length = snprintf(name, sizeof name, "[UNUSED%zu]", id);
    gguf_put_string(&w->values, name, (size_t)length);
}
