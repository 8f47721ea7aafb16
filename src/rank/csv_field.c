#include "rank/csv_field.h"

#include <stdbool.h>
#include <string.h>

static bool is_quoted(const char *field, size_t length) {
    if (length < 2 || field[0] != '"' || field[length - 1] != '"')
        return false;
    bool reason = false;
    for (size_t i = 1; i < length - 1; i++) {
        reason = reason || field[i] == '"' || field[i] == '\t';
        if (field[i] == '"' && (i + 1 == length - 1 || field[++i] != '"'))
            return false;
    }
    return reason;
}

void csv_unquote(char *field) {
    size_t length = strlen(field);
    if (!is_quoted(field, length))
        return;
    char *out = field;
    for (size_t i = 1; i < length - 1; i++) {
        *out++ = field[i];
        i += field[i] == '"';
    }
    *out = 0;
}
