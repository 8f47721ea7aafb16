/* UTF-8: read a character at a time, checked, and repaired where it is broken. */
#ifndef DEAR_TEXT_UTF8_H
#define DEAR_TEXT_UTF8_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the character at the start of `length` > 0 bytes. Gives its bytes (1 to 4) and its code
 * point; when it is malformed returns false, and `*bytes` is the "maximal subpart" that one U+FFFD
 * stands for (Unicode 15, section 3.9; what Python and Rust replace too).
 */
bool utf8_read(const char *text, size_t length, uint32_t *code, size_t *bytes);

/* Writes a code point; returns its bytes. */
size_t utf8_write(uint32_t code, char out[4]);

/* The bytes of the character that a valid lead byte begins. */
static inline size_t utf8_width(char lead) {
    unsigned char c = (unsigned char)lead;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/* The character that ends at `end` bytes of valid text; 0 < end. */
uint32_t utf8_before(const char *text, size_t end, size_t *bytes);

/* How many of the first bytes are well-formed: `length` when all are. */
size_t utf8_valid_prefix(const char *text, size_t length);

/* Appends the text with U+FFFD for what is malformed. */
bool utf8_append_repaired(strbuf *out, const char *text, size_t length);

/* Unicode's White_Space, and what regular expressions call a word character: Alphabetic, Mark,
 * Decimal_Number, Connector_Punctuation, Join_Control (UTS #18). */
bool unicode_is_space(uint32_t code);
bool unicode_is_word(uint32_t code);

#endif
