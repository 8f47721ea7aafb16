/*
 * The two giants of a tokenizer.json, its vocabulary and its merges, are hundreds of thousands of
 * strings that a JSON tree would hold one by one. These readers take them straight from the text;
 * jansson reads the rest.
 */
#ifndef DEAR_TEXT_JSON_SCAN_H
#define DEAR_TEXT_JSON_SCAN_H

#include "base/error.h"
#include "base/strbuf.h"

/* A place in a JSON text. */
typedef struct json_scan {
    const char *begin, *at, *end;
    const char *where; ///< the file, for messages
} json_scan;

/* The bytes of a value inside the text; `begin` is NULL when it is not there. */
typedef struct json_span {
    const char *begin, *end;
} json_span;

/* Where the value under `key` of the object that begins at `object` begins; NULL when it is not
 * there. Looks no deeper; keys with escapes are not found. What it finds in a text that is not JSON
 * is anybody's guess, but lies in the text. */
const char *json_find_member(const char *object, const char *end, const char *key);

/* The bytes of the value that begins at `value` (NULL: none). */
json_span json_value_span(const char *value, const char *end);

/* Steps over white space and the given character; false (nothing stepped over) if another comes. */
bool json_take(json_scan *s, char c);

/*
 * Reads an object or array that is all there is left of the text: calls `read` at each member.
 * `what` names it in messages.
 */
typedef dear_status (*json_item_reader)(json_scan *s, void *context, dear_error *err);
dear_status json_scan_list(json_scan *s, char open, char close, const char *what,
                           json_item_reader read, void *context, dear_error *err);

/* Reads a string after white space; appends its value, which may hold zero bytes. The text as a
 * whole is known to be valid UTF-8. */
dear_status json_scan_string(json_scan *s, strbuf *out, dear_error *err);

/* Reads a whole number after white space. */
dear_status json_scan_integer(json_scan *s, int64_t *out, dear_error *err);

/* "FILE: line N: expected WHAT". */
dear_status json_scan_expected(const json_scan *s, const char *what, dear_error *err);

#endif
