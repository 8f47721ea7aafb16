/* Records that are alike, as a table: for the terminal, as CSV, as Markdown. */
#ifndef DEAR_CLI_RECORD_TABLE_H
#define DEAR_CLI_RECORD_TABLE_H

#include "eval_output.h"

#include <jansson.h>

/*
 * Prints an array of objects that have the same keys, in the same order, to standard output: a
 * column a key, a line an object. Values are strings, whole numbers and reals. EVAL_TEXT lines the
 * columns up; EVAL_JSON is not for this.
 */
dear_status record_table_print(eval_format format, const json_t *records, dear_error *err);

#endif
