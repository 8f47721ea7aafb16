#include "report/html.h"

#include "report/clean_text.h"

#include <stdarg.h>

static const char *reference(uint32_t code) {
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(strbuf *out, const char *text) {
    for (clean_character c; (c = clean_text_next(&text)).code;) {
        const char *escaped = reference(c.code);
        if (escaped)
            strbuf_puts(out, escaped);
        else
            strbuf_append(out, c.bytes, c.length);
    }
}

static void attribute(strbuf *out, const char *name, const char *value) {
    strbuf_printf(out, " %s=\"", name);
    html_text(out, value);
    strbuf_putc(out, '"');
}

void html_open(strbuf *out, const char *tag, ...) {
    strbuf_printf(out, "<%s", tag);
    va_list pairs;
    va_start(pairs, tag);
    for (const char *name; (name = va_arg(pairs, const char *));) {
        const char *value = va_arg(pairs, const char *);
        if (value)
            attribute(out, name, value);
    }
    va_end(pairs);
    strbuf_putc(out, '>');
}

void html_close(strbuf *out, const char *tag) {
    strbuf_printf(out, "</%s>\n", tag);
}

void html_element(strbuf *out, const char *tag, const char *text) {
    html_open(out, tag, NULL);
    html_text(out, text);
    html_close(out, tag);
}
