/* Models: the same weights from every format, adapters merged, contradictions refused. */
#include "gguf_writer.h"

#include "base/json.h"
#include "base/memory.h"
#include "model/adapter.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "model/weight_names.h"

#include <math.h>

#define GQA GOLDEN "/gqa-tied"
#define MHA GOLDEN "/mha-untied-bf16-sharded"

static model *open_model(const char *path, const char *adapter_path) {
    dear_error err;
    model *m;
    assert_success(model_open(&m, path, adapter_path, &err), &err);
    assert_string_equal(model_path(m), path);
    return m;
}

/* The whole weight `name`, to be freed. */
static float *read_weight(const model *m, const char *name, int64_t *count) {
    dear_error err;
    weight_info info;
    assert_true(weight_describe(&info, model_config(m), name));
    float *values = malloc((size_t)(info.rows * info.columns) * sizeof *values);
    assert_non_null(values);
    assert_success(model_read_rows(m, name, info.rows, info.columns, 0, info.rows, values, &err),
                   &err);
    *count = info.rows * info.columns;
    return values;
}

/* Reading in pieces gives what reading at once gives. */
static void check_pieces(const model *m, const char *name, const float *whole) {
    dear_error err;
    weight_info info;
    weight_describe(&info, model_config(m), name);
    float *piece = malloc((size_t)(3 * info.columns) * sizeof *piece);
    for (int64_t row = 0; row < info.rows; row += 3) {
        int64_t count = info.rows - row < 3 ? info.rows - row : 3;
        assert_success(model_read_rows(m, name, info.rows, info.columns, row, count, piece, &err),
                       &err);
        assert_memory_equal(piece, whole + row * info.columns,
                            (size_t)(count * info.columns) * sizeof *piece);
    }
    free(piece);
}

static void gguf_and_directory_agree(void **state) {
    (void)state;
    model *directory = open_model(GQA "/causal", NULL);
    model *file = open_model(GQA "/causal-f32.gguf", NULL);
    const llama_config *a = model_config(directory), *b = model_config(file);
    char name[WEIGHT_NAME_SIZE];
    size_t compared = 0;
    for (size_t i = 0; weight_name_at(a, i, name); i++) {
        int64_t count, other;
        assert_int_equal(model_has(directory, name), model_has(file, name));
        if (!model_has(directory, name))
            continue;
        float *x = read_weight(directory, name, &count), *y = read_weight(file, name, &other);
        assert_int_equal(count, other);
        assert_memory_equal(x, y, (size_t)count * sizeof *x);
        check_pieces(file, name, y);
        free(x);
        free(y);
        compared++;
    }
    assert_int_equal(compared, 3 + 3 * 9); /* the tied head among them */
    assert_int_equal(a->hidden_size, b->hidden_size);
    assert_int_equal(a->vocab_size, b->vocab_size);
    assert_int_equal(a->max_positions, b->max_positions);
    assert_true(a->tied_embeddings && b->tied_embeddings);
    assert_true((float)a->rms_norm_eps == (float)b->rms_norm_eps && a->rope_theta == b->rope_theta);
    assert_int_equal(a->bos, b->bos);
    assert_int_equal(a->eos[0], b->eos[0]);
    assert_int_equal(b->rope, ROPE_FACTORS);
    assert_null(model_rope_factors(directory));
    const float *factors = model_rope_factors(file);
    assert_true(factors[0] == 1 && factors[b->head_dim / 2 - 1] == 8);
    assert_true(model_file_bytes(directory) == model_file_bytes(file) - 8 * sizeof(float));
    model_close(directory);
    model_close(file);
}

/* Every weight of an adapted model is the base's plus the product, computed in double. */
static void check_merge(const char *base_path, const char *adapter_path) {
    model *base = open_model(base_path, NULL), *merged = open_model(adapter_path, NULL);
    dear_error err;
    adapter *a;
    assert_success(adapter_open(&a, adapter_path, &err), &err);
    char name[WEIGHT_NAME_SIZE];
    size_t changed = 0;
    for (size_t i = 0; weight_name_at(model_config(base), i, name); i++) {
        int64_t count;
        if (!model_has(base, name) || adapter_replacement(a, name))
            continue;
        float *x = read_weight(base, name, &count), *y = read_weight(merged, name, &count);
        float *delta = calloc((size_t)count, sizeof *delta);
        weight_info info;
        weight_describe(&info, model_config(base), name);
        assert_success(adapter_add(a, name, info.rows, info.columns, 0, info.rows, delta, &err),
                       &err);
        for (int64_t j = 0; j < count; j++)
            assert_true(fabs((double)y[j] - ((double)x[j] + delta[j])) <= 1e-6);
        changed += adapter_changes(a, name);
        check_pieces(merged, name, y);
        free(x);
        free(y);
        free(delta);
    }
    assert_int_equal(changed, adapter_count(a) - (adapter_is_classifier(a) ? 1 : 0));
    adapter_close(a);
    model_close(base);
    model_close(merged);
}

static void adapters_merge(void **state) {
    (void)state;
    check_merge(GQA "/causal", GQA "/lora-causal");
    check_merge(GQA "/seqcls", GQA "/lora-seqcls");
    check_merge(MHA "/causal", MHA "/lora-causal");
    check_merge(MHA "/seqcls", MHA "/lora-seqcls");
}

/* A classifier's adapter on a causal base brings the head; a second adapter goes on top. */
static void adapters_stack(void **state) {
    (void)state;
    static const char Q[] = "model.layers.1.self_attn.q_proj.weight";
    model *base = open_model(GQA "/causal", NULL);
    model *one = open_model(GQA "/causal", GQA "/lora-causal");
    model *other = open_model(GQA "/causal", GQA "/lora-seqcls");
    model *both = open_model(GQA "/lora-causal", GQA "/lora-seqcls");
    assert_false(model_has_score_head(base) || model_has(base, "score.weight"));
    assert_false(model_has_score_head(one));
    assert_true(model_has_score_head(other) && model_has(other, "score.weight"));
    assert_true(model_has_score_head(both) && model_config(both)->is_classifier);
    int64_t count;
    float *w = read_weight(base, Q, &count), *w1 = read_weight(one, Q, &count);
    float *w2 = read_weight(other, Q, &count), *sum = read_weight(both, Q, &count);
    for (int64_t i = 0; i < count; i++)
        assert_true(fabsf(sum[i] - (w1[i] + (w2[i] - w[i]))) < 1e-6f);
    free(w);
    free(w1);
    free(w2);
    free(sum);
    model_close(base);
    model_close(one);
    model_close(other);
    model_close(both);
}

static void classifiers(void **state) {
    (void)state;
    model *m = open_model(MHA "/seqcls", NULL);
    assert_true(model_has_score_head(m));
    assert_false(model_has(m, "lm_head.weight"));
    model_close(m);
    m = open_model(MHA "/causal", NULL);
    assert_false(model_has_score_head(m));
    assert_true(model_has(m, "lm_head.weight"));
    assert_false(model_has(m, "model.layers.2.input_layernorm.weight"));
    assert_false(model_has(m, "model.layers.00.input_layernorm.weight"));
    assert_false(model_has(m, "model.layers.0.self_attn.q_proj.bias"));
    dear_error err;
    float row[96];
    assert_success(model_read_rows(m, "model.norm.weight", 1, 96, 0, 1, row, &err), &err);
    assert_failure(model_read_rows(m, "model.norm.weight", 1, 95, 0, 1, row, &err),
                   DEAR_ERROR_INPUT, &err, "has shape [96] where [1, 95]");
    assert_failure(model_read_rows(m, "lm_head.weight", 1200, 96, 1200, 1, row, &err),
                   DEAR_ERROR_USAGE, &err, "has no rows 1200 to 1201");
    assert_failure(model_read_rows(m, "no.weight", 1, 96, 0, 1, row, &err), DEAR_ERROR_INPUT, &err,
                   "\"no.weight\" is missing");
    model_close(m);
}

/* A directory of links to a golden model's files, for a test to replace some of them. */
static const char *copy_model(const char *name, const char *golden) {
    static char directory[1024];
    static const char *const FILES[] = {"config.json", "tokenizer.json", "tokenizer_config.json",
                                        "model.safetensors"};
    snprintf(directory, sizeof directory, "%s", scratch_path(name));
    assert_int_equal(mkdir(directory, 0777), 0);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char from[1200], to[1200];
        snprintf(from, sizeof from, "%s/%s", golden, FILES[i]);
        snprintf(to, sizeof to, "%s/%s", directory, FILES[i]);
        assert_int_equal(symlink(from, to), 0);
    }
    return directory;
}

static void remove_from(const char *directory, const char *name) {
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_int_equal(unlink(path), 0);
}

/* Writes the golden config with `key` set to the JSON `value`. */
static void change_config(const char *name, const char *golden, const char *key,
                          const char *value) {
    dear_error err;
    json_t *json, *wrapped;
    char path[300], text[200];
    snprintf(path, sizeof path, "%s/config.json", golden);
    assert_success(json_read_file(&json, path, 1 << 20, &err), &err);
    snprintf(text, sizeof text, "[%s]", value);
    assert_success(json_read_text(&wrapped, text, strlen(text), "value", &err), &err);
    json_object_set(json, key, json_array_get(wrapped, 0));
    char *dumped = json_dumps(json, 0);
    snprintf(path, sizeof path, "%s/config.json", name);
    scratch_write_text(path, dumped);
    free(dumped);
    json_decref(json);
    json_decref(wrapped);
}

static void expect_failure(const char *path, const char *adapter_path, dear_status status,
                           const char *message) {
    dear_error err;
    model *m;
    assert_failure(model_open(&m, path, adapter_path, &err), status, &err, message);
    assert_null(m);
}

static void refuses_directories(void **state) {
    (void)state;
    expect_failure(scratch_path("nothing"), NULL, DEAR_ERROR_IO, "No such file");
    expect_failure(scratch, NULL, DEAR_ERROR_INPUT, "neither config.json nor adapter_config.json");
    expect_failure(GQA "/causal/config.json", NULL, DEAR_ERROR_INPUT, "not a GGUF file");

    const char *directory = copy_model("no-weights", GQA "/causal");
    remove_from(directory, "model.safetensors");
    expect_failure(directory, NULL, DEAR_ERROR_INPUT, "no weights");
    scratch_write_text("no-weights/pytorch_model.bin", "\200");
    expect_failure(directory, NULL, DEAR_ERROR_UNSUPPORTED, "safe_serialization=True");

    directory = copy_model("no-tokenizer", GQA "/causal");
    remove_from(directory, "tokenizer.json");
    scratch_write_text("no-tokenizer/tokenizer.model", "");
    expect_failure(directory, NULL, DEAR_ERROR_UNSUPPORTED,
                   "tokenizer.model but no tokenizer.json");
}

static void refuses_contradictions(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *message;
    } CASES[] = {
        {"vocab_size", "1023",
         "\"model.embed_tokens.weight\" has shape [1024, 64] where [1023, 64]"},
        {"hidden_size", "32", "\"model.embed_tokens.weight\" has shape"},
        {"num_hidden_layers", "4", "\"model.layers.3.input_layernorm.weight\" is missing"},
        {"num_key_value_heads", "4", "k_proj.weight\" has shape [32, 64] where [64, 64]"},
        {"head_dim", "8", "q_proj.weight\" has shape [64, 64] where [32, 64]"},
        {"intermediate_size", "175", "gate_proj.weight\" has shape [176, 64] where [175, 64]"},
        {"tie_word_embeddings", "false", "\"lm_head.weight\" is missing"},
        {"attention_bias", "true", "q_proj.bias\" is missing"},
        {"mlp_bias", "true", "gate_proj.bias\" is missing"},
        {"architectures", "[\"LlamaForSequenceClassification\"]", "\"score.weight\" is missing"},
    };
    const char *directory = copy_model("contradiction", GQA "/causal");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        change_config("contradiction", GQA "/causal", CASES[i].key, CASES[i].value);
        expect_failure(directory, NULL, DEAR_ERROR_INPUT, CASES[i].message);
    }
    change_config("contradiction", GQA "/causal", "eos_token_id", "[4,5]");
    scratch_write_text("contradiction/generation_config.json", "{\"eos_token_id\":[5,6]}");
    model *m = open_model(directory, NULL);
    assert_int_equal(model_config(m)->num_eos, 3);
    model_close(m);
}

/* Appends the bytes `value` to a golden safetensors file as one more float32 tensor. */
static void add_tensor(const char *name, const char *golden, const char *tensor_name,
                       const char *shape, const float *value, size_t count) {
    size_t size;
    unsigned char *bytes = read_bytes(golden, &size);
    size_t header = 0;
    for (int i = 0; i < 8; i++)
        header |= (size_t)bytes[i] << (8 * i);
    size_t data = size - 8 - header, extra = count * sizeof *value;
    while (bytes[8 + header - 1] == ' ')
        bytes[8 + --header] = 0;
    char entry[300];
    snprintf(entry, sizeof entry,
             ",\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}}", tensor_name,
             shape, data, data + extra);
    strbuf file = {0};
    put(&file, header - 1 + strlen(entry), 8);
    strbuf_append(&file, (const char *)bytes + 8, header - 1);
    strbuf_puts(&file, entry);
    strbuf_append(&file, (const char *)bytes + size - data, data);
    strbuf_append(&file, (const char *)value, extra);
    scratch_write(name, file.text, file.length);
    strbuf_free(&file);
    free(bytes);
}

static void tied_or_not(void **state) {
    (void)state;
    static float head[1024 * 64];
    const char *directory = copy_model("tied", GQA "/causal");
    model *base = open_model(GQA "/causal", NULL);
    int64_t count;
    float *embedding = read_weight(base, "model.embed_tokens.weight", &count);
    memcpy(head, embedding, sizeof head);
    model_close(base);
    free(embedding);
    /* The same head again stays tied; another one counts, whatever config.json says. */
    add_tensor("tied/model.safetensors", GQA "/causal/model.safetensors", "lm_head.weight",
               "[1024,64]", head, 1024 * 64);
    model *m = open_model(directory, NULL);
    assert_true(model_config(m)->tied_embeddings);
    model_close(m);
    head[777] += 1;
    add_tensor("tied/model.safetensors", GQA "/causal/model.safetensors", "lm_head.weight",
               "[1024,64]", head, 1024 * 64);
    m = open_model(directory, NULL);
    assert_false(model_config(m)->tied_embeddings);
    float *got = read_weight(m, "lm_head.weight", &count);
    assert_memory_equal(got, head, sizeof head);
    free(got);
    model_close(m);

    add_tensor("tied/model.safetensors", GQA "/causal/model.safetensors",
               "model.layers.0.self_attn.q_proj.bias", "[64]", head, 64);
    expect_failure(directory, NULL, DEAR_ERROR_INPUT, "a bias that config.json does not announce");
    add_tensor("tied/model.safetensors", GQA "/causal/model.safetensors",
               "model.layers.0.self_attn.rotary_emb.inv_freq", "[8]", head, 8);
    model_close(open_model(directory, NULL));
}

static const char LORA[] = "{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4,"
                           "\"base_model_name_or_path\":%s%s%s}";

/* An adapter folder in the scratch folder; returns its path. */
static const char *make_adapter(const char *name, const char *base, const char *header,
                                size_t size) {
    char path[300], config[600];
    mkdir(scratch_path(name), 0777);
    snprintf(config, sizeof config, LORA, base ? "\"" : "", base ? base : "null", base ? "\"" : "");
    snprintf(path, sizeof path, "%s/adapter_config.json", name);
    scratch_write_text(path, config);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", name);
    scratch_write_safetensors(path, header, size);
    return scratch_path(name);
}

#define REPLACED(name, shape, bytes)                                                               \
    "{\"base_model.model." name ".weight\":{\"dtype\":\"F32\",\"shape\":" shape                    \
    ",\"data_offsets\":[0," #bytes "]}}"

static void adapters_change_the_shape(void **state) {
    (void)state;
    static const char EMBEDDING[] = "model.embed_tokens.weight", HEAD[] = "lm_head.weight";
    int64_t count, other;
    /* The embedding alone: the tie is cut, the head keeps the base's. */
    const char *path = make_adapter("embedding", GQA "/causal",
                                    REPLACED("model.embed_tokens", "[1024,64]", 262144), 262144);
    model *base = open_model(GQA "/causal", NULL), *m = open_model(path, NULL);
    assert_false(model_config(m)->tied_embeddings);
    float *old = read_weight(base, EMBEDDING, &count), *head = read_weight(m, HEAD, &other);
    float *new = read_weight(m, EMBEDDING, &other);
    assert_memory_equal(old, head, (size_t)count * sizeof *old);
    assert_memory_not_equal(old, new, (size_t)count * sizeof *old);
    free(old);
    free(head);
    free(new);
    model_close(base);
    model_close(m);
    /* New tokens: the head must have grown with the embedding, where there is a head. */
    path = make_adapter("grown", GQA "/causal", REPLACED("model.embed_tokens", "[1025,64]", 262400),
                        262400);
    expect_failure(path, NULL, DEAR_ERROR_INPUT, "\"lm_head.weight\" has shape [1024, 64]");
    m = open_model(GQA "/seqcls", path);
    assert_int_equal(model_config(m)->vocab_size, 1025);
    model_close(m);
}

static void refuses_adapters(void **state) {
    (void)state;
    const char *path = make_adapter("unknown", GQA "/causal",
                                    REPLACED("model.layers.3.mlp.up_proj", "[4]", 16), 16);
    expect_failure(path, NULL, DEAR_ERROR_INPUT,
                   "changes \"model.layers.3.mlp.up_proj.weight\", which the base");
    path = make_adapter("shape", GQA "/causal", REPLACED("model.norm", "[4]", 16), 16);
    expect_failure(path, NULL, DEAR_ERROR_INPUT,
                   "\"model.norm.weight\" has shape [4] where [1, 64]");
    path = make_adapter("two-labels", GQA "/causal", REPLACED("score", "[2,64]", 512), 512);
    expect_failure(path, NULL, DEAR_ERROR_INPUT, "\"score.weight\" has shape [2, 64]");
    path = make_adapter("itself", ".", REPLACED("score", "[1,64]", 256), 256);
    expect_failure(path, NULL, DEAR_ERROR_UNSUPPORTED, "is itself an adapter");
    path = make_adapter("homeless", NULL, REPLACED("score", "[1,64]", 256), 256);
    expect_failure(path, NULL, DEAR_ERROR_INPUT, "names no base model");
    path = make_adapter("lost", "../../not/anywhere", REPLACED("score", "[1,64]", 256), 256);
    dear_error err;
    model *m;
    assert_true(model_open(&m, path, NULL, &err) != DEAR_OK);
    assert_non_null(strstr(err.message, "lost: its base model: "));
    expect_failure(GQA "/causal", GQA "/seqcls", DEAR_ERROR_IO, "adapter_config.json");
    expect_failure(MHA "/causal", GQA "/lora-causal", DEAR_ERROR_INPUT, "do not fit");
}

/* The golden GGUF file with one name in it spelled otherwise. */
static const char *respell(const char *from, const char *to) {
    size_t size;
    unsigned char *bytes = read_bytes(GQA "/causal-f32.gguf", &size);
    unsigned char *found = memmem(bytes, size, from, strlen(from));
    assert_non_null(found);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(found, to, strlen(to));
    const char *path = scratch_write("respelled.gguf", bytes, size);
    free(bytes);
    return path;
}

static void refuses_gguf(void **state) {
    (void)state;
    gguf_writer w = {0};
    expect_failure(respell("blk.1.attn_q.weight", "blk.1.attn_x.weight"), NULL, DEAR_ERROR_INPUT,
                   "weight \"model.layers.1.self_attn.q_proj.weight\" is missing");
    expect_failure(respell("output_norm.weight", "output_form.weight"), NULL, DEAR_ERROR_INPUT,
                   "weight \"model.norm.weight\" is missing");
    expect_failure(respell("rope_freqs.weight", "rope_treqs.weight"), NULL, DEAR_ERROR_UNSUPPORTED,
                   "tensor \"rope_treqs.weight\" is not one that a LLaMA has");
    put_llama_values(&w, NULL);
    put_llama_tensors(&w, NULL);
    expect_failure(gguf_write(&w, "m.gguf"), NULL, DEAR_ERROR_INPUT, "holds no tokenizer");
    put_llama_values(&w, NULL);
    put_llama_tensors(&w, NULL);
    put_matrix(&w, "rope_freqs.weight", 0, 3);
    expect_failure(gguf_write(&w, "m.gguf"), NULL, DEAR_ERROR_INPUT,
                   "\"rope_freqs.weight\" must be 2 numbers");
}

/* Biases, with those of Q and K permuted as their weights are, and a score head in GGUF. */
static void biases_in_gguf(void **state) {
    (void)state;
    static const char *const ATTENTION[] = {"blk.0.attn_q.bias", "blk.0.attn_k.bias",
                                            "blk.0.attn_v.bias", "blk.0.attn_output.bias"};
    static const uint64_t LENGTHS[] = {8, 4, 4, 8};
    static const int PLACES[] = {0, 2, 1, 3, 4, 6, 5, 7}; /* heads of 4: halves, not neighbours */
    dear_error err;
    for (int with_head = 0; with_head < 2; with_head++) {
        gguf_writer w = {0};
        put_llama_values(&w, NULL);
        put_tokenizer(&w);
        put_llama_tensors(&w, NULL);
        for (int i = 0; i < 4; i++)
            put_matrix(&w, ATTENTION[i], 0, LENGTHS[i]);
        if (with_head)
            put_matrix(&w, "cls.output.weight", with_head, 8);
        model *m = open_model(gguf_write(&w, "biased.gguf"), NULL);
        assert_true(model_config(m)->attention_bias && !model_config(m)->mlp_bias);
        assert_int_equal(model_has_score_head(m), with_head);
        assert_int_equal(model_has(m, "score.weight"), with_head);
        float bias[8];
        assert_success(
            model_read_rows(m, "model.layers.0.self_attn.q_proj.bias", 1, 8, 0, 1, bias, &err),
            &err);
        for (int i = 0; i < 8; i++)
            assert_true(bias[i] == 0.01f * (float)(PLACES[i] + 1));
        assert_success(
            model_read_rows(m, "model.layers.0.self_attn.v_proj.bias", 1, 4, 0, 1, bias, &err),
            &err);
        for (int i = 0; i < 4; i++)
            assert_true(bias[i] == 0.01f * (float)(i + 1));
        model_close(m);
    }
    gguf_writer w = {0};
    put_llama_values(&w, NULL);
    put_tokenizer(&w);
    put_llama_tensors(&w, NULL);
    put_matrix(&w, ATTENTION[0], 0, LENGTHS[0]);
    expect_failure(gguf_write(&w, "biased.gguf"), NULL, DEAR_ERROR_INPUT,
                   "k_proj.bias\" is missing");
    put_llama_values(&w, NULL);
    put_tokenizer(&w);
    put_llama_tensors(&w, NULL);
    put_matrix(&w, ATTENTION[2], 0, LENGTHS[2]);
    expect_failure(gguf_write(&w, "biased.gguf"), NULL, DEAR_ERROR_UNSUPPORTED,
                   "tensor \"blk.0.attn_v.bias\" is not one");
}

static void out_of_memory_at(const char *path, const char *adapter_path) {
    dear_status status = DEAR_ERROR_MEMORY;
    dear_error err;
    model *m;
    /* Every failing allocation up to the first thousand, then one in a hundred: the long part is the
     * tokenizer's, which has a test of its own. */
    for (long n = 1; status != DEAR_OK; n += n < 1000 ? 1 : n / 100) {
        mem_fail_after(n);
        status = model_open(&m, path, adapter_path, &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_failure(status, DEAR_ERROR_MEMORY, &err, "out of memory");
        assert_true((status == DEAR_OK) == (m != NULL));
    }
    model_close(m);
}

static void out_of_memory(void **state) {
    (void)state;
    out_of_memory_at(MHA "/causal", NULL);
    out_of_memory_at(GQA "/lora-causal", GQA "/lora-seqcls");
    out_of_memory_at(GQA "/causal-f32.gguf", GQA "/lora-causal");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gguf_and_directory_agree),
        cmocka_unit_test(adapters_merge),
        cmocka_unit_test(adapters_stack),
        cmocka_unit_test(classifiers),
        cmocka_unit_test(refuses_directories),
        cmocka_unit_test(refuses_contradictions),
        cmocka_unit_test(tied_or_not),
        cmocka_unit_test(adapters_change_the_shape),
        cmocka_unit_test(refuses_adapters),
        cmocka_unit_test(refuses_gguf),
        cmocka_unit_test(biases_in_gguf),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
