#include "gguf_file.h"

#include "base/memory.h"
#include "gguf_tokens.h"
#include "llm/rope.h"
#include "model/lookup.h"
#include "weight_writer.h"

/* llama.cpp's numbers for "most of it is of that type". */
static int64_t file_type(tensor_type type) {
    switch (type) {
    case TENSOR_Q4_0:
        return 2;
    case TENSOR_Q4_1:
        return 3;
    case TENSOR_Q8_0:
        return 7;
    case TENSOR_BF16:
        return 32;
    default:
        return 1; /* F16 */
    }
}

static void put_shape(gguf_header *h, const llama_config *c) {
    gguf_header_u32(h, "llama.vocab_size", c->vocab_size);
    gguf_header_u32(h, "llama.context_length", c->max_positions);
    gguf_header_u32(h, "llama.embedding_length", c->hidden_size);
    gguf_header_u32(h, "llama.block_count", c->num_layers);
    gguf_header_u32(h, "llama.feed_forward_length", c->intermediate_size);
    gguf_header_u32(h, "llama.attention.head_count", c->num_heads);
    gguf_header_u32(h, "llama.attention.head_count_kv", c->num_kv_heads);
    gguf_header_u32(h, "llama.attention.key_length", c->head_dim);
    gguf_header_u32(h, "llama.attention.value_length", c->head_dim);
    gguf_header_u32(h, "llama.rope.dimension_count", c->head_dim);
    gguf_header_f32(h, "llama.rope.freq_base", c->rope_theta);
    gguf_header_f32(h, "llama.attention.layer_norm_rms_epsilon", c->rms_norm_eps);
}

static dear_status put_tokenizer(gguf_header *h, const char *name, int64_t vocab_size,
                                 dear_error *err) {
    char *path;
    gguf *file = NULL;
    TRY(lookup_model(&path, name, err));
    dear_status status =
        file_is_directory(path)
            ? error_set(err, DEAR_ERROR_INPUT,
                        "%s: a GGUF file takes its tokenizer from a GGUF file, not from a folder",
                        path)
            : gguf_open(&file, path, err);
    if (status == DEAR_OK)
        status = gguf_tokens_copy(h, file, vocab_size, err);
    gguf_close(file);
    mem_free(path);
    return status;
}

/* LLaMA 3's scaling as GGUF holds it: by how much each frequency, [head_dim / 2], is divided. */
static dear_status rope_divisors(strbuf *out, const llama_config *c, dear_error *err) {
    rope_table plain, scaled;
    llama_config unscaled = *c;
    unscaled.rope = ROPE_DEFAULT;
    if (c->rope != ROPE_LLAMA3)
        return DEAR_OK;
    TRY(rope_table_create(&plain, &unscaled, NULL, err));
    dear_status status = rope_table_create(&scaled, c, NULL, err);
    for (int64_t i = 0; status == DEAR_OK && i < plain.half; i++) {
        float divisor = plain.inverse_freq[i] / scaled.inverse_freq[i];
        if (!strbuf_append(out, (const char *)&divisor, sizeof divisor))
            status = error_memory(err);
    }
    rope_table_free(&plain);
    rope_table_free(&scaled);
    return status;
}

static void put_tensors(gguf_header *h, const weight_list *weights, const strbuf *divisors) {
    for (size_t i = 0; i < weights->count; i++) {
        const weight *w = &weights->items[i];
        gguf_header_tensor(h, w->gguf_name, w->type, w->num_dims, w->rows, w->columns, w->bytes);
    }
    if (divisors->length)
        gguf_header_tensor(h, "rope_freqs.weight", TENSOR_F32, 1, 1,
                           (int64_t)(divisors->length / sizeof(float)), divisors->length);
}

static dear_status write_header(output_file *out, gguf_header *h, dear_error *err) {
    strbuf bytes = {0};
    TRY(gguf_header_take(h, &bytes, err));
    dear_status status = write_bytes(out, bytes.text, bytes.length, err);
    strbuf_free(&bytes);
    return status;
}

static dear_status write_padding(output_file *out, size_t bytes, dear_error *err) {
    static const char zeros[GGUF_ALIGNMENT];
    return write_bytes(out, zeros, gguf_padding(bytes), err);
}

static dear_status write_data(output_file *out, const weight_list *weights, const strbuf *divisors,
                              dear_error *err) {
    weight_writer writer;
    TRY(weight_writer_open(&writer, weights->bytes, err));
    dear_status status = DEAR_OK;
    for (size_t i = 0; status == DEAR_OK && i < weights->count; i++) {
        status = weight_writer_put(&writer, out, &weights->items[i], err);
        if (status == DEAR_OK)
            status = write_padding(out, weights->items[i].bytes, err);
    }
    weight_writer_close(&writer);
    if (status != DEAR_OK || divisors->length == 0)
        return status;
    TRY(write_bytes(out, divisors->text, divisors->length, err));
    return write_padding(out, divisors->length, err);
}

static dear_status write_file(const char *path, gguf_header *h, const weight_list *weights,
                              const strbuf *divisors, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, path, err));
    dear_status status = write_header(&out, h, err);
    if (status == DEAR_OK)
        status = write_data(&out, weights, divisors, err);
    if (status == DEAR_OK)
        return output_file_commit(&out, err);
    output_file_discard(&out, false);
    return status;
}

dear_status make_gguf(const char *path, const char *name, const llama_config *c, tensor_type type,
                      const char *tokenizer_from, dear_error *err) {
    gguf_header h = {0};
    weight_list weights = {0};
    strbuf divisors = {0};
    gguf_header_string(&h, "general.architecture", "llama");
    gguf_header_string(&h, "general.name", name);
    gguf_header_u32(&h, "general.file_type", file_type(type));
    gguf_header_u32(&h, "general.quantization_version", 2);
    put_shape(&h, c);
    dear_status status = put_tokenizer(&h, tokenizer_from, c->vocab_size, err);
    if (status == DEAR_OK)
        status = rope_divisors(&divisors, c, err);
    if (status == DEAR_OK)
        status = weight_list_make(&weights, c, type, TENSOR_F32, err);
    if (status == DEAR_OK) {
        put_tensors(&h, &weights, &divisors);
        status = write_file(path, &h, &weights, &divisors, err);
    }
    gguf_header_free(&h);
    weight_list_free(&weights);
    strbuf_free(&divisors);
    return status;
}
