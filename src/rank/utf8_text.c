#include "rank/utf8_text.h"

#include <string.h>
#include <utf8proc.h>

static const char replacement[] = "\xef\xbf\xbd"; ///< U+FFFD
enum { REPLACEMENT_LENGTH = sizeof replacement - 1 };

/* Bytes of the valid character at the front, 0 when there is none. */
static size_t character_length(const char *text, size_t length) {
    if ((unsigned char)*text < 0x80)
        return 1;
    utf8proc_int32_t codepoint;
    utf8proc_ssize_t left = length < 4 ? (utf8proc_ssize_t)length : 4;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, left, &codepoint);
    return n > 0 ? (size_t)n : 0;
}

size_t utf8_valid_length(const char *text, size_t length) {
    size_t i = 0;
    for (size_t n = 1; i < length && text[i] && n > 0; i += n)
        n = character_length(text + i, length - i);
    return i;
}

bool utf8_valid(const char *text, size_t length) {
    return utf8_valid_length(text, length) == length;
}

size_t utf8_clean_length(const char *text, size_t length) {
    size_t cleaned = 0;
    for (size_t i = 0; i < length;) {
        size_t n = character_length(text + i, length - i);
        cleaned += n ? n : REPLACEMENT_LENGTH;
        i += n ? n : 1;
    }
    return cleaned;
}

char *utf8_clean_copy(char *out, const char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t n = character_length(text + i, length - i);
        memcpy(out, n ? text + i : replacement, n ? n : REPLACEMENT_LENGTH);
        out += n ? n : REPLACEMENT_LENGTH;
        i += n ? n : 1;
    }
    *out = 0;
    return out;
}

void utf8_blank_zeros(char *text, size_t length) {
    for (char *zero = text; (zero = memchr(zero, 0, length - (size_t)(zero - text)));)
        *zero = ' ';
}
