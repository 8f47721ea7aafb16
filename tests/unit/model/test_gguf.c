/* GGUF: files as they should be, and as they should not. */
#include "gguf_writer.h"

#include "base/memory.h"

static void reads_metadata(void **state) {
    (void)state;
    dear_error err;
    gguf *g;
    gguf_writer w = {0};
    static const uint64_t NUMBERS[][2] = {{GGUF_U8, 200},
                                          {GGUF_I8, 0x9c},
                                          {GGUF_U16, 60000},
                                          {GGUF_I16, 0xff9c},
                                          {GGUF_I32, 0xffffff9c}};
    static const int64_t VALUES[] = {200, -100, 60000, -100, -100};
    static const int BYTES[] = {1, 1, 2, 2, 4};
    char key[16];
    for (int i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "n%d", i);
        put_key(&w, key, (gguf_type)NUMBERS[i][0]);
        put(&w.values, NUMBERS[i][1], BYTES[i]);
    }
    put_key(&w, "big", GGUF_U64);
    put(&w.values, UINT64_MAX, 8);
    put_key(&w, "negative", GGUF_I64);
    put(&w.values, (uint64_t)-5, 8);
    put_key(&w, "double", GGUF_F64);
    put(&w.values, 0x3ff8000000000000, 8);
    put_f32(&w, "float", 2.5f);
    put_key(&w, "yes", GGUF_BOOL);
    put(&w.values, 1, 1);
    put_text(&w, "text", "a text");
    put_key(&w, "names", GGUF_ARRAY);
    put(&w.values, GGUF_STRING, 4);
    put(&w.values, 2, 8);
    put_string(&w.values, "one");
    put_string(&w.values, "");
    assert_success(gguf_open(&g, gguf_write(&w, "values.gguf"), &err), &err);

    int64_t number = 7;
    for (int i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "n%d", i);
        assert_success(gguf_get_int(g, key, INT64_MIN, INT64_MAX, &number, &err), &err);
        assert_int_equal(number, VALUES[i]);
    }
    assert_success(gguf_get_int(g, "negative", -5, -5, &number, &err), &err);
    assert_success(gguf_get_int(g, "missing", 0, 0, &number, &err), &err);
    assert_int_equal(number, -5);
    assert_failure(gguf_get_int(g, "big", INT64_MIN, INT64_MAX, &number, &err), DEAR_ERROR_INPUT,
                   &err, "whole number");
    assert_failure(gguf_get_int(g, "text", 0, 1, &number, &err), DEAR_ERROR_INPUT, &err,
                   "\"text\" must be a whole number");
    assert_failure(gguf_get_int(g, "n0", 0, 199, &number, &err), DEAR_ERROR_INPUT, &err,
                   "\"n0\" is 200, which is not between 0 and 199");
    double real = 0;
    assert_success(gguf_get_double(g, "double", &real, &err), &err);
    assert_true(real == 1.5);
    assert_success(gguf_get_double(g, "float", &real, &err), &err);
    assert_true(real == 2.5);
    assert_failure(gguf_get_double(g, "n0", &real, &err), DEAR_ERROR_INPUT, &err, "floating");
    bool yes = false;
    assert_success(gguf_get_bool(g, "yes", &yes, &err), &err);
    assert_true(yes);
    const char *text = NULL;
    assert_success(gguf_get_string(g, "text", &text, &err), &err);
    assert_string_equal(text, "a text");
    const gguf_value *names;
    assert_success(gguf_get_array(g, "names", GGUF_STRING, &names, &err), &err);
    const unsigned char *cursor = names->data;
    size_t length;
    assert_memory_equal(gguf_next_string(&cursor, &length), "one", 3);
    assert_int_equal(length, 3);
    gguf_next_string(&cursor, &length);
    assert_int_equal(length, 0);
    assert_failure(gguf_get_array(g, "names", GGUF_F32, &names, &err), DEAR_ERROR_INPUT, &err,
                   "not an array of the type");
    gguf_close(g);
}

static void expect(gguf_writer *w, dear_status status, const char *message) {
    dear_error err;
    gguf *g;
    const char *path = gguf_write(w, "bad.gguf");
    assert_failure(gguf_open(&g, path, &err), status, &err, message);
    assert_null(g);
    assert_non_null(strstr(err.message, path));
}

static void refuses_versions(void **state) {
    (void)state;
    dear_error err;
    gguf *g;
    gguf_writer w = {0};
    assert_failure(gguf_open(&g, gguf_write_version(&w, "v1", 1), &err), DEAR_ERROR_UNSUPPORTED,
                   &err, "version 1");
    assert_failure(gguf_open(&g, gguf_write_version(&w, "v4", 4), &err), DEAR_ERROR_UNSUPPORTED,
                   &err, "version 4");
    assert_failure(gguf_open(&g, gguf_write_version(&w, "be", 3u << 24), &err),
                   DEAR_ERROR_UNSUPPORTED, &err, "big-endian");
    assert_success(gguf_open(&g, gguf_write_version(&w, "v2", 2), &err), &err);
    gguf_close(g);
    assert_failure(gguf_open(&g, scratch_write("x", "GGML", 4), &err), DEAR_ERROR_INPUT, &err,
                   "not a GGUF file");
    assert_failure(gguf_open(&g, scratch_write("x", "", 0), &err), DEAR_ERROR_INPUT, &err,
                   "not a GGUF file");
}

static void refuses_metadata(void **state) {
    (void)state;
    gguf_writer w = {0};
    put_u32(&w, "twice", 1);
    put_u32(&w, "twice", 2);
    expect(&w, DEAR_ERROR_INPUT, "\"twice\" is there twice");

    put_key(&w, "odd", (gguf_type)13);
    expect(&w, DEAR_ERROR_INPUT, "\"odd\" has a type that the format does not know");

    put_key(&w, "yes", GGUF_BOOL);
    put(&w.values, 2, 1);
    expect(&w, DEAR_ERROR_INPUT, "\"yes\" must be true or false");

    put_key(&w, "", GGUF_BOOL);
    expect(&w, DEAR_ERROR_INPUT, "a metadata key at byte 24 is empty");

    put(&w.values, UINT64_MAX, 8);
    w.num_values = 1;
    expect(&w, DEAR_ERROR_INPUT, "ends inside a metadata key at byte 32");

    put_key(&w, "deep", GGUF_ARRAY);
    put(&w.values, GGUF_ARRAY, 4);
    put(&w.values, 1, 8);
    expect(&w, DEAR_ERROR_UNSUPPORTED, "array of arrays");

    put_key(&w, "odd", GGUF_ARRAY);
    put(&w.values, 99, 4);
    put(&w.values, 1, 8);
    expect(&w, DEAR_ERROR_INPUT, "array of an unknown type");

    for (int i = 0; i < 2; i++) {
        put_key(&w, "long", GGUF_ARRAY);
        put(&w.values, i ? GGUF_STRING : GGUF_U64, 4);
        put(&w.values, (1ull << 61) + 1, 8);
        put(&w.values, 0, 8);
        expect(&w, DEAR_ERROR_INPUT, "ends inside long");
    }

    w.num_values = UINT64_MAX;
    expect(&w, DEAR_ERROR_INPUT, "ends inside a metadata key");
    w.num_tensors = UINT64_MAX;
    expect(&w, DEAR_ERROR_INPUT, "ends inside a tensor's name");

    put_u32(&w, "split.count", 3);
    expect(&w, DEAR_ERROR_UNSUPPORTED, "one of 3 parts");
    put_u32(&w, "general.alignment", 48);
    expect(&w, DEAR_ERROR_INPUT, "power of two");
    put_u32(&w, "general.alignment", 0);
    expect(&w, DEAR_ERROR_INPUT, "\"general.alignment\" is 0");
    put_u32(&w, "general.alignment", 1u << 31);
    expect(&w, DEAR_ERROR_INPUT, "\"general.alignment\" is 2147483648");
}

static void refuses_tensors(void **state) {
    (void)state;
    static const struct {
        uint32_t type;
        int num_dims;
        uint64_t dims[5], offset;
        dear_status status;
        const char *message;
    } CASES[] = {
        {23, 1, {32}, 0, DEAR_ERROR_UNSUPPORTED, "\"t\" is of type 23 (IQ4_XS)"},
        {99, 1, {32}, 0, DEAR_ERROR_UNSUPPORTED, "\"t\" is of type 99"},
        {UINT32_MAX, 1, {32}, 0, DEAR_ERROR_UNSUPPORTED, "is of type 4294967295"},
        {0, 0, {0}, 0, DEAR_ERROR_INPUT, "one to four dimensions"},
        {0, 5, {1, 1, 1, 1, 1}, 0, DEAR_ERROR_INPUT, "one to four dimensions"},
        {0, 2, {8, 0}, 0, DEAR_ERROR_INPUT, "zero or too large"},
        {0, 2, {8, UINT64_MAX}, 0, DEAR_ERROR_INPUT, "zero or too large"},
        {0, 2, {1ull << 32, 1ull << 32}, 0, DEAR_ERROR_INPUT, "too large"},
        {0, 1, {1ull << 62}, 0, DEAR_ERROR_INPUT, "too large"},
        {2, 2, {33, 2}, 0, DEAR_ERROR_INPUT, "whole blocks"},
        {0, 1, {8}, 4, DEAR_ERROR_INPUT, "not aligned"},
        {0, 1, {17}, 0, DEAR_ERROR_INPUT, "does not end inside the file"},
        {0, 1, {9}, 32, DEAR_ERROR_INPUT, "does not end inside the file"},
        {0, 1, {1}, UINT64_MAX - 31, DEAR_ERROR_INPUT, "does not end inside the file"},
    };
    gguf_writer w = {0};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        put_tensor_at(&w, "t", CASES[i].type, CASES[i].num_dims, CASES[i].dims, CASES[i].offset);
        for (int j = 0; j < 64; j++)
            strbuf_putc(&w.data, 1);
        expect(&w, CASES[i].status, CASES[i].message);
    }
    put_matrix(&w, "same", 2, 4);
    put_matrix(&w, "same", 2, 4);
    expect(&w, DEAR_ERROR_INPUT, "tensor \"same\" is there twice");
    put_matrix(&w, "", 2, 4);
    expect(&w, DEAR_ERROR_INPUT, "a tensor's name at byte 24 is empty");
}

static dear_status read_config(gguf_writer *w, llama_config *config, dear_error *err) {
    gguf *g;
    TRY(gguf_open(&g, gguf_write(w, "config.gguf"), err));
    dear_status status = gguf_config(g, config, err);
    gguf_close(g);
    return status;
}

static void configuration(void **state) {
    (void)state;
    dear_error err;
    llama_config c;
    gguf_writer w = {0};
    put_llama_values(&w, NULL);
    put_llama_tensors(&w, NULL);
    put_u32(&w, "tokenizer.ggml.bos_token_id", 1);
    put_u32(&w, "tokenizer.ggml.eos_token_id", 2);
    put_u32(&w, "tokenizer.ggml.eot_token_id", 3);
    put_u32(&w, "tokenizer.ggml.eom_token_id", 2);
    assert_success(read_config(&w, &c, &err), &err);
    assert_int_equal(c.vocab_size, 10);
    assert_int_equal(c.hidden_size, 8);
    assert_int_equal(c.intermediate_size, 12);
    assert_int_equal(c.num_layers, 1);
    assert_int_equal(c.num_heads, 2);
    assert_int_equal(c.num_kv_heads, 1);
    assert_int_equal(c.head_dim, 4);
    assert_int_equal(c.max_positions, 64);
    assert_true(c.rms_norm_eps == (double)1e-5f && c.rope_theta == 10000);
    assert_true(c.rope == ROPE_DEFAULT && c.tied_embeddings && !c.is_classifier);
    assert_false(c.attention_bias || c.mlp_bias);
    assert_int_equal(c.bos, 1);
    assert_int_equal(c.num_eos, 2);
    assert_int_equal(c.eos[1], 3);

    put_llama_values(&w, NULL);
    put_llama_tensors(&w, NULL);
    put_text(&w, "llama.rope.scaling.type", "linear");
    put_f32(&w, "llama.rope.scaling.factor", 4);
    put_matrix(&w, "output.weight", 10, 8);
    put_matrix(&w, "cls.output.weight", 1, 8);
    assert_success(read_config(&w, &c, &err), &err);
    assert_true(c.rope == ROPE_LINEAR && c.rope_factor == 4);
    assert_true(!c.tied_embeddings && c.is_classifier);
}

static void refuses_configurations(void **state) {
    (void)state;
    static const struct {
        const char *key;
        uint32_t value;
        dear_status status;
        const char *message;
    } CASES[] = {
        {"llama.expert_count", 8, DEAR_ERROR_UNSUPPORTED, "mixture of experts"},
        {"llama.block_count", 0, DEAR_ERROR_INPUT, "\"llama.block_count\" is 0"},
        {"llama.block_count", 1000000, DEAR_ERROR_INPUT, "number of layers"},
        {"llama.embedding_length", 1u << 30, DEAR_ERROR_INPUT, "hidden size"},
        {"llama.attention.head_count", 3, DEAR_ERROR_INPUT, "no multiple of the number"},
        {"llama.attention.head_count", 16, DEAR_ERROR_INPUT, "no multiple of the number"},
        {"llama.attention.head_count_kv", 3, DEAR_ERROR_INPUT, "cannot share"},
        {"llama.attention.key_length", 3, DEAR_ERROR_INPUT, "(3) must be even"},
        {"llama.attention.value_length", 8, DEAR_ERROR_UNSUPPORTED, "differ in size"},
        {"llama.rope.dimension_count", 2, DEAR_ERROR_UNSUPPORTED, "differ in size"},
        {"tokenizer.ggml.bos_token_id", 10, DEAR_ERROR_INPUT, "BOS token 10"},
        {"tokenizer.ggml.eos_token_id", UINT32_MAX, DEAR_ERROR_INPUT, "eos_token_id"},
        {"llama.rope.freq_base", 7, DEAR_ERROR_INPUT, "floating-point"},
        {"general.architecture", 7, DEAR_ERROR_INPUT, "must be a string"},
    };
    dear_error err;
    llama_config c;
    gguf_writer w = {0};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        put_llama_values(&w, CASES[i].key);
        put_llama_tensors(&w, NULL);
        put_u32(&w, CASES[i].key, CASES[i].value);
        assert_failure(read_config(&w, &c, &err), CASES[i].status, &err, CASES[i].message);
    }
    static const char *const REQUIRED[] = {"general.architecture",
                                           "llama.block_count",
                                           "llama.embedding_length",
                                           "llama.feed_forward_length",
                                           "llama.context_length",
                                           "llama.attention.head_count",
                                           "llama.attention.layer_norm_rms_epsilon"};
    for (size_t i = 0; i < sizeof REQUIRED / sizeof *REQUIRED; i++) {
        put_llama_values(&w, REQUIRED[i]);
        put_llama_tensors(&w, NULL);
        assert_failure(read_config(&w, &c, &err), DEAR_ERROR_INPUT, &err, REQUIRED[i]);
    }
    put_llama_values(&w, "general.architecture");
    put_text(&w, "general.architecture", "qwen2");
    assert_failure(read_config(&w, &c, &err), DEAR_ERROR_UNSUPPORTED, &err, "\"qwen2\"");
    put_llama_values(&w, NULL);
    put_llama_tensors(&w, NULL);
    put_text(&w, "llama.rope.scaling.type", "yarn");
    assert_failure(read_config(&w, &c, &err), DEAR_ERROR_UNSUPPORTED, &err, "\"yarn\"");
    put_llama_values(&w, NULL);
    assert_failure(read_config(&w, &c, &err), DEAR_ERROR_INPUT, &err, "token_embd.weight");
}

/* Opening ends well or in one sentence; what opens can be read. */
static void open_damaged(const unsigned char *bytes, size_t size) {
    dear_error err = {0};
    gguf *g;
    llama_config c;
    if (gguf_open(&g, scratch_write("damaged.gguf", bytes, size), &err) != DEAR_OK) {
        assert_true(err.message[0] && !g);
        return;
    }
    if (gguf_config(g, &c, &err) != DEAR_OK)
        assert_true(err.message[0]);
    unsigned sum = 0;
    for (size_t i = 0; i < gguf_count(g); i++)
        for (size_t j = 0; j < gguf_at(g, i)->bytes; j++)
            sum += gguf_at(g, i)->data[j];
    assert_true(sum < UINT32_MAX);
    tokenizer *t;
    if (gguf_tokenizer(g, &t, &err) == DEAR_OK)
        tokenizer_close(t);
    gguf_close(g);
}

static void damaged(void **state) {
    (void)state;
    gguf_writer w = {0};
    put_llama_values(&w, NULL);
    put_tokenizer(&w);
    put_llama_tensors(&w, NULL);
    size_t size, header = w.values.length + w.tensors.length + 24;
    unsigned char *bytes = read_bytes(gguf_write(&w, "whole.gguf"), &size);
    for (size_t i = 0; i < size; i += i < header ? 1 : 97)
        open_damaged(bytes, i);
    for (size_t i = 0; i < header; i++)
        for (int bit = 0; bit < 8; bit += 1 + (i & 1)) {
            bytes[i] ^= (unsigned char)(1 << bit);
            open_damaged(bytes, size);
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    free(bytes);
}

static void out_of_memory(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    dear_error err;
    gguf *g;
    for (long n = 1; status != DEAR_OK; n++) {
        mem_fail_after(n);
        status = gguf_open(&g, GOLDEN "/quants.gguf", &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_failure(status, DEAR_ERROR_MEMORY, &err, "out of memory");
    }
    gguf_close(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_metadata),   cmocka_unit_test(refuses_versions),
        cmocka_unit_test(refuses_metadata), cmocka_unit_test(refuses_tensors),
        cmocka_unit_test(configuration),    cmocka_unit_test(refuses_configurations),
        cmocka_unit_test(damaged),          cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
