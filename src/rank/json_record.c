#include "rank/json_record.h"

#include "rank/score_text.h"
#include "rank/utf8_text.h"

#include <math.h>
#include <string.h>

const char *const record_query_id_keys[] = {"query_id", "qid", "_id", "id", NULL};
const char *const record_query_text_keys[] = {"query", "question", "text", NULL};
const char *const record_document_id_keys[] = {"docid", "_id", "id", "doc_id", "passage_id", NULL};
const char *const record_document_text_keys[] = {"text", "contents", "content", NULL};

/* The value of the first key that is there; NULL, and *key the first of them, when none is. */
static const json_t *lookup(const json_t *object, const char *const *keys, const char **key) {
    for (const char *const *k = keys; *k; k++) {
        const json_t *value = json_object_get(object, *k);
        *key = *k;
        if (value && !json_is_null(value))
            return value;
    }
    *key = keys[0];
    return NULL;
}

dear_status record_id(strbuf *out, const json_t *object, const char *const *keys, const char *where,
                      dear_error *err) {
    strbuf_clear(out);
    const char *key;
    const json_t *value = lookup(object, keys, &key);
    if (!value)
        return DEAR_OK;
    if (json_is_integer(value))
        return strbuf_printf(out, "%lld", (long long)json_integer_value(value)) ? DEAR_OK
                                                                                : error_memory(err);
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text || length == 0 || memchr(text, 0, length))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"%s\" must be a string that is not empty, or a whole number", where,
                         key);
    return strbuf_append(out, text, length) ? DEAR_OK : error_memory(err);
}

dear_status record_text(strbuf *out, bool *found, const json_t *object, const char *const *keys,
                        const char *where, dear_error *err) {
    strbuf_clear(out);
    const char *key;
    const json_t *value = lookup(object, keys, &key);
    *found = value != NULL;
    if (value && !json_is_string(value))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a string", where, key);
    if (!strbuf_append(out, value ? json_string_value(value) : "",
                       value ? json_string_length(value) : 0))
        return error_memory(err);
    utf8_blank_zeros(out->text, out->length);
    return DEAR_OK;
}

dear_status record_score(double *out, const json_t *object, const char *where, dear_error *err) {
    const json_t *value = json_object_get(object, "score");
    *out = NAN;
    if (!value || json_is_null(value))
        return DEAR_OK;
    if (json_is_number(value))
        *out = json_number_value(value);
    bool good = isfinite(*out);
    if (json_is_string(value))
        good = score_parse(out, json_string_value(value), json_string_length(value));
    if (!good)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"score\" must be a finite number", where);
    return DEAR_OK;
}
