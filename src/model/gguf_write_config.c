#include "model/gguf_write_config.h"

#include "base/memory.h"
#include "model/rope_scaling.h"

/* llama.cpp's numbers for "most of it is of that type". */
static int64_t file_type(tensor_type type) {
    switch (type) {
    case TENSOR_F32:
        return 0;
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

static void put_rope(gguf_writer *w, const llama_config *c) {
    gguf_put_u32(w, "llama.rope.dimension_count", c->head_dim);
    gguf_put_f32(w, "llama.rope.freq_base", c->rope_theta);
    if (c->rope != ROPE_LINEAR)
        return;
    gguf_put_text(w, "llama.rope.scaling.type", "linear");
    gguf_put_f32(w, "llama.rope.scaling.factor", c->rope_factor);
}

/* llama.cpp's way to say that the score head reads the last token. */
static void put_pooling(gguf_writer *w) {
    enum { POOLING_RANK = 4 };
    gguf_put_u32(w, "llama.pooling_type", POOLING_RANK);
}

void gguf_put_config(gguf_writer *w, const llama_config *c, tensor_type type) {
    gguf_put_text(w, "general.architecture", "llama");
    gguf_put_u32(w, "general.file_type", file_type(type));
    gguf_put_u32(w, "general.quantization_version", 2);
    gguf_put_u32(w, "llama.vocab_size", c->vocab_size);
    gguf_put_u32(w, "llama.context_length", c->max_positions);
    gguf_put_u32(w, "llama.embedding_length", c->hidden_size);
    gguf_put_u32(w, "llama.block_count", c->num_layers);
    gguf_put_u32(w, "llama.feed_forward_length", c->intermediate_size);
    gguf_put_u32(w, "llama.attention.head_count", c->num_heads);
    gguf_put_u32(w, "llama.attention.head_count_kv", c->num_kv_heads);
    gguf_put_u32(w, "llama.attention.key_length", c->head_dim);
    gguf_put_u32(w, "llama.attention.value_length", c->head_dim);
    gguf_put_f32(w, "llama.attention.layer_norm_rms_epsilon", c->rms_norm_eps);
    put_rope(w, c);
    if (c->is_classifier)
        put_pooling(w);
}

dear_status gguf_rope_divisors(float **out, const llama_config *c, const float *factors,
                               dear_error *err) {
    *out = NULL;
    if (c->rope != ROPE_LLAMA3 && c->rope != ROPE_FACTORS)
        return DEAR_OK;
    size_t count = (size_t)(c->head_dim / 2);
    *out = mem_calloc(count, sizeof **out);
    if (!*out)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        (*out)[i] = c->rope == ROPE_FACTORS ? factors[i] : rope_divisor(c, (int64_t)i);
    return DEAR_OK;
}

void gguf_put_tensors(gguf_writer *w, const weight_list *list, int64_t num_divisors) {
    for (size_t i = 0; i < list->count; i++) {
        const listed_weight *l = &list->items[i];
        gguf_put_tensor(w, l->info.gguf_name, l->type, l->num_dims, l->info.rows, l->info.columns);
    }
    if (num_divisors)
        gguf_put_tensor(w, "rope_freqs.weight", TENSOR_F32, 1, 1, num_divisors);
}
