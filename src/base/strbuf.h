/* A string that grows. Zero-initialize; `text` is NULL until something was appended. */
#ifndef DEAR_BASE_STRBUF_H
#define DEAR_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

typedef struct strbuf {
    char *text;      ///< zero-terminated once not NULL; owned by the buffer
    size_t length;   ///< bytes before the terminating zero
    size_t capacity; ///< bytes allocated
    bool failed;     ///< an append found no memory; later appends do nothing
} strbuf;

/* Appends; returns false (and sets `failed`) when there is no memory. */
bool strbuf_append(strbuf *b, const char *bytes, size_t length);
bool strbuf_puts(strbuf *b, const char *text);
bool strbuf_putc(strbuf *b, char c);
bool strbuf_printf(strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties the buffer but keeps its memory. */
void strbuf_clear(strbuf *b);

/* Gives the text (never NULL unless there is no memory) to the caller, who frees it with mem_free;
 * the buffer is empty afterwards. */
char *strbuf_take(strbuf *b);

void strbuf_free(strbuf *b);

#endif
