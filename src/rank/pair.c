#include "rank/pair.h"

#include "rank/encode_text.h"

enum { KEPT_FREE = 3 };

static dear_status push_bos(const tokenizer *t, token_list *out, dear_error *err) {
    if (tokenizer_bos(t) < 0)
        return DEAR_OK;
    int times = tokenizer_get_kind(t) == TOKENIZER_BYTE_FALLBACK ? 2 : 1;
    for (int i = 0; i < times; i++)
        if (!token_list_push(out, tokenizer_bos(t)))
            return error_memory(err);
    return DEAR_OK;
}

dear_status pair_encode_query(const tokenizer *t, const pair_limits *limits, const char *query,
                              token_list *out, dear_error *err) {
    TRY(push_bos(t, out, err));
    strbuf part = {0};
    strbuf_printf(&part, "query: %s", query);
    TRY(encode_text(t, &part, (size_t)limits->q_max_len, out, err));
    return push_bos(t, out, err);
}

dear_status pair_encode_document(const tokenizer *t, const pair_limits *limits, size_t prefix,
                                 const char *title, const char *text, token_list *out,
                                 dear_error *err) {
    size_t whole = (size_t)(limits->q_max_len + limits->p_max_len);
    size_t limit = (size_t)(limits->p_max_len - KEPT_FREE);
    if (prefix + limit > whole)
        limit = whole > prefix ? whole - prefix : 0;
    strbuf part = {0};
    strbuf_printf(&part, "document: %s ", title);
    strbuf_puts(&part, text);
    return encode_text(t, &part, limit, out, err);
}
