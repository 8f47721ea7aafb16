#include "base/json.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

dear_status json_read_text(json_t **out, const char *text, size_t length, const char *where,
                           dear_error *err) {
    enum { STRICT = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL };
    json_error_t parse;
    *out = json_loadb(text, length, STRICT, &parse);
    /* Tokenizer configurations hold 10^30 for "no limit": then all whole numbers become reals. */
    if (!*out && json_error_code(&parse) == json_error_numeric_overflow)
        *out = json_loadb(text, length, STRICT | JSON_DECODE_INT_AS_REAL, &parse);
    if (!*out)
        return error_set(err, DEAR_ERROR_INPUT, "%s: line %d, column %d: %s", where, parse.line,
                         parse.column, parse.text);
    return DEAR_OK;
}

dear_status json_read_file(json_t **out, const char *path, size_t limit, dear_error *err) {
    *out = NULL;
    strbuf text = {0};
    TRY(file_read(&text, path, limit, err));
    dear_status status = json_read_text(out, text.text ? text.text : "", text.length, path, err);
    strbuf_free(&text);
    return status;
}

/* With 15 digits every decimal number that people write comes back as it was. */
static dear_status write_json(const json_t *json, const char *path, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, path, err));
    if (json_dumpf(json, out.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0 &&
        fputc('\n', out.stream) != EOF)
        return output_file_commit(&out, err);
    dear_status status = error_errno(err, out.part_path);
    output_file_discard(&out, false);
    return status;
}

dear_status json_write_file(json_t *json, const char *path, dear_error *err) {
    dear_status status = json ? write_json(json, path, err) : error_memory(err);
    json_decref(json);
    return status;
}

/* The value under `key`, or NULL when it is missing or null. */
static const json_t *lookup(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

/* A whole number, written as such or as a real that stands for one exactly. */
static bool whole_number(const json_t *value, int64_t *out) {
    static const double exact = 0x1p53;
    double real = json_number_value(value);
    if (json_is_integer(value))
        *out = json_integer_value(value);
    else if (json_is_real(value) && fabs(real) <= exact && real == floor(real))
        *out = (int64_t)real;
    else
        return false;
    return true;
}

dear_status json_get_int(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t *out, const char *where, dear_error *err) {
    const json_t *value = lookup(object, key);
    if (!value)
        return DEAR_OK;
    int64_t number;
    if (!whole_number(value, &number))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a whole number", where, key);
    if (number < min || number > max)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"%s\" is %lld, which is not between %lld and %lld", where, key,
                         (long long)number, (long long)min, (long long)max);
    *out = number;
    return DEAR_OK;
}

dear_status json_get_double(const json_t *object, const char *key, double *out, const char *where,
                            dear_error *err) {
    const json_t *value = lookup(object, key);
    if (!value)
        return DEAR_OK;
    if (!json_is_number(value) || !isfinite(json_number_value(value)))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a number", where, key);
    *out = json_number_value(value);
    return DEAR_OK;
}

dear_status json_get_bool(const json_t *object, const char *key, bool *out, const char *where,
                          dear_error *err) {
    const json_t *value = lookup(object, key);
    if (!value)
        return DEAR_OK;
    if (!json_is_boolean(value))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be true or false", where, key);
    *out = json_is_true(value);
    return DEAR_OK;
}

dear_status json_get_string(const json_t *object, const char *key, const char **out,
                            const char *where, dear_error *err) {
    const json_t *value = lookup(object, key);
    if (!value)
        return DEAR_OK;
    if (!json_is_string(value))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a string", where, key);
    *out = json_string_value(value);
    return DEAR_OK;
}
