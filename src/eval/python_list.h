/* Lists of strings as Python prints them, which is how DPR's files of questions hold answers. */
#ifndef DEAR_EVAL_PYTHON_LIST_H
#define DEAR_EVAL_PYTHON_LIST_H

#include "base/error.h"

#include <jansson.h>

/*
 * Reads a list of strings such as ['a', "it's", 'caf\xe9'], which JSON's ["a", "b"] is too, into a
 * JSON array that the caller ends with json_decref. Anything else is DEAR_ERROR_INPUT, which begins
 * with `where` and names the character.
 */
dear_status python_list_read(json_t **out, const char *text, const char *where, dear_error *err);

#endif
