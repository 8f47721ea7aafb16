#include "gguf_header.h"

#include <string.h>

enum { VERSION = 3 };

void gguf_put_number(strbuf *b, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        strbuf_putc(b, (char)(value >> (8 * i)));
}

void gguf_put_string(strbuf *b, const char *text, size_t length) {
    gguf_put_number(b, length, 8);
    strbuf_append(b, text, length);
}

void gguf_header_key(gguf_header *h, const char *key, gguf_type type) {
    gguf_put_string(&h->values, key, strlen(key));
    gguf_put_number(&h->values, type, 4);
    h->num_values++;
}

void gguf_header_u32(gguf_header *h, const char *key, int64_t value) {
    gguf_header_key(h, key, GGUF_U32);
    gguf_put_number(&h->values, (uint64_t)value, 4);
}

void gguf_header_f32(gguf_header *h, const char *key, double value) {
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    gguf_header_key(h, key, GGUF_F32);
    gguf_put_number(&h->values, bits, 4);
}

void gguf_header_string(gguf_header *h, const char *key, const char *text) {
    gguf_header_key(h, key, GGUF_STRING);
    gguf_put_string(&h->values, text, strlen(text));
}

size_t gguf_padding(uint64_t bytes) {
    return (size_t)((GGUF_ALIGNMENT - bytes % GGUF_ALIGNMENT) % GGUF_ALIGNMENT);
}

void gguf_header_tensor(gguf_header *h, const char *name, tensor_type type, int num_dims,
                        int64_t rows, int64_t columns, size_t bytes) {
    gguf_put_string(&h->tensors, name, strlen(name));
    gguf_put_number(&h->tensors, (uint64_t)num_dims, 4);
    gguf_put_number(&h->tensors, (uint64_t)columns, 8); /* the fastest dimension first */
    if (num_dims == 2)
        gguf_put_number(&h->tensors, (uint64_t)rows, 8);
    gguf_put_number(&h->tensors, (uint64_t)type, 4);
    gguf_put_number(&h->tensors, h->data_bytes, 8);
    h->num_tensors++;
    h->data_bytes += bytes + gguf_padding(bytes);
}

dear_status gguf_header_take(gguf_header *h, strbuf *out, dear_error *err) {
    strbuf_puts(out, "GGUF");
    gguf_put_number(out, VERSION, 4);
    gguf_put_number(out, h->num_tensors, 8);
    gguf_put_number(out, h->num_values, 8);
    strbuf_append(out, h->values.text, h->values.length);
    strbuf_append(out, h->tensors.text, h->tensors.length);
    for (size_t zeros = gguf_padding(out->length); zeros > 0; zeros--)
        strbuf_putc(out, 0);
    if (!out->failed && !h->values.failed && !h->tensors.failed)
        return DEAR_OK;
    strbuf_free(out);
    return error_memory(err);
}

void gguf_header_free(gguf_header *h) {
    strbuf_free(&h->values);
    strbuf_free(&h->tensors);
    *h = (gguf_header){0};
}
