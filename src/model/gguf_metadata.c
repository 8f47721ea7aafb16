#include "model/gguf_metadata.h"

#include <string.h>

uint64_t gguf_little_endian(const unsigned char *bytes, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

size_t gguf_scalar_bytes(uint32_t type) {
    static const uint8_t BYTES[] = {
        [GGUF_U8] = 1,  [GGUF_I8] = 1,  [GGUF_BOOL] = 1, [GGUF_U16] = 2,
        [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,  [GGUF_F32] = 4,
        [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8,
    };
    return type < sizeof BYTES ? BYTES[type] : 0;
}

dear_status gguf_bad_value(const gguf *g, const char *key, const char *what, dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" %s", gguf_path(g), key, what);
}

/* The value as an integer; false for other types and for what an int64_t cannot hold. */
static bool as_integer(const gguf_value *v, int64_t *out) {
    uint64_t bits = v->data ? gguf_little_endian(v->data, gguf_scalar_bytes(v->type)) : 0;
    switch (v->type) {
    case GGUF_U8:
    case GGUF_U16:
    case GGUF_U32:
        *out = (int64_t)bits;
        return true;
    case GGUF_U64:
        *out = (int64_t)bits;
        return bits <= INT64_MAX;
    case GGUF_I8:
        *out = (int8_t)bits;
        return true;
    case GGUF_I16:
        *out = (int16_t)bits;
        return true;
    case GGUF_I32:
        *out = (int32_t)bits;
        return true;
    case GGUF_I64:
        *out = (int64_t)bits;
        return true;
    default:
        return false;
    }
}

dear_status gguf_get_int(const gguf *g, const char *key, int64_t min, int64_t max, int64_t *out,
                         dear_error *err) {
    const gguf_value *v = gguf_get(g, key);
    int64_t number;
    if (!v)
        return DEAR_OK;
    if (!as_integer(v, &number))
        return gguf_bad_value(g, key, "must be a whole number", err);
    if (number < min || number > max)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"%s\" is %lld, which is not between %lld and %lld", gguf_path(g),
                         key, (long long)number, (long long)min, (long long)max);
    *out = number;
    return DEAR_OK;
}

dear_status gguf_get_double(const gguf *g, const char *key, double *out, dear_error *err) {
    const gguf_value *v = gguf_get(g, key);
    float single;
    if (!v)
        return DEAR_OK;
    if (v->type == GGUF_F32) {
        memcpy(&single, v->data, sizeof single);
        *out = single;
    } else if (v->type == GGUF_F64) {
        memcpy(out, v->data, sizeof *out);
    } else {
        return gguf_bad_value(g, key, "must be a floating-point number", err);
    }
    return *out - *out == 0 ? DEAR_OK : gguf_bad_value(g, key, "must be finite", err);
}

dear_status gguf_get_bool(const gguf *g, const char *key, bool *out, dear_error *err) {
    const gguf_value *v = gguf_get(g, key);
    if (!v)
        return DEAR_OK;
    if (v->type != GGUF_BOOL)
        return gguf_bad_value(g, key, "must be true or false", err);
    *out = *v->data != 0;
    return DEAR_OK;
}

dear_status gguf_get_string(const gguf *g, const char *key, const char **out, dear_error *err) {
    const gguf_value *v = gguf_get(g, key);
    if (!v)
        return DEAR_OK;
    if (v->type != GGUF_STRING)
        return gguf_bad_value(g, key, "must be a string", err);
    *out = v->text;
    return DEAR_OK;
}

dear_status gguf_get_array(const gguf *g, const char *key, gguf_type element,
                           const gguf_value **out, dear_error *err) {
    const gguf_value *v = gguf_get(g, key);
    *out = NULL;
    if (v && (v->type != GGUF_ARRAY || v->element != element))
        return gguf_bad_value(g, key, "is not an array of the type that it should be", err);
    *out = v;
    return DEAR_OK;
}

const char *gguf_next_string(const unsigned char **cursor, size_t *length) {
    const char *text = (const char *)*cursor + 8;
    *length = (size_t)gguf_little_endian(*cursor, 8);
    *cursor += 8 + *length;
    return text;
}

size_t gguf_array_bytes(const gguf_value *v) {
    if (v->element != GGUF_STRING)
        return v->count * gguf_scalar_bytes(v->element);
    const unsigned char *cursor = v->data;
    size_t length;
    for (size_t i = 0; i < v->count; i++)
        gguf_next_string(&cursor, &length);
    return (size_t)(cursor - v->data);
}
