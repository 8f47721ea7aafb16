/* The conversation as it is written: one text, with a note of which parts are the template's. */
#ifndef DEAR_TEXT_CHAT_WRITER_H
#define DEAR_TEXT_CHAT_WRITER_H

#include "text/added_tokens.h"
#include "text/chat_template.h"

typedef struct chat_writer {
    strbuf text;
    text_span *spans; ///< what the template wrote, in order, without touching each other
    size_t num_spans, capacity;
    bool failed; ///< no memory
} chat_writer;

/* Part of a message. */
typedef struct chat_slice {
    const char *text;
    size_t length;
} chat_slice;

void chat_write_own(chat_writer *w, const char *text);
/* Malformed UTF-8 becomes U+FFFD. */
void chat_write_content(chat_writer *w, chat_slice content);
void chat_writer_free(chat_writer *w);

/* Writes a conversation of at least one message, whose roles are known ones. */
dear_status chat_family_write(chat_writer *w, chat_template kind, const chat_message *messages,
                              size_t count, const chat_options *options, dear_error *err);

#endif
