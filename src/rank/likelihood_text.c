#include "rank/likelihood_text.h"

#include "rank/encode_text.h"

enum { KEPT_FREE = 3 };

dear_status likelihood_encode_query(const tokenizer *t, const char *query, token_list *out,
                                    dear_error *err) {
    size_t before = out->count;
    strbuf text = {0};
    strbuf_printf(&text, " %s", query);
    TRY(encode_text(t, &text, NO_TOKEN_LIMIT, out, err));
    if (out->count == before)
        return error_set(err, DEAR_ERROR_INPUT, "the query is empty");
    return DEAR_OK;
}

static dear_status encode_document(const tokenizer *t, int64_t p_max_len, const char *title,
                                   const char *text, token_list *out, dear_error *err) {
    strbuf document = {0};
    strbuf_puts(&document, "document: ");
    if (title[0])
        strbuf_printf(&document, "%s ", title);
    strbuf_puts(&document, text);
    return encode_text(t, &document, (size_t)(p_max_len - KEPT_FREE), out, err);
}

dear_status likelihood_encode_passage(const tokenizer *t, int64_t p_max_len, const char *title,
                                      const char *text, const token_list *query, token_list *out,
                                      int64_t *first_row, dear_error *err) {
    size_t before = out->count;
    if (tokenizer_bos(t) >= 0 && !token_list_push(out, tokenizer_bos(t)))
        return error_memory(err);
    TRY(encode_document(t, p_max_len, title, text, out, err));
    strbuf question = {0};
    strbuf_puts(&question, "\nquestion:");
    TRY(encode_text(t, &question, NO_TOKEN_LIMIT, out, err));
    *first_row = (int64_t)(out->count - before) - 1;
    return token_list_append(out, query->ids, query->count - 1) ? DEAR_OK : error_memory(err);
}
