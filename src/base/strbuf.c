#include "base/strbuf.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool reserve(strbuf *b, size_t more) {
    if (b->failed)
        return false;
    if (more < b->capacity - b->length)
        return true;
    size_t wanted = b->length + more + 1;
    if (wanted <= more)
        return !(b->failed = true);
    if (wanted < b->capacity + b->capacity / 2)
        wanted = b->capacity + b->capacity / 2;
    char *grown = mem_realloc(b->text, wanted < 32 ? 32 : wanted, 1);
    if (!grown)
        return !(b->failed = true);
    b->text = grown;
    b->capacity = wanted < 32 ? 32 : wanted;
    return true;
}

bool strbuf_append(strbuf *b, const char *bytes, size_t length) {
    if (!reserve(b, length))
        return false;
    if (length)
        memcpy(b->text + b->length, bytes, length);
    b->length += length;
    b->text[b->length] = 0;
    return true;
}

bool strbuf_puts(strbuf *b, const char *text) {
    return strbuf_append(b, text, strlen(text));
}

bool strbuf_putc(strbuf *b, char c) {
    return strbuf_append(b, &c, 1);
}

bool strbuf_printf(strbuf *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    bool fits = n >= 0 && reserve(b, (size_t)n);
    if (fits) {
        vsnprintf(b->text + b->length, (size_t)n + 1, format, again);
        b->length += (size_t)n;
    }
    va_end(again);
    return fits;
}

void strbuf_clear(strbuf *b) {
    b->length = 0;
    b->failed = false;
    if (b->text)
        b->text[0] = 0;
}

char *strbuf_take(strbuf *b) {
    char *text = b->failed ? NULL : b->text ? b->text : mem_strdup("");
    if (b->failed)
        mem_free(b->text);
    *b = (strbuf){0};
    return text;
}

void strbuf_free(strbuf *b) {
    mem_free(b->text);
    *b = (strbuf){0};
}
