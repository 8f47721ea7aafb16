#include "rank/encode_text.h"

dear_status encode_text(const tokenizer *t, strbuf *text, size_t limit, token_list *out,
                        dear_error *err) {
    size_t before = out->count;
    dear_status status = text->failed || !text->text
                             ? error_memory(err)
                             : tokenizer_encode(t, text->text, text->length, 0, out, err);
    strbuf_free(text);
    if (status == DEAR_OK && out->count - before > limit)
        out->count = before + limit;
    return status;
}
