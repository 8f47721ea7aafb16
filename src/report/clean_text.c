#define _GNU_SOURCE
#include "report/clean_text.h"

#include "text/utf8.h"

#include <string.h>

static bool is_forbidden(uint32_t code) {
    if (code < 0x20)
        return code != '\t' && code != '\n';
    return (code >= 0x7F && code < 0xA0) || (code >= 0xFDD0 && code <= 0xFDEF) ||
           (code & 0xFFFE) == 0xFFFE;
}

clean_character clean_text_next(const char **text) {
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t length = strnlen(*text, 4);
    if (length == 0)
        return (clean_character){0, *text, 0};
    clean_character c = {.bytes = *text};
    bool good = utf8_read(*text, length, &c.code, &c.length) && !is_forbidden(c.code);
    *text += c.length;
    return good ? c : (clean_character){0xFFFD, replacement, sizeof replacement - 1};
}
