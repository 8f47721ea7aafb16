/* GGUF's typed metadata, for the files that make a configuration and a tokenizer of it. */
#ifndef DEAR_MODEL_GGUF_METADATA_H
#define DEAR_MODEL_GGUF_METADATA_H

#include "model/gguf.h"

/* The numbers are the format's. */
typedef enum gguf_type {
    GGUF_U8 = 0,
    GGUF_I8 = 1,
    GGUF_U16 = 2,
    GGUF_I16 = 3,
    GGUF_U32 = 4,
    GGUF_I32 = 5,
    GGUF_F32 = 6,
    GGUF_BOOL = 7,
    GGUF_STRING = 8,
    GGUF_ARRAY = 9,
    GGUF_U64 = 10,
    GGUF_I64 = 11,
    GGUF_F64 = 12
} gguf_type;

typedef struct gguf_value {
    char *key;
    gguf_type type;
    gguf_type element;         ///< of a GGUF_ARRAY; never an array
    size_t count;              ///< elements of a GGUF_ARRAY
    const unsigned char *data; ///< the number, or an array's elements, as the file has them
    char *text;                ///< a GGUF_STRING, zero-terminated
} gguf_value;

/* A number of `count` bytes, at most 8. */
uint64_t gguf_little_endian(const unsigned char *bytes, size_t count);
/* Bytes of a number or truth value; 0 for strings, arrays and what the format does not know. */
size_t gguf_scalar_bytes(uint32_t type);
/* The error that a value is: "FILE: "KEY" `what`". */
dear_status gguf_bad_value(const gguf *g, const char *key, const char *what, dear_error *err);

const char *gguf_path(const gguf *g);
const gguf_value *gguf_get(const gguf *g, const char *key);
/* All values, in order of key. */
size_t gguf_value_count(const gguf *g);
const gguf_value *gguf_value_at(const gguf *g, size_t index);

/*
 * Getters as those of base/json.h: a missing key leaves `*out` as it was, a value of another type
 * or out of [min, max] is an error that names file and key.
 */
dear_status gguf_get_int(const gguf *g, const char *key, int64_t min, int64_t max, int64_t *out,
                         dear_error *err);
dear_status gguf_get_double(const gguf *g, const char *key, double *out, dear_error *err);
dear_status gguf_get_bool(const gguf *g, const char *key, bool *out, dear_error *err);
/* The string belongs to `g`. */
dear_status gguf_get_string(const gguf *g, const char *key, const char **out, dear_error *err);
/* An array whose elements are of type `element`; NULL when it is missing. */
dear_status gguf_get_array(const gguf *g, const char *key, gguf_type element,
                           const gguf_value **out, dear_error *err);

/* Bytes that an array's elements take. */
size_t gguf_array_bytes(const gguf_value *v);

/* The string at *cursor inside an array of strings; moves the cursor behind it. */
const char *gguf_next_string(const unsigned char **cursor, size_t *length);

#endif
