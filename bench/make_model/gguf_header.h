/* A GGUF file's beginning (version 3): metadata and tensor table, gathered before any data. */
#ifndef DEAR_BENCH_MAKE_MODEL_GGUF_HEADER_H
#define DEAR_BENCH_MAKE_MODEL_GGUF_HEADER_H

#include "base/strbuf.h"
#include "model/gguf_metadata.h"

enum { GGUF_ALIGNMENT = 32 };

/* Zero-initialize. Appends need not be checked: gguf_header_take says whether memory ran out. */
typedef struct gguf_header {
    strbuf values, tensors;
    uint64_t num_values, num_tensors;
    uint64_t data_bytes; ///< of the tensors so far, each filled up to the alignment
} gguf_header;

/* A key; its value follows by put_number, put_string and put_bytes. */
void gguf_header_key(gguf_header *h, const char *key, gguf_type type);
void gguf_put_number(strbuf *b, uint64_t value, int bytes);
void gguf_put_string(strbuf *b, const char *text, size_t length);

void gguf_header_u32(gguf_header *h, const char *key, int64_t value);
void gguf_header_f32(gguf_header *h, const char *key, double value);
void gguf_header_string(gguf_header *h, const char *key, const char *text);

/* A tensor of `bytes` bytes behind those so far; a vector when `num_dims` is 1. */
void gguf_header_tensor(gguf_header *h, const char *name, tensor_type type, int num_dims,
                        int64_t rows, int64_t columns, size_t bytes);

/* Zeros that bring `bytes` bytes to the alignment. */
size_t gguf_padding(uint64_t bytes);

/* The whole header, filled up to where the data begins, into the empty `out`. */
dear_status gguf_header_take(gguf_header *h, strbuf *out, dear_error *err);
void gguf_header_free(gguf_header *h);

#endif
