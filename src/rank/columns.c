#define _GNU_SOURCE
#include "rank/columns.h"

#include <string.h>

size_t columns_split(char *line, char **columns, size_t most) {
    size_t n = 0;
    for (char *rest = line, *column; n < most && (column = strtok_r(rest, COLUMN_GAPS, &rest));)
        columns[n++] = column;
    return n;
}

size_t column_position(const char *line, const char *at) {
    size_t position = 1;
    for (const char *byte = line + 1; byte <= at; byte++)
        position += ((unsigned char)*byte & 0xC0) != 0x80;
    return position;
}
