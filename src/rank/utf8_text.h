/* Text from outside, made safe to keep: valid UTF-8 without zero bytes. */
#ifndef DEAR_RANK_UTF8_TEXT_H
#define DEAR_RANK_UTF8_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* True when the bytes are valid UTF-8 without a zero byte. */
bool utf8_valid(const char *text, size_t length);

/* How many bytes at the front are so. */
size_t utf8_valid_length(const char *text, size_t length);

/* Bytes of the text once each byte that belongs to no valid character has become U+FFFD. */
size_t utf8_clean_length(const char *text, size_t length);

/* Writes that text and a terminating zero to `out`; returns where the zero stands. */
char *utf8_clean_copy(char *out, const char *text, size_t length);

/* Turns zero bytes into spaces, in place. */
void utf8_blank_zeros(char *text, size_t length);

#endif
