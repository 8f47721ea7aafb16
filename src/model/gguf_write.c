#include "model/gguf_write.h"

#include <string.h>

enum { VERSION = 3 };

/* ---- Metadata ---- */

void gguf_put_number(strbuf *b, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        strbuf_putc(b, (char)(value >> (8 * i)));
}

void gguf_put_string(strbuf *b, const char *text, size_t length) {
    gguf_put_number(b, length, 8);
    strbuf_append(b, text, length);
}

void gguf_put_key(gguf_writer *w, const char *key, gguf_type type) {
    gguf_put_string(&w->values, key, strlen(key));
    gguf_put_number(&w->values, type, 4);
    w->num_values++;
}

void gguf_put_array(gguf_writer *w, const char *key, gguf_type element, uint64_t count) {
    gguf_put_key(w, key, GGUF_ARRAY);
    gguf_put_number(&w->values, element, 4);
    gguf_put_number(&w->values, count, 8);
}

void gguf_put_u32(gguf_writer *w, const char *key, int64_t value) {
    gguf_put_key(w, key, GGUF_U32);
    gguf_put_number(&w->values, (uint64_t)value, 4);
}

void gguf_put_f32(gguf_writer *w, const char *key, double value) {
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    gguf_put_key(w, key, GGUF_F32);
    gguf_put_number(&w->values, bits, 4);
}

void gguf_put_bool(gguf_writer *w, const char *key, bool value) {
    gguf_put_key(w, key, GGUF_BOOL);
    gguf_put_number(&w->values, value, 1);
}

void gguf_put_text(gguf_writer *w, const char *key, const char *text) {
    gguf_put_key(w, key, GGUF_STRING);
    gguf_put_string(&w->values, text, strlen(text));
}

void gguf_put_value(gguf_writer *w, const gguf_value *v) {
    if (v->type == GGUF_ARRAY) {
        gguf_put_array(w, v->key, v->element, v->count);
        strbuf_append(&w->values, (const char *)v->data, gguf_array_bytes(v));
    } else if (v->type == GGUF_STRING) {
        gguf_put_text(w, v->key, v->text);
    } else {
        gguf_put_key(w, v->key, v->type);
        strbuf_append(&w->values, (const char *)v->data, gguf_scalar_bytes(v->type));
    }
}

/* ---- Tensors ---- */

static size_t padding(uint64_t bytes) {
    return (size_t)((GGUF_ALIGNMENT - bytes % GGUF_ALIGNMENT) % GGUF_ALIGNMENT);
}

void gguf_put_tensor(gguf_writer *w, const char *name, tensor_type type, int num_dims, int64_t rows,
                     int64_t columns) {
    size_t bytes = 0;
    tensor_shape_bytes(type, 2, (int64_t[]){num_dims == 1 ? 1 : rows, columns}, &bytes);
    gguf_put_string(&w->tensors, name, strlen(name));
    gguf_put_number(&w->tensors, (uint64_t)num_dims, 4);
    gguf_put_number(&w->tensors, (uint64_t)columns, 8); /* the fastest dimension first */
    if (num_dims == 2)
        gguf_put_number(&w->tensors, (uint64_t)rows, 8);
    gguf_put_number(&w->tensors, (uint64_t)type, 4);
    gguf_put_number(&w->tensors, w->data_bytes, 8);
    uint64_t end = w->data_bytes + bytes;
    strbuf_append(&w->ends, (const char *)&end, sizeof end);
    w->num_tensors++;
    w->data_bytes = end + padding(end);
}

uint64_t gguf_data_bytes(const gguf_writer *w) {
    return w->data_bytes;
}

/* ---- The file ---- */

static dear_status header(const gguf_writer *w, strbuf *out, dear_error *err) {
    strbuf_puts(out, "GGUF");
    gguf_put_number(out, VERSION, 4);
    gguf_put_number(out, w->num_tensors, 8);
    gguf_put_number(out, w->num_values, 8);
    strbuf_append(out, w->values.text ? w->values.text : "", w->values.length);
    strbuf_append(out, w->tensors.text ? w->tensors.text : "", w->tensors.length);
    for (size_t zeros = padding(out->length); zeros > 0; zeros--)
        strbuf_putc(out, 0);
    bool complete = !out->failed && !w->values.failed && !w->tensors.failed && !w->ends.failed;
    return complete ? DEAR_OK : error_memory(err);
}

dear_status gguf_write_begin(gguf_writer *w, const char *path, dear_error *err) {
    strbuf bytes = {0};
    dear_status status = header(w, &bytes, err);
    if (status == DEAR_OK)
        status = output_file_open(&w->out, path, err);
    if (status == DEAR_OK)
        status = output_file_write(&w->out, bytes.text, bytes.length, err);
    strbuf_free(&bytes);
    return status;
}

/* Where the data of the current tensor ends. */
static uint64_t current_end(const gguf_writer *w) {
    uint64_t end = 0;
    if (w->current < w->num_tensors)
        memcpy(&end, w->ends.text + w->current * sizeof end, sizeof end);
    return end;
}

static dear_status fill_up(gguf_writer *w, dear_error *err) {
    static const char zeros[GGUF_ALIGNMENT];
    size_t count = padding(w->written);
    w->written += count;
    w->current++;
    return output_file_write(&w->out, zeros, count, err);
}

dear_status gguf_write(gguf_writer *w, const void *bytes, size_t count, dear_error *err) {
    uint64_t end = current_end(w);
    if (count == 0)
        return DEAR_OK;
    if (end < w->written || count > end - w->written)
        return error_set(err, DEAR_ERROR_USAGE, "%s: more bytes than its tensor %zu has",
                         w->out.path, w->current);
    TRY(output_file_write(&w->out, bytes, count, err));
    w->written += count;
    return w->written == end ? fill_up(w, err) : DEAR_OK;
}

dear_status gguf_write_commit(gguf_writer *w, dear_error *err) {
    if (w->written == w->data_bytes)
        return output_file_commit(&w->out, err);
    return error_set(err, DEAR_ERROR_USAGE, "%s: %llu bytes of its tensors are missing",
                     w->out.path, (unsigned long long)(w->data_bytes - w->written));
}

void gguf_writer_free(gguf_writer *w) {
    output_file_discard(&w->out, false);
    strbuf_free(&w->values);
    strbuf_free(&w->tensors);
    strbuf_free(&w->ends);
    *w = (gguf_writer){0};
}
