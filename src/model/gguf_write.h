/*
 * Writing the GGUF format, version 3: metadata and the table of tensors are gathered first, then the
 * tensors' bytes stream in, one after the other.
 */
#ifndef DEAR_MODEL_GGUF_WRITE_H
#define DEAR_MODEL_GGUF_WRITE_H

#include "base/file.h"
#include "base/strbuf.h"
#include "model/gguf_metadata.h"

enum { GGUF_ALIGNMENT = 32 };

/* Zero-initialize; end with gguf_writer_free. What gathers needs no check: gguf_write_begin says
 * whether memory ran out. */
typedef struct gguf_writer {
    strbuf values, tensors;
    uint64_t num_values, num_tensors;
    strbuf ends;         ///< a uint64_t a tensor: where its data ends, before filling up
    uint64_t data_bytes; ///< of the tensors so far, each filled up to the alignment
    output_file out;
    size_t current;   ///< the tensor that bytes go to
    uint64_t written; ///< bytes of data
} gguf_writer;

/* ---- Metadata ---- */

/* A key; its value follows by gguf_put_number, gguf_put_string and strbuf_append to `values`. */
void gguf_put_key(gguf_writer *w, const char *key, gguf_type type);
/* A key whose value is an array: `count` elements follow. */
void gguf_put_array(gguf_writer *w, const char *key, gguf_type element, uint64_t count);
void gguf_put_number(strbuf *b, uint64_t value, int bytes);
void gguf_put_string(strbuf *b, const char *text, size_t length);

/* A key and its value. */
void gguf_put_u32(gguf_writer *w, const char *key, int64_t value);
void gguf_put_f32(gguf_writer *w, const char *key, double value);
void gguf_put_bool(gguf_writer *w, const char *key, bool value);
void gguf_put_text(gguf_writer *w, const char *key, const char *text);
/* A value of another file, as it is. */
void gguf_put_value(gguf_writer *w, const gguf_value *v);

/* ---- Tensors ---- */

/* Announces a tensor [rows, columns] behind those so far; a vector when `num_dims` is 1. */
void gguf_put_tensor(gguf_writer *w, const char *name, tensor_type type, int num_dims, int64_t rows,
                     int64_t columns);

/* Bytes that the file will have behind its header. */
uint64_t gguf_data_bytes(const gguf_writer *w);

/* ---- The file ---- */

/* Begins `path` (base/file.h: beside it, until commit). */
dear_status gguf_write_begin(gguf_writer *w, const char *path, dear_error *err);
/* The next `count` bytes of the announced tensors; more than a tensor has are DEAR_ERROR_USAGE. */
dear_status gguf_write(gguf_writer *w, const void *bytes, size_t count, dear_error *err);
/* Gives the file its name; DEAR_ERROR_USAGE, and no file, while bytes are missing. */
dear_status gguf_write_commit(gguf_writer *w, dear_error *err);

/* Removes the file unless it was committed. */
void gguf_writer_free(gguf_writer *w);

#endif
