#define _GNU_SOURCE
#include "text/text_edit.h"

#include "base/memory.h"
#include "text/normal_form.h"

#include <string.h>

dear_status text_edit_make(text_edit *out, edit_kind kind, const char *from, size_t from_length,
                           const char *to, size_t to_length, dear_error *err) {
    *out = (text_edit){.kind = kind, .from_length = from_length, .to_length = to_length};
    out->from = from ? mem_strndup(from, from_length) : NULL;
    out->to = to ? mem_strndup(to, to_length) : NULL;
    if ((!from || out->from) && (!to || out->to))
        return DEAR_OK;
    text_edit_free(out);
    return error_memory(err);
}

static bool begins_with(const char *text, size_t length, const char *start, size_t start_length) {
    return length >= start_length && memcmp(text, start, start_length) == 0;
}

static bool is_ascii(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] & 0x80)
            return false;
    return true;
}

bool text_edit_is_idle(const text_edit *edit, const char *text, size_t length, bool at_start) {
    if (length == 0)
        return true;
    switch (edit->kind) {
    case EDIT_PREPEND:
        return false;
    case EDIT_PREPEND_UNLESS_INSIDE:
        return !at_start || begins_with(text, length, edit->to, edit->to_length);
    case EDIT_PREPEND_UNLESS:
        return begins_with(text, length, edit->to, edit->to_length);
    case EDIT_REPLACE:
        return !memmem(text, length, edit->from, edit->from_length);
    default:
        return is_ascii(text, length);
    }
}

void text_append_replaced(strbuf *out, const char *text, size_t length, const char *from,
                          size_t from_length, const char *to, size_t to_length) {
    const char *end = text + length, *hit;
    while ((hit = memmem(text, (size_t)(end - text), from, from_length))) {
        strbuf_append(out, text, (size_t)(hit - text));
        strbuf_append(out, to, to_length);
        text = hit + from_length;
    }
    strbuf_append(out, text, (size_t)(end - text));
}

dear_status text_edit_apply(const text_edit *edit, const char *text, size_t length, strbuf *out,
                            dear_error *err) {
    switch (edit->kind) {
    case EDIT_PREPEND:
    case EDIT_PREPEND_UNLESS:
    case EDIT_PREPEND_UNLESS_INSIDE:
        strbuf_append(out, edit->to, edit->to_length);
        strbuf_append(out, text, length);
        break;
    case EDIT_REPLACE:
        text_append_replaced(out, text, length, edit->from, edit->from_length, edit->to,
                             edit->to_length);
        break;
    case EDIT_NFC:
        return normal_form_append(out, text, length, true, false, err);
    case EDIT_NFD:
        return normal_form_append(out, text, length, false, false, err);
    case EDIT_NFKC:
        return normal_form_append(out, text, length, true, true, err);
    case EDIT_NFKD:
        return normal_form_append(out, text, length, false, true, err);
    }
    return out->failed ? error_memory(err) : DEAR_OK;
}

void text_edit_free(text_edit *edit) {
    mem_free(edit->from);
    mem_free(edit->to);
    *edit = (text_edit){0};
}
