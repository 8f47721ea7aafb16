/* Unicode's normal forms (UAX #15), in linear time whatever the text is. */
#ifndef DEAR_TEXT_NORMAL_FORM_H
#define DEAR_TEXT_NORMAL_FORM_H

#include "base/error.h"
#include "base/strbuf.h"

/* Appends the normal form of valid UTF-8: NFC (compose), NFD (neither), NFKC (both) or NFKD. */
dear_status normal_form_append(strbuf *out, const char *text, size_t length, bool compose,
                               bool compatibility, dear_error *err);

#endif
