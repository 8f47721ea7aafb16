/* Lines of columns apart by white space, and the place in a line that a message names. */
#ifndef DEAR_RANK_COLUMNS_H
#define DEAR_RANK_COLUMNS_H

#include <stddef.h>

/* What stands between columns: all white space but the line's end. */
#define COLUMN_GAPS " \t\r\v\f"

/* Splits a line without zero bytes in place; returns how many of `most` columns it had. */
size_t columns_split(char *line, char **columns, size_t most);

/* The character, from 1, that the byte at `at` belongs to; good after splitting too. */
size_t column_position(const char *line, const char *at);

#endif
