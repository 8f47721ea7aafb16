#include "table_text.h"

#include <stdio.h>
#include <string.h>

void print_csv_text(const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

void print_markdown_text(const char *text) {
    for (; *text; text++) {
        if (*text == '|' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}
