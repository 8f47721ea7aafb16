#include "folder_config.h"

#include "base/file.h"
#include "base/memory.h"

static dear_status write_json(const char *path, const json_t *json, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, path, err));
    if (json_dumpf(json, out.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0 &&
        fputc('\n', out.stream) != EOF)
        return output_file_commit(&out, err);
    dear_status status = error_errno(err, out.part_path);
    output_file_discard(&out, false);
    return status;
}

dear_status folder_write_json(const char *directory, const char *name, json_t *json,
                              dear_error *err) {
    char *path = path_join(directory, name);
    dear_status status = path && json ? write_json(path, json, err) : error_memory(err);
    mem_free(path);
    json_decref(json);
    return status;
}

static json_t *rope_scaling(const llama_config *c) {
    if (c->rope != ROPE_LLAMA3)
        return json_null();
    return json_pack("{s:s, s:f, s:f, s:f, s:I}", "rope_type", "llama3", "factor", c->rope_factor,
                     "low_freq_factor", c->rope_low_freq_factor, "high_freq_factor",
                     c->rope_high_freq_factor, "original_max_position_embeddings",
                     (json_int_t)c->rope_original_positions);
}

static json_t *token_or_null(int32_t id) {
    return id < 0 ? json_null() : json_integer(id);
}

/* Batches are padded with the end of text, as the published rerankers have it. */
static bool add_special_tokens(json_t *json, const llama_config *c) {
    int32_t eos = c->num_eos ? c->eos[0] : -1;
    return json_object_set_new(json, "bos_token_id", token_or_null(c->bos)) == 0 &&
           json_object_set_new(json, "eos_token_id", token_or_null(eos)) == 0 &&
           json_object_set_new(json, "pad_token_id", token_or_null(eos)) == 0;
}

static json_t *config_json(const llama_config *c, tensor_type type) {
    json_t *json = json_pack(
        "{s:[s], s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:b, s:b, s:b, "
        "s:{s:s}, s:{s:i}, s:s}",
        "architectures", "LlamaForSequenceClassification", "model_type", "llama", "hidden_act",
        "silu", "vocab_size", (json_int_t)c->vocab_size, "hidden_size", (json_int_t)c->hidden_size,
        "intermediate_size", (json_int_t)c->intermediate_size, "num_hidden_layers",
        (json_int_t)c->num_layers, "num_attention_heads", (json_int_t)c->num_heads,
        "num_key_value_heads", (json_int_t)c->num_kv_heads, "head_dim", (json_int_t)c->head_dim,
        "max_position_embeddings", (json_int_t)c->max_positions, "rms_norm_eps", c->rms_norm_eps,
        "rope_theta", c->rope_theta, "rope_scaling", rope_scaling(c), "tie_word_embeddings",
        c->tied_embeddings, "attention_bias", 0, "mlp_bias", 0, "id2label", "0", "LABEL_0",
        "label2id", "LABEL_0", 0, "torch_dtype", type == TENSOR_F16 ? "float16" : "bfloat16");
    if (json && add_special_tokens(json, c))
        return json;
    json_decref(json);
    return NULL;
}

dear_status folder_write_config(const char *directory, const llama_config *c, tensor_type type,
                                dear_error *err) {
    return folder_write_json(directory, "config.json", config_json(c, type), err);
}
