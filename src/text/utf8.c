#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* The range the second byte must lie in after each lead byte of a multi-byte character (Unicode
 * table 3-7), which keeps out overlong forms, surrogates and what is beyond U+10FFFF. */
static void second_byte_range(unsigned char lead, unsigned char *low, unsigned char *high) {
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

bool utf8_read(const char *text, size_t length, uint32_t *code, size_t *bytes) {
    const unsigned char *s = (const unsigned char *)text;
    *bytes = 1;
    *code = s[0];
    if (s[0] < 0x80)
        return true;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return false;
    size_t width = utf8_width(text[0]);
    unsigned char low, high;
    second_byte_range(s[0], &low, &high);
    uint32_t value = s[0] & (0xFFu >> (width + 1));
    for (size_t i = 1; i < width; i++) {
        if (i >= length || s[i] < low || s[i] > high)
            return false;
        value = value << 6 | (s[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
        *bytes = i + 1;
    }
    *code = value;
    return true;
}

size_t utf8_write(uint32_t code, char out[4]) {
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)out);
}

uint32_t utf8_before(const char *text, size_t end, size_t *bytes) {
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && ((unsigned char)text[begin] & 0xC0) == 0x80)
        begin--;
    uint32_t code;
    utf8_read(text + begin, end - begin, &code, bytes);
    *bytes = end - begin;
    return code;
}

size_t utf8_valid_prefix(const char *text, size_t length) {
    size_t at = 0;
    while (at < length) {
        uint64_t eight;
        if (at + sizeof eight <= length) {
            memcpy(&eight, text + at, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        uint32_t code;
        size_t bytes;
        if (!utf8_read(text + at, length - at, &code, &bytes))
            return at;
        at += bytes;
    }
    return length;
}

bool utf8_append_repaired(strbuf *out, const char *text, size_t length) {
    while (length > 0) {
        size_t good = utf8_valid_prefix(text, length);
        if (!strbuf_append(out, text, good))
            return false;
        text += good;
        length -= good;
        if (length == 0)
            break;
        uint32_t code;
        size_t bad;
        utf8_read(text, length, &code, &bad);
        if (!strbuf_puts(out, "\xEF\xBF\xBD"))
            return false;
        text += bad;
        length -= bad;
    }
    return true;
}

bool unicode_is_space(uint32_t code) {
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Symbols that count as letters: circled, parenthesised, squared ones (Other_Alphabetic). */
static bool is_enclosed_letter(uint32_t code) {
    return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
           (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189);
}

bool unicode_is_word(uint32_t code) {
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return code == 0x200C || code == 0x200D || is_enclosed_letter(code);
    }
}
