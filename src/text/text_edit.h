/* Edits that normalizers and pre-tokenizers share: prepend, replace, Unicode normal forms. */
#ifndef DEAR_TEXT_TEXT_EDIT_H
#define DEAR_TEXT_TEXT_EDIT_H

#include "base/error.h"
#include "base/strbuf.h"

typedef enum edit_kind {
    EDIT_PREPEND,               ///< `to` before a text that is not empty
    EDIT_PREPEND_UNLESS,        ///< ... and does not begin with it
    EDIT_PREPEND_UNLESS_INSIDE, ///< ... and stands at the very beginning of the input
    EDIT_REPLACE,               ///< `from` by `to`, everywhere
    EDIT_NFC,
    EDIT_NFD,
    EDIT_NFKC,
    EDIT_NFKD
} edit_kind;

typedef struct text_edit {
    edit_kind kind;
    char *from, *to; ///< owned; NULL where the kind has none
    size_t from_length, to_length;
} text_edit;

/* Copies `from` and `to` (NULL: none). */
dear_status text_edit_make(text_edit *out, edit_kind kind, const char *from, size_t from_length,
                           const char *to, size_t to_length, dear_error *err);

/* True when the edit would leave the text as it is, as far as can be told at a glance. */
bool text_edit_is_idle(const text_edit *edit, const char *text, size_t length, bool at_start);

/* Appends the edited text (valid UTF-8 in, valid UTF-8 out). */
dear_status text_edit_apply(const text_edit *edit, const char *text, size_t length, strbuf *out,
                            dear_error *err);

/* Appends the text with every `from` (not empty) written as `to`. */
void text_append_replaced(strbuf *out, const char *text, size_t length, const char *from,
                          size_t from_length, const char *to, size_t to_length);

void text_edit_free(text_edit *edit);

#endif
