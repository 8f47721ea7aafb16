/* GGUF files made in a test: append values and tensors, then write. */
#ifndef DEAR_TESTS_UNIT_MODEL_GGUF_WRITER_H
#define DEAR_TESTS_UNIT_MODEL_GGUF_WRITER_H

#include "scratch.h"

#include "base/strbuf.h"
#include "model/gguf_metadata.h"

/* Zero-initialize. The counts are what the header will say; a test may make them lie. */
typedef struct gguf_writer {
    strbuf values, tensors, data;
    uint64_t num_values, num_tensors;
} gguf_writer;

static inline void put(strbuf *b, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        strbuf_putc(b, (char)(value >> (8 * i)));
}

static inline void put_string(strbuf *b, const char *text) {
    put(b, strlen(text), 8);
    strbuf_puts(b, text);
}

static inline void put_key(gguf_writer *w, const char *key, gguf_type type) {
    put_string(&w->values, key);
    put(&w->values, type, 4);
    w->num_values++;
}

static inline void put_u32(gguf_writer *w, const char *key, uint32_t value) {
    put_key(w, key, GGUF_U32);
    put(&w->values, value, 4);
}

static inline void put_f32(gguf_writer *w, const char *key, float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    put_key(w, key, GGUF_F32);
    put(&w->values, bits, 4);
}

static inline void put_text(gguf_writer *w, const char *key, const char *text) {
    put_key(w, key, GGUF_STRING);
    put_string(&w->values, text);
}

/* A tensor's entry, its data where the data so far ends. */
static inline void put_tensor_at(gguf_writer *w, const char *name, uint32_t type, int num_dims,
                                 const uint64_t *dims, uint64_t offset) {
    put_string(&w->tensors, name);
    put(&w->tensors, (uint64_t)num_dims, 4);
    for (int i = 0; i < num_dims; i++)
        put(&w->tensors, dims[i], 8);
    put(&w->tensors, type, 4);
    put(&w->tensors, offset, 8);
    w->num_tensors++;
}

/* A float32 matrix of rows [rows, columns] (a vector when rows is 0) of small numbers. */
static inline void put_matrix(gguf_writer *w, const char *name, uint64_t rows, uint64_t columns) {
    uint64_t dims[] = {columns, rows};
    put_tensor_at(w, name, 0, rows ? 2 : 1, dims, w->data.length);
    for (uint64_t i = 0; i < (rows ? rows : 1) * columns; i++) {
        float value = 0.01f * (float)(i % 50 + 1);
        strbuf_append(&w->data, (const char *)&value, sizeof value);
    }
    while (w->data.length % 32)
        strbuf_putc(&w->data, 0);
}

/* Writes the file and empties the writer. */
static inline const char *gguf_write_version(gguf_writer *w, const char *name, uint32_t version) {
    strbuf file = {0};
    strbuf_puts(&file, "GGUF");
    put(&file, version, 4);
    put(&file, w->num_tensors, 8);
    put(&file, w->num_values, 8);
    strbuf_append(&file, w->values.text ? w->values.text : "", w->values.length);
    strbuf_append(&file, w->tensors.text ? w->tensors.text : "", w->tensors.length);
    while (w->data.length && file.length % 32)
        strbuf_putc(&file, 0);
    strbuf_append(&file, w->data.text ? w->data.text : "", w->data.length);
    const char *path = scratch_write(name, file.text, file.length);
    strbuf_free(&file);
    strbuf_free(&w->values);
    strbuf_free(&w->tensors);
    strbuf_free(&w->data);
    *w = (gguf_writer){0};
    return path;
}

static inline const char *gguf_write(gguf_writer *w, const char *name) {
    return gguf_write_version(w, name, 3);
}

/* The metadata of a LLaMA of one layer: 2 heads of 4, one of keys, hidden 8, inner 12, 10 tokens.
 * `without` is left out, for the test to put it in otherwise; NULL: none. */
static inline void put_llama_values(gguf_writer *w, const char *without) {
    static const struct {
        const char *key;
        uint32_t value;
    } NUMBERS[] = {
        {"llama.block_count", 1},          {"llama.embedding_length", 8},
        {"llama.feed_forward_length", 12}, {"llama.context_length", 64},
        {"llama.attention.head_count", 2}, {"llama.attention.head_count_kv", 1},
    };
    static const char *const EPSILON = "llama.attention.layer_norm_rms_epsilon";
    if (!without || strcmp(without, "general.architecture") != 0)
        put_text(w, "general.architecture", "llama");
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        if (!without || strcmp(without, NUMBERS[i].key) != 0)
            put_u32(w, NUMBERS[i].key, NUMBERS[i].value);
    if (!without || strcmp(without, EPSILON) != 0)
        put_f32(w, EPSILON, 1e-5f);
}

/* A byte-level tokenizer of ten tokens. */
static inline void put_tokenizer(gguf_writer *w) {
    put_text(w, "tokenizer.ggml.model", "gpt2");
    put_text(w, "tokenizer.ggml.pre", "gpt-2");
    put_key(w, "tokenizer.ggml.tokens", GGUF_ARRAY);
    put(&w->values, GGUF_STRING, 4);
    put(&w->values, 10, 8);
    for (int i = 0; i < 10; i++)
        put_string(&w->values, (char[]){(char)('a' + i), 0});
    put_key(w, "tokenizer.ggml.token_type", GGUF_ARRAY);
    put(&w->values, GGUF_I32, 4);
    put(&w->values, 10, 8);
    for (int i = 0; i < 10; i++)
        put(&w->values, 1, 4);
}

/* Its weights; `without` as above. */
static inline void put_llama_tensors(gguf_writer *w, const char *without) {
    static const struct {
        const char *name;
        uint64_t rows, columns;
    } WEIGHTS[] = {
        {"token_embd.weight", 10, 8},       {"output_norm.weight", 0, 8},
        {"blk.0.attn_norm.weight", 0, 8},   {"blk.0.attn_q.weight", 8, 8},
        {"blk.0.attn_k.weight", 4, 8},      {"blk.0.attn_v.weight", 4, 8},
        {"blk.0.attn_output.weight", 8, 8}, {"blk.0.ffn_norm.weight", 0, 8},
        {"blk.0.ffn_gate.weight", 12, 8},   {"blk.0.ffn_up.weight", 12, 8},
        {"blk.0.ffn_down.weight", 8, 12},
    };
    for (size_t i = 0; i < sizeof WEIGHTS / sizeof *WEIGHTS; i++)
        if (!without || strcmp(without, WEIGHTS[i].name) != 0)
            put_matrix(w, WEIGHTS[i].name, WEIGHTS[i].rows, WEIGHTS[i].columns);
}

#endif
