#include "model/safetensors.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/tensor_table.h"

#include <stdlib.h>
#include <string.h>

/* A header takes some hundred bytes a tensor: these limits hold a hundred thousand. */
enum { LENGTH_BYTES = 8, HEADER_LIMIT = 16 << 20, INDEX_LIMIT = 16 << 20 };

/* One .safetensors file. */
typedef struct shard {
    char *path;
    file_map map;
    tensor_table tensors;
} shard;

struct safetensors {
    shard *shards;
    size_t num_shards;
    size_t capacity;
    tensor_table tensors; ///< those of all shards; their data lies in the shards' maps
};

/* The element types of the format: what they are as weights, and their size. */
static const struct dtype {
    const char *name;
    tensor_type type;
    int bits;
} DTYPES[] = {
    {"F32", TENSOR_F32, 32},      {"F16", TENSOR_F16, 16},      {"BF16", TENSOR_BF16, 16},
    {"F64", TENSOR_OTHER, 64},    {"I64", TENSOR_OTHER, 64},    {"U64", TENSOR_OTHER, 64},
    {"C64", TENSOR_OTHER, 64},    {"I32", TENSOR_OTHER, 32},    {"U32", TENSOR_OTHER, 32},
    {"I16", TENSOR_OTHER, 16},    {"U16", TENSOR_OTHER, 16},    {"I8", TENSOR_OTHER, 8},
    {"U8", TENSOR_OTHER, 8},      {"BOOL", TENSOR_OTHER, 8},    {"F8_E4M3", TENSOR_OTHER, 8},
    {"F8_E5M2", TENSOR_OTHER, 8}, {"F8_E8M0", TENSOR_OTHER, 8}, {"F4", TENSOR_OTHER, 4},
};

static const struct dtype *find_dtype(const char *name) {
    for (size_t i = 0; i < sizeof DTYPES / sizeof *DTYPES; i++)
        if (strcmp(DTYPES[i].name, name) == 0)
            return &DTYPES[i];
    return NULL;
}

/* What is wrong with a tensor's entry, as a message about file and tensor. */
static dear_status bad_entry(const char *path, const char *name, const char *what,
                             dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT, "%s: tensor \"%s\": %s", path, name, what);
}

static bool read_shape(tensor *t, const json_t *shape, int64_t *elements) {
    *elements = 1;
    if (!json_is_array(shape) || json_array_size(shape) > TENSOR_MAX_DIMS)
        return false;
    t->num_dims = (int)json_array_size(shape);
    for (int i = 0; i < t->num_dims; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        t->shape[i] = json_integer_value(size);
        if (!json_is_integer(size) || t->shape[i] < 0 ||
            __builtin_mul_overflow(*elements, t->shape[i], elements))
            return false;
    }
    return true;
}

static bool read_offsets(const json_t *offsets, size_t available, size_t *begin, size_t *end) {
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return false;
    json_int_t b = json_integer_value(first), e = json_integer_value(last);
    if (b < 0 || e < b || (uint64_t)e > available)
        return false;
    *begin = (size_t)b;
    *end = (size_t)e;
    return true;
}

/* One entry of the header: {"dtype": …, "shape": […], "data_offsets": [begin, end]}. `data` is the
 * part of the file behind the header. */
static dear_status read_entry(tensor *t, const char *path, const char *name, const json_t *entry,
                              const unsigned char *data, size_t available, dear_error *err) {
    *t = (tensor){0};
    const char *dtype_name = json_string_value(json_object_get(entry, "dtype"));
    const struct dtype *dtype = dtype_name ? find_dtype(dtype_name) : NULL;
    if (!dtype)
        return bad_entry(path, name, "its \"dtype\" is none that the format knows", err);
    int64_t elements, bits;
    if (!read_shape(t, json_object_get(entry, "shape"), &elements) ||
        __builtin_mul_overflow(elements, dtype->bits, &bits) || bits % 8 != 0)
        return bad_entry(path, name, "its \"shape\" must be up to four sizes", err);
    size_t begin, end;
    if (!read_offsets(json_object_get(entry, "data_offsets"), available, &begin, &end))
        return bad_entry(path, name,
                         "its \"data_offsets\" do not lie in the file (is the download complete?)",
                         err);
    if (end - begin != (uint64_t)bits / 8)
        return bad_entry(path, name, "its \"data_offsets\" do not fit its shape and dtype", err);
    t->type = dtype->type;
    t->data = data + begin;
    t->bytes = end - begin;
    return DEAR_OK;
}

static int by_address(const void *a, const void *b) {
    const tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* The format wants every byte behind the header in exactly one tensor. */
static dear_status check_coverage(shard *s, const unsigned char *data, size_t available,
                                  dear_error *err) {
    const unsigned char *covered = data;
    if (s->tensors.count)
        qsort(s->tensors.items, s->tensors.count, sizeof *s->tensors.items, by_address);
    for (size_t i = 0; i < s->tensors.count; i++) {
        const tensor *t = &s->tensors.items[i];
        if (t->data != covered)
            return bad_entry(s->path, t->name,
                             "its data does not begin where the data before it ends", err);
        covered += t->bytes;
    }
    if ((size_t)(covered - data) != available)
        return error_set(err, DEAR_ERROR_INPUT, "%s: the last %zu bytes belong to no tensor",
                         s->path, available - (size_t)(covered - data));
    return DEAR_OK;
}

static dear_status read_header(shard *s, const json_t *header, const unsigned char *data,
                               size_t available, dear_error *err) {
    const char *name;
    json_t *entry;
    if (!json_is_object(header))
        return error_set(err, DEAR_ERROR_INPUT, "%s: the header is not a JSON object", s->path);
    json_object_foreach((json_t *)header, name, entry) {
        tensor t;
        if (strcmp(name, "__metadata__") == 0)
            continue;
        TRY(read_entry(&t, s->path, name, entry, data, available, err));
        TRY(tensor_table_add(&s->tensors, &t, name, strlen(name), err));
    }
    TRY(check_coverage(s, data, available, err));
    return tensor_table_sort(&s->tensors, s->path, err);
}

static dear_status read_shard(shard *s, dear_error *err) {
    TRY(file_map_open(&s->map, s->path, err));
    uint64_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES && s->map.size >= LENGTH_BYTES; i++)
        length |= (uint64_t)s->map.data[i] << (8 * i);
    if (s->map.size < LENGTH_BYTES || length > s->map.size - LENGTH_BYTES)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: not a safetensors file: its header does not end inside it", s->path);
    if (length > HEADER_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "%s: its header is larger than %d MiB", s->path,
                         HEADER_LIMIT >> 20);
    const unsigned char *data = s->map.data + LENGTH_BYTES + length;
    size_t available = s->map.size - LENGTH_BYTES - (size_t)length;
    json_t *header;
    TRY(json_read_text(&header, (const char *)s->map.data + LENGTH_BYTES, (size_t)length, s->path,
                       err));
    dear_status status = read_header(s, header, data, available, err);
    json_decref(header);
    return status;
}

/* Opens a further file; takes `path`, which is NULL when there was no memory for it. */
static dear_status add_shard(safetensors *s, char *path, dear_error *err) {
    if (!path || !mem_grow((void **)&s->shards, &s->capacity, s->num_shards, sizeof *s->shards)) {
        mem_free(path);
        return error_memory(err);
    }
    shard *added = &s->shards[s->num_shards++];
    *added = (shard){.path = path};
    return read_shard(added, err);
}

/* A shard's name as the index gives it must be a plain file name: nothing outside the folder. */
static bool is_plain_name(const json_t *name) {
    const char *text = json_string_value(name);
    return text && text[0] && text[0] != '.' && strlen(text) == json_string_length(name) &&
           !strchr(text, '/');
}

/* The path of a file that stands beside `path`. */
static char *path_beside(const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_strdup(name);
    char *directory = mem_strndup(path, (size_t)(slash - path) + 1);
    char *joined = directory ? path_join(directory, name) : NULL;
    mem_free(directory);
    return joined;
}

/* The shard of that name, opened if it is not yet. */
static dear_status shard_named(safetensors *s, const char *index_path, const char *name,
                               const shard **out, dear_error *err) {
    char *path = path_beside(index_path, name);
    if (!path)
        return error_memory(err);
    for (size_t i = s->num_shards; i-- > 0;) {
        *out = &s->shards[i];
        if (strcmp(s->shards[i].path, path) == 0) {
            mem_free(path);
            return DEAR_OK;
        }
    }
    TRY(add_shard(s, path, err));
    *out = &s->shards[s->num_shards - 1];
    return DEAR_OK;
}

static dear_status read_weight_map(safetensors *s, const char *path, const json_t *index,
                                   dear_error *err) {
    json_t *map = json_object_get(index, "weight_map"), *file;
    const char *name;
    if (!json_is_object(map))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"weight_map\" must be an object", path);
    json_object_foreach(map, name, file) {
        const shard *holder = NULL;
        if (!is_plain_name(file))
            return bad_entry(path, name, "its file must be a plain file name", err);
        TRY(shard_named(s, path, json_string_value(file), &holder, err));
        const tensor *t = tensor_table_find(&holder->tensors, name);
        if (!t)
            return error_set(err, DEAR_ERROR_INPUT, "%s: tensor \"%s\" is not in %s", path, name,
                             holder->path);
        TRY(tensor_table_add(&s->tensors, t, name, strlen(name), err));
    }
    return tensor_table_sort(&s->tensors, path, err);
}

static dear_status read_index(safetensors *s, const char *path, dear_error *err) {
    json_t *index;
    TRY(json_read_file(&index, path, INDEX_LIMIT, err));
    dear_status status = read_weight_map(s, path, index, err);
    json_decref(index);
    for (size_t i = 0; i < s->num_shards; i++)
        tensor_table_free(&s->shards[i].tensors);
    return status;
}

static dear_status read_single(safetensors *s, const char *path, dear_error *err) {
    TRY(add_shard(s, mem_strdup(path), err));
    s->tensors = s->shards[0].tensors;
    s->shards[0].tensors = (tensor_table){0};
    return DEAR_OK;
}

dear_status safetensors_open(safetensors **out, const char *path, dear_error *err) {
    *out = NULL;
    safetensors *s = mem_calloc(1, sizeof *s);
    if (!s)
        return error_memory(err);
    size_t length = strlen(path);
    bool is_index = length > 5 && strcmp(path + length - 5, ".json") == 0;
    dear_status status = is_index ? read_index(s, path, err) : read_single(s, path, err);
    if (status != DEAR_OK) {
        safetensors_close(s);
        return status;
    }
    *out = s;
    return DEAR_OK;
}

const tensor *safetensors_find(const safetensors *s, const char *name) {
    return tensor_table_find(&s->tensors, name);
}

size_t safetensors_count(const safetensors *s) {
    return s->tensors.count;
}

const tensor *safetensors_at(const safetensors *s, size_t index) {
    return &s->tensors.items[index];
}

void safetensors_release(const safetensors *s) {
    for (size_t i = 0; i < s->num_shards; i++)
        file_map_release(&s->shards[i].map);
}

void safetensors_close(safetensors *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->num_shards; i++) {
        tensor_table_free(&s->shards[i].tensors);
        file_map_close(&s->shards[i].map);
        mem_free(s->shards[i].path);
    }
    mem_free(s->shards);
    tensor_table_free(&s->tensors);
    mem_free(s);
}
