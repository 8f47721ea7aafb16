/* Text from files, a character at a time, with U+FFFD for what no document may hold. */
#ifndef DEAR_REPORT_CLEAN_TEXT_H
#define DEAR_REPORT_CLEAN_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct clean_character {
    uint32_t code;
    const char *bytes; ///< [length], of the text or of a constant
    size_t length;
} clean_character;

/*
 * Reads the character at *text and steps over it; code 0 at the end. U+FFFD stands for broken
 * UTF-8, and for what HTML forbids: control characters but tab and newline, and noncharacters
 * (https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream).
 */
clean_character clean_text_next(const char **text);

#endif
