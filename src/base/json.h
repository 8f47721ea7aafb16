/*
 * JSON with its place in the message: thin wrappers over jansson that refuse deep nesting, invalid
 * UTF-8 and repeated keys, and getters that say which file and key they could not use.
 */
#ifndef DEAR_BASE_JSON_H
#define DEAR_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>

/* The JSON in a file of at most `limit` bytes (.gz too). The caller ends it with json_decref. */
dear_status json_read_file(json_t **out, const char *path, size_t limit, dear_error *err);

/* The JSON in `length` bytes of text; `where` (a file, or file:line) begins the message. */
dear_status json_read_text(json_t **out, const char *text, size_t length, const char *where,
                           dear_error *err);

/*
 * Writes `json` to `path`, indented, as output_file does, and ends it with json_decref; NULL stands
 * for a tree that there was no memory for.
 */
dear_status json_write_file(json_t *json, const char *path, dear_error *err);

/*
 * Getters for `key` of `object`. A missing or null key leaves `*out` as it was, so set the default
 * first; a value of another type or out of [min, max] is an error that begins with `where`.
 */
dear_status json_get_int(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *out, const char *where, dear_error *err);
dear_status json_get_double(const json_t *object, const char *key, double *out, const char *where,
                            dear_error *err);
dear_status json_get_bool(const json_t *object, const char *key, bool *out, const char *where,
                          dear_error *err);
/* The string belongs to the object. */
dear_status json_get_string(const json_t *object, const char *key, const char **out,
                            const char *where, dear_error *err);

#endif
