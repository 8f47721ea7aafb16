/*
 * What ranked lists and collections take from a JSON object. Data sets name the same thing in
 * different ways, so each getter is given the keys to try, in order, ended by NULL; a key that is
 * missing or null is passed over.
 */
#ifndef DEAR_RANK_JSON_RECORD_H
#define DEAR_RANK_JSON_RECORD_H

#include "base/error.h"
#include "base/strbuf.h"

#include <jansson.h>

extern const char *const record_query_id_keys[];
extern const char *const record_query_text_keys[];
extern const char *const record_document_id_keys[];
extern const char *const record_document_text_keys[];

/* An id: a string that is not empty, or a whole number, which becomes its decimal text. `out` stays
 * empty when no key is there. */
dear_status record_id(strbuf *out, const json_t *object, const char *const *keys, const char *where,
                      dear_error *err);

/* A text, zero characters in it turned into spaces; *found is false when no key is there. */
dear_status record_text(strbuf *out, bool *found, const json_t *object, const char *const *keys,
                        const char *where, dear_error *err);

/* The "score": a finite number, or a string that holds one (DPR writes those); NAN without one. */
dear_status record_score(double *out, const json_t *object, const char *where, dear_error *err);

#endif
