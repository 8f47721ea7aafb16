#include "model/safetensors_write.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_ALIGNMENT = 8 };

static bool has_type(const tensor *t) {
    return t->type == TENSOR_F32 || t->type == TENSOR_F16 || t->type == TENSOR_BF16;
}

static json_t *describe(const tensor *t, json_int_t begin) {
    json_t *shape = json_array();
    for (int i = 0; shape && i < t->num_dims; i++)
        if (json_array_append_new(shape, json_integer(t->shape[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensor_type_name(t->type), "shape", shape,
                     "data_offsets", begin, begin + (json_int_t)t->bytes);
}

static dear_status add_entry(json_t *header, const tensor *t, uint64_t begin, const char *path,
                             dear_error *err) {
    if (!has_type(t))
        return error_set(err, DEAR_ERROR_USAGE, "%s: tensor \"%s\": safetensors hold no %s", path,
                         t->name, tensor_type_name(t->type));
    if (json_object_get(header, t->name))
        return error_set(err, DEAR_ERROR_USAGE, "%s: tensor \"%s\" comes twice", path, t->name);
    if (json_object_set_new(header, t->name, describe(t, (json_int_t)begin)) != 0)
        return error_memory(err);
    return DEAR_OK;
}

static dear_status add_entries(json_t *header, const tensor *tensors, size_t count, uint64_t *bytes,
                               const char *path, dear_error *err) {
    for (size_t i = 0; i < count; i++) {
        TRY(add_entry(header, &tensors[i], *bytes, path, err));
        *bytes += tensors[i].bytes;
    }
    return DEAR_OK;
}

/* The header's length in eight bytes, then the header, with spaces up to the alignment. */
static dear_status write_header(output_file *out, const json_t *header, dear_error *err) {
    char *text = json_dumps(header, JSON_COMPACT);
    if (!text)
        return error_memory(err);
    size_t length = strlen(text), spaces = -length % HEADER_ALIGNMENT;
    uint64_t total = length + spaces;
    dear_status status = output_file_write(out, &total, sizeof total, err);
    if (status == DEAR_OK)
        status = output_file_write(out, text, length, err);
    if (status == DEAR_OK)
        status = output_file_write(out, "       ", spaces, err);
    free(text);
    return status;
}

static dear_status begin_file(output_file *out, const char *path, const json_t *header,
                              dear_error *err) {
    TRY(output_file_open(out, path, err));
    dear_status status = write_header(out, header, err);
    if (status != DEAR_OK)
        output_file_discard(out, false);
    return status;
}

dear_status safetensors_write_begin(safetensors_writer *w, const char *path, const tensor *tensors,
                                    size_t count, dear_error *err) {
    *w = (safetensors_writer){0};
    /* transformers wants to be told that its tensors are PyTorch's. */
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
    dear_status status = header ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK)
        status = add_entries(header, tensors, count, &w->bytes_left, path, err);
    if (status == DEAR_OK)
        status = begin_file(&w->out, path, header, err);
    json_decref(header);
    return status;
}

dear_status safetensors_write(safetensors_writer *w, const void *bytes, size_t count,
                              dear_error *err) {
    if (count > w->bytes_left)
        return error_set(err, DEAR_ERROR_USAGE, "%s: more bytes than its header announces",
                         w->out.path);
    w->bytes_left -= count;
    return output_file_write(&w->out, bytes, count, err);
}

dear_status safetensors_write_commit(safetensors_writer *w, dear_error *err) {
    if (w->bytes_left == 0)
        return output_file_commit(&w->out, err);
    dear_status status =
        error_set(err, DEAR_ERROR_USAGE, "%s: %llu bytes that its header announces are missing",
                  w->out.path, (unsigned long long)w->bytes_left);
    safetensors_write_discard(w);
    return status;
}

void safetensors_write_discard(safetensors_writer *w) {
    output_file_discard(&w->out, false);
}
