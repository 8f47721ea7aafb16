#include "text/chat_writer.h"

#include "base/memory.h"
#include "text/utf8.h"

#include <string.h>

static void note_span(chat_writer *w, size_t begin, size_t end) {
    if (w->num_spans && w->spans[w->num_spans - 1].end == begin) {
        w->spans[w->num_spans - 1].end = end;
        return;
    }
    if (!mem_grow((void **)&w->spans, &w->capacity, w->num_spans, sizeof *w->spans)) {
        w->failed = true;
        return;
    }
    w->spans[w->num_spans++] = (text_span){begin, end};
}

void chat_write_own(chat_writer *w, const char *text) {
    size_t begin = w->text.length;
    if (!strbuf_puts(&w->text, text))
        w->failed = true;
    else if (w->text.length > begin)
        note_span(w, begin, w->text.length);
}

void chat_write_content(chat_writer *w, chat_slice content) {
    if (!utf8_append_repaired(&w->text, content.text, content.length))
        w->failed = true;
}

void chat_writer_free(chat_writer *w) {
    strbuf_free(&w->text);
    mem_free(w->spans);
    *w = (chat_writer){0};
}
