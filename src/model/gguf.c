#include "model/gguf.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/gguf_metadata.h"
#include "model/tensor_table.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ALIGNMENT = 1 << 20, DEFAULT_ALIGNMENT = 32 };

struct gguf {
    char *path;
    file_map map;
    gguf_value *values; ///< in order of key
    size_t num_values;
    size_t capacity;
    tensor_table tensors;
};

/* A place in the file; what is read moves it on. */
typedef struct cursor {
    const gguf *g;
    size_t at;
} cursor;

/* Gives the next `bytes` bytes, or says that the file ends inside `what`. */
static dear_status take(cursor *c, uint64_t bytes, const char *what, const unsigned char **out,
                        dear_error *err) {
    if (bytes > c->g->map.size - c->at)
        return error_set(err, DEAR_ERROR_INPUT, "%s: ends inside %s at byte %zu", c->g->path, what,
                         c->at);
    *out = c->g->map.data + c->at;
    c->at += (size_t)bytes;
    return DEAR_OK;
}

static dear_status take_u32(cursor *c, const char *what, uint32_t *out, dear_error *err) {
    const unsigned char *bytes = NULL;
    TRY(take(c, 4, what, &bytes, err));
    *out = (uint32_t)gguf_little_endian(bytes, 4);
    return DEAR_OK;
}

static dear_status take_u64(cursor *c, const char *what, uint64_t *out, dear_error *err) {
    const unsigned char *bytes = NULL;
    TRY(take(c, 8, what, &bytes, err));
    *out = gguf_little_endian(bytes, 8);
    return DEAR_OK;
}

/* A string: its length and its bytes. */
static dear_status take_string(cursor *c, const char *what, const char **text, size_t *length,
                               dear_error *err) {
    uint64_t count = 0;
    const unsigned char *bytes = NULL;
    TRY(take_u64(c, what, &count, err));
    TRY(take(c, count, what, &bytes, err));
    *text = (const char *)bytes;
    *length = (size_t)count;
    return DEAR_OK;
}

/* The name of a key or a tensor: not empty, no zero in it. */
static dear_status take_name(cursor *c, const char *what, const char **text, size_t *length,
                             dear_error *err) {
    size_t begin = c->at;
    TRY(take_string(c, what, text, length, err));
    if (*length == 0 || memchr(*text, 0, *length))
        return error_set(err, DEAR_ERROR_INPUT, "%s: %s at byte %zu is empty or holds a zero",
                         c->g->path, what, begin);
    return DEAR_OK;
}

static dear_status read_array(cursor *c, gguf_value *v, dear_error *err) {
    uint32_t element;
    uint64_t count, bytes;
    TRY(take_u32(c, v->key, &element, err));
    TRY(take_u64(c, v->key, &count, err));
    if (element == GGUF_ARRAY)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: \"%s\" is an array of arrays, which is not supported", c->g->path,
                         v->key);
    if (element != GGUF_STRING && gguf_scalar_bytes(element) == 0)
        return gguf_bad_value(c->g, v->key, "is an array of an unknown type", err);
    v->element = (gguf_type)element;
    v->data = c->g->map.data + c->at;
    if (element != GGUF_STRING) {
        const unsigned char *ignored;
        if (__builtin_mul_overflow(count, (uint64_t)gguf_scalar_bytes(element), &bytes))
            bytes = UINT64_MAX;
        TRY(take(c, bytes, v->key, &ignored, err));
    }
    for (uint64_t i = 0; element == GGUF_STRING && i < count; i++) {
        const char *text = NULL;
        size_t length = 0;
        TRY(take_string(c, v->key, &text, &length, err));
    }
    v->count = (size_t)count;
    return DEAR_OK;
}

static dear_status read_value(cursor *c, gguf_value *v, dear_error *err) {
    uint32_t type;
    TRY(take_u32(c, v->key, &type, err));
    v->type = (gguf_type)type;
    if (type == GGUF_ARRAY)
        return read_array(c, v, err);
    if (type == GGUF_STRING) {
        const char *text = NULL;
        size_t length = 0;
        TRY(take_string(c, v->key, &text, &length, err));
        v->text = mem_strndup(text, length);
        return v->text ? DEAR_OK : error_memory(err);
    }
    if (gguf_scalar_bytes(type) == 0)
        return gguf_bad_value(c->g, v->key, "has a type that the format does not know", err);
    TRY(take(c, gguf_scalar_bytes(type), v->key, &v->data, err));
    if (type == GGUF_BOOL && *v->data > 1)
        return gguf_bad_value(c->g, v->key, "must be true or false", err);
    return DEAR_OK;
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const gguf_value *)a)->key, ((const gguf_value *)b)->key);
}

static dear_status read_metadata(gguf *g, cursor *c, uint64_t count, dear_error *err) {
    for (uint64_t i = 0; i < count; i++) {
        const char *key;
        size_t length = 0;
        TRY(take_name(c, "a metadata key", &key, &length, err));
        if (!mem_grow((void **)&g->values, &g->capacity, g->num_values, sizeof *g->values))
            return error_memory(err);
        gguf_value *v = &g->values[g->num_values];
        *v = (gguf_value){.key = mem_strndup(key, length)};
        if (!v->key)
            return error_memory(err);
        g->num_values++;
        TRY(read_value(c, v, err));
    }
    if (g->num_values)
        qsort(g->values, g->num_values, sizeof *g->values, by_key);
    for (size_t i = 1; i < g->num_values; i++)
        if (by_key(&g->values[i - 1], &g->values[i]) == 0)
            return gguf_bad_value(g, g->values[i].key, "is there twice", err);
    return DEAR_OK;
}

/* A tensor as the table describes it. */
typedef struct tensor_entry {
    const char *name;
    size_t name_length;
    uint32_t type;
    uint32_t num_dims;
    uint64_t dims[TENSOR_MAX_DIMS]; ///< the fastest first
    uint64_t offset;                ///< from the beginning of the data
} tensor_entry;

static dear_status bad_tensor(const gguf *g, const tensor_entry *e, const char *what,
                              dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT, "%s: tensor \"%.*s\": %s", g->path,
                     (int)(e->name_length < 200 ? e->name_length : 200), e->name, what);
}

static dear_status read_entry(cursor *c, tensor_entry *e, dear_error *err) {
    TRY(take_name(c, "a tensor's name", &e->name, &e->name_length, err));
    TRY(take_u32(c, "the table of tensors", &e->num_dims, err));
    if (e->num_dims < 1 || e->num_dims > TENSOR_MAX_DIMS)
        return bad_tensor(c->g, e, "must have one to four dimensions", err);
    for (uint32_t i = 0; i < e->num_dims; i++)
        TRY(take_u64(c, "the table of tensors", &e->dims[i], err));
    TRY(take_u32(c, "the table of tensors", &e->type, err));
    return take_u64(c, "the table of tensors", &e->offset, err);
}

/* Turns an entry into a view of the data, which begins at byte `data_begin` of the file. */
static dear_status place_tensor(const gguf *g, const tensor_entry *e, size_t data_begin,
                                uint64_t alignment, tensor *t, dear_error *err) {
    if (e->type > INT32_MAX || !tensor_type_known((int)e->type))
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: tensor \"%.*s\" is of type %u (%s), which is not supported: use F32, "
                         "F16, BF16, Q4_0 to Q8_0 or Q2_K to Q6_K",
                         g->path, (int)(e->name_length < 200 ? e->name_length : 200), e->name,
                         e->type, tensor_type_name(e->type > INT32_MAX ? -1 : (int)e->type));
    *t = (tensor){.type = (tensor_type)e->type, .num_dims = (int)e->num_dims};
    for (uint32_t i = 0; i < e->num_dims; i++) {
        if (e->dims[i] == 0 || e->dims[i] > INT64_MAX)
            return bad_tensor(g, e, "a dimension is zero or too large", err);
        t->shape[e->num_dims - 1 - i] = (int64_t)e->dims[i];
    }
    if (!tensor_shape_bytes(t->type, t->num_dims, t->shape, &t->bytes))
        return bad_tensor(g, e, "its rows are not whole blocks of its type, or it is too large",
                          err);
    if (e->offset % alignment != 0)
        return bad_tensor(g, e, "its offset is not aligned", err);
    size_t available = g->map.size - data_begin;
    if (e->offset > available || t->bytes > available - e->offset)
        return bad_tensor(g, e, "does not end inside the file (is the download complete?)", err);
    t->data = g->map.data + data_begin + e->offset;
    return DEAR_OK;
}

static dear_status read_alignment(const gguf *g, uint64_t *alignment, dear_error *err) {
    int64_t value = DEFAULT_ALIGNMENT;
    TRY(gguf_get_int(g, "general.alignment", 8, MAX_ALIGNMENT, &value, err));
    if ((value & (value - 1)) != 0)
        return gguf_bad_value(g, "general.alignment", "must be a power of two", err);
    *alignment = (uint64_t)value;
    return DEAR_OK;
}

/* The data begins, aligned, behind the table: so the table is read twice, first for its end. */
static dear_status read_tensors(gguf *g, cursor *c, uint64_t count, dear_error *err) {
    uint64_t alignment = DEFAULT_ALIGNMENT;
    TRY(read_alignment(g, &alignment, err));
    cursor table = *c;
    tensor_entry e;
    for (uint64_t i = 0; i < count; i++)
        TRY(read_entry(c, &e, err));
    uint64_t data_begin = (c->at + alignment - 1) / alignment * alignment;
    if (data_begin > g->map.size)
        data_begin = g->map.size;
    for (uint64_t i = 0; i < count; i++) {
        tensor t;
        TRY(read_entry(&table, &e, err));
        TRY(place_tensor(g, &e, (size_t)data_begin, alignment, &t, err));
        TRY(tensor_table_add(&g->tensors, &t, e.name, e.name_length, err));
    }
    return tensor_table_sort(&g->tensors, g->path, err);
}

static dear_status check_version(cursor *c, dear_error *err) {
    uint32_t version;
    const unsigned char *magic;
    if (c->g->map.size < 4 || memcmp(c->g->map.data, "GGUF", 4) != 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: not a GGUF file (of other formats, give the directory)", c->g->path);
    TRY(take(c, 4, "the header", &magic, err));
    TRY(take_u32(c, "the header", &version, err));
    if (version == 2 || version == 3)
        return DEAR_OK;
    if ((version & 0xffff) == 0)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: a big-endian GGUF file: convert the model again for little-endian",
                         c->g->path);
    return error_set(err, DEAR_ERROR_UNSUPPORTED,
                     "%s: GGUF version %u is not supported (2 and 3 are): convert the model again "
                     "with a current llama.cpp",
                     c->g->path, version);
}

static dear_status refuse_split(const gguf *g, dear_error *err) {
    int64_t parts = 1;
    TRY(gguf_get_int(g, "split.count", 0, UINT16_MAX, &parts, err));
    if (parts > 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: one of %lld parts of a split model: join them with llama-gguf-split "
                         "--merge first",
                         g->path, (long long)parts);
    return DEAR_OK;
}

static dear_status read_file(gguf *g, const char *path, dear_error *err) {
    g->path = mem_strdup(path);
    if (!g->path)
        return error_memory(err);
    TRY(file_map_open(&g->map, path, err));
    cursor c = {.g = g};
    uint64_t num_tensors, num_values;
    TRY(check_version(&c, err));
    TRY(take_u64(&c, "the header", &num_tensors, err));
    TRY(take_u64(&c, "the header", &num_values, err));
    TRY(read_metadata(g, &c, num_values, err));
    TRY(refuse_split(g, err));
    return read_tensors(g, &c, num_tensors, err);
}

dear_status gguf_open(gguf **out, const char *path, dear_error *err) {
    *out = NULL;
    gguf *g = mem_calloc(1, sizeof *g);
    if (!g)
        return error_memory(err);
    dear_status status = read_file(g, path, err);
    if (status != DEAR_OK) {
        gguf_close(g);
        return status;
    }
    *out = g;
    return DEAR_OK;
}

void gguf_close(gguf *g) {
    if (!g)
        return;
    for (size_t i = 0; i < g->num_values; i++) {
        mem_free(g->values[i].key);
        mem_free(g->values[i].text);
    }
    mem_free(g->values);
    tensor_table_free(&g->tensors);
    file_map_close(&g->map);
    mem_free(g->path);
    mem_free(g);
}

void gguf_release(const gguf *g) {
    file_map_release(&g->map);
}

const tensor *gguf_find(const gguf *g, const char *name) {
    return tensor_table_find(&g->tensors, name);
}

size_t gguf_count(const gguf *g) {
    return g->tensors.count;
}

const tensor *gguf_at(const gguf *g, size_t index) {
    return &g->tensors.items[index];
}

const char *gguf_path(const gguf *g) {
    return g->path;
}

const gguf_value *gguf_get(const gguf *g, const char *key) {
    gguf_value wanted = {.key = (char *)key};
    if (g->num_values == 0)
        return NULL;
    return bsearch(&wanted, g->values, g->num_values, sizeof *g->values, by_key);
}

size_t gguf_value_count(const gguf *g) {
    return g->num_values;
}

const gguf_value *gguf_value_at(const gguf *g, size_t index) {
    return &g->values[index];
}

const char *gguf_chat_template(const gguf *g) {
    const gguf_value *v = gguf_get(g, "tokenizer.chat_template");
    return v && v->type == GGUF_STRING ? v->text : NULL;
}
