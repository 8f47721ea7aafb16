/* PEFT adapters: what they add, to the definition in double; and what is refused. */
#include "scratch.h"

#include "base/memory.h"
#include "model/adapter.h"
#include "model/adapter_config.h"
#include "model/low_rank.h"
#include "model/safetensors.h"

#include <math.h>

#define Q "model.layers.0.self_attn.q_proj"
#define KEY(rest) "\"base_model.model." rest "\""
#define F32(shape, begin, end)                                                                     \
    ":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"
/* A pair of rank 2 for a weight [3, 4]: A takes 32 bytes, B 24. */
#define PAIR                                                                                       \
    KEY(Q ".lora_A.weight") F32("[2,4]", 0, 32) "," KEY(Q ".lora_B.weight") F32("[3,2]", 32, 56)

/* Puts an adapter into the scratch folder and opens it. */
static dear_status open_made(adapter **a, const char *config, const char *header, size_t size,
                             dear_error *err) {
    scratch_write_text("adapter_config.json", config);
    scratch_write_safetensors("adapter_model.safetensors", header, size);
    return adapter_open(a, scratch, err);
}

static void golden(void **state) {
    (void)state;
    dear_error err;
    adapter *a;
    const char *directory = GOLDEN "/gqa-tied/lora-seqcls";
    assert_success(adapter_open(&a, directory, &err), &err);
    assert_string_equal(adapter_base(a), "../seqcls");
    assert_string_equal(adapter_directory(a), directory);
    assert_true(adapter_is_classifier(a));
    assert_int_equal(adapter_count(a), 3 * 6 + 1);
    assert_non_null(adapter_replacement(a, "score.weight"));
    assert_null(adapter_replacement(a, Q ".weight"));
    assert_true(adapter_changes(a, Q ".weight"));
    assert_false(adapter_changes(a, "score.weight"));
    assert_false(adapter_changes(a, "model.layers.0.self_attn.k_proj.weight"));
    adapter_close(a);
}

/* (B A)[row][column] in double, from the file. */
static double product(const safetensors *s, const char *module, int64_t row, int64_t column) {
    char name[200];
    snprintf(name, sizeof name, "base_model.model.%s.lora_A.weight", module);
    const tensor *ta = safetensors_find(s, name);
    snprintf(name, sizeof name, "base_model.model.%s.lora_B.weight", module);
    const tensor *tb = safetensors_find(s, name);
    double sum = 0;
    for (int64_t k = 0; k < ta->shape[0]; k++) {
        float a, b;
        memcpy(&a, ta->data + (k * ta->shape[1] + column) * 4, 4);
        memcpy(&b, tb->data + (row * tb->shape[1] + k) * 4, 4);
        sum += (double)a * b;
    }
    return sum;
}

static void adds_the_product(void **state) {
    (void)state;
    static const struct {
        const char *module;
        int64_t out, in;
    } WEIGHTS[] = {{Q, 64, 64},
                   {"model.layers.2.mlp.down_proj", 64, 176},
                   {"model.layers.1.mlp.up_proj", 176, 64}};
    dear_error err;
    adapter *a;
    safetensors *s;
    static float rows[176 * 176];
    assert_success(adapter_open(&a, GOLDEN "/gqa-tied/lora-causal", &err), &err);
    assert_success(
        safetensors_open(&s, GOLDEN "/gqa-tied/lora-causal/adapter_model.safetensors", &err), &err);
    for (size_t i = 0; i < sizeof WEIGHTS / sizeof *WEIGHTS; i++) {
        int64_t out = WEIGHTS[i].out, in = WEIGHTS[i].in, first = 5, count = out - 7;
        char name[200];
        snprintf(name, sizeof name, "%s.weight", WEIGHTS[i].module);
        for (int64_t j = 0; j < count * in; j++)
            rows[j] = 1;
        assert_success(adapter_add(a, name, out, in, first, count, rows, &err), &err);
        for (int64_t j = 0; j < count * in; j++) {
            double expected = 1 + 16.0 / 8 * product(s, WEIGHTS[i].module, first + j / in, j % in);
            if (fabs(rows[j] - expected) > 1e-6)
                fail_msg("%s[%lld]: %.9g, not %.9g", name, (long long)j, (double)rows[j], expected);
        }
        assert_failure(adapter_add(a, name, out, in + 1, 0, 1, rows, &err), DEAR_ERROR_INPUT, &err,
                       "do not fit");
        assert_failure(adapter_check_shape(a, name, out + 1, in, &err), DEAR_ERROR_INPUT, &err,
                       "do not fit");
    }
    rows[0] = 7;
    assert_success(adapter_add(a, "model.norm.weight", 1, 64, 0, 1, rows, &err), &err);
    assert_true(rows[0] == 7);
    safetensors_close(s);
    adapter_close(a);
}

/* Widths that do not fill a tile. */
static void any_width(void **state) {
    (void)state;
    enum { RANK = 3, COUNT = 2, WIDEST = 40 };
    float a[RANK * WIDEST], b[COUNT * RANK], rows[COUNT * WIDEST + 1];
    for (int64_t columns = 1; columns <= WIDEST; columns++) {
        for (int i = 0; i < RANK * (int)columns; i++)
            a[i] = (float)(i * 7 % 11) - 5;
        for (int i = 0; i < COUNT * RANK; i++)
            b[i] = (float)(i * 5 % 7) - 3;
        for (int i = 0; i <= COUNT * (int)columns; i++)
            rows[i] = (float)i;
        low_rank_add(a, b, RANK, 0.5, COUNT, columns, rows);
        for (int row = 0; row < COUNT; row++)
            for (int c = 0; c < columns; c++) {
                float expected = (float)(row * columns + c);
                for (int k = 0; k < RANK; k++)
                    expected += 0.5f * b[row * RANK + k] * a[k * columns + c];
                assert_true(rows[row * columns + c] == expected);
            }
        assert_true(rows[COUNT * columns] == (float)(COUNT * columns));
    }
}

/* The scale that a configuration gives a module, read off a made pair's effect. */
static void scales(void **state) {
    (void)state;
    static const struct {
        const char *config;
        double scale;
    } CASES[] = {
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":3}", 1.5},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":3.5,\"use_rslora\":true}",
         3.5 / 1.4142135623730951},
        {"{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":8,\"rank_pattern\":{\"q_proj\":2}}", 4},
        {"{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":8,\"rank_pattern\":{\"proj\":4,\"" Q
         "\":2},\"alpha_pattern\":{\"layers.0.self_attn.q_proj\":5,\"q_proj\":6}}",
         2.5},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":8,\"alpha_pattern\":{\"k_proj\":5}}", 4},
    };
    dear_error err;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        adapter_config c;
        const char *path = scratch_write_text("adapter_config.json", CASES[i].config);
        assert_success(adapter_config_read(&c, path, &err), &err);
        assert_int_equal(adapter_config_rank(&c, Q), 2);
        assert_true(fabs(adapter_config_scale(&c, Q) - CASES[i].scale) < 1e-12);
        adapter_config_free(&c);
    }
}

static const char PLAIN[] = "{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4}";

static void key_spellings(void **state) {
    (void)state;
    dear_error err;
    adapter *a;
    const char *header =
        "{" KEY(Q ".lora_A.default.weight") F32("[2,4]", 0, 32) "," KEY(Q ".lora_B.default.weight")
            F32("[3,2]", 32, 56) "," KEY("score.modules_to_save.default."
                                         "weight") F32("[1,4]", 56, 72) "}";
    assert_success(open_made(&a, PLAIN, header, 72, &err), &err);
    assert_true(adapter_changes(a, Q ".weight"));
    assert_non_null(adapter_replacement(a, "score.weight"));
    assert_null(adapter_base(a));
    adapter_close(a);
    header = "{" PAIR "," KEY("score.modules_to_save.weight") F32("[1,4]", 56, 72) "}";
    assert_success(open_made(&a, PLAIN, header, 72, &err), &err);
    assert_non_null(adapter_replacement(a, "score.weight"));
    adapter_close(a);
}

static void refused_configs(void **state) {
    (void)state;
    static const struct {
        const char *more; ///< stands behind a whole configuration
        dear_status status;
        const char *message;
    } CASES[] = {
        {"\"use_dora\":true", DEAR_ERROR_UNSUPPORTED, "\"use_dora\" is not supported: merge it"},
        {"\"lora_bias\":true", DEAR_ERROR_UNSUPPORTED, "\"lora_bias\""},
        {"\"fan_in_fan_out\":true", DEAR_ERROR_UNSUPPORTED, "\"fan_in_fan_out\""},
        {"\"layer_replication\":[[0,4]]", DEAR_ERROR_UNSUPPORTED, "\"layer_replication\""},
        {"\"bias\":\"all\"", DEAR_ERROR_UNSUPPORTED, "\"bias\" \"all\""},
        {"\"trainable_token_indices\":[1]", DEAR_ERROR_UNSUPPORTED, "\"trainable_token_indices\""},
        {"\"target_parameters\":[\"x\"]", DEAR_ERROR_UNSUPPORTED, "\"target_parameters\""},
        {"\"alora_invocation_tokens\":[1,2]", DEAR_ERROR_UNSUPPORTED, "merge_and_unload"},
        {"\"init_lora_weights\":\"pissa\"", DEAR_ERROR_UNSUPPORTED, "\"pissa\""},
        {"\"rank_pattern\":{\"layers.[01].*\":4}", DEAR_ERROR_UNSUPPORTED, "plain module name"},
        {"\"rank_pattern\":{\"q_proj\":0}", DEAR_ERROR_INPUT, "must be positive"},
        {"\"rank_pattern\":[1]", DEAR_ERROR_INPUT, "must be an object"},
        {"\"rank_pattern\":{\"q_proj\":3}", DEAR_ERROR_INPUT, "for the rank 3"},
        {"\"use_rslora\":1", DEAR_ERROR_INPUT, "\"use_rslora\" must be true or false"},
    };
    dear_error err;
    adapter *a;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char config[300];
        snprintf(config, sizeof config, "{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4,%s}",
                 CASES[i].more);
        assert_failure(open_made(&a, config, "{" PAIR "}", 56, &err), CASES[i].status, &err,
                       CASES[i].message);
        assert_null(a);
    }
    static const char *const WRONG[][2] = {
        {"{\"peft_type\":\"IA3\"}", "\"IA3\""},
        {"{\"r\":2,\"lora_alpha\":4}", "\"peft_type\" is missing"},
        {"{\"peft_type\":\"LORA\",\"r\":2}", "\"lora_alpha\""},
        {"{\"peft_type\":\"LORA\",\"r\":0,\"lora_alpha\":4}", "\"r\" is 0"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":-4}", "positive"},
        {"[7]", "must be a JSON object"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        dear_status status = open_made(&a, WRONG[i][0], "{" PAIR "}", 56, &err);
        assert_failure(status, i ? DEAR_ERROR_INPUT : DEAR_ERROR_UNSUPPORTED, &err, WRONG[i][1]);
    }
}

static void refused_tensors(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t size;
        dear_status status;
        const char *message;
    } CASES[] = {
        {"{}", 0, DEAR_ERROR_INPUT, "is empty"},
        {"{" PAIR ",\"other\"" F32("[1]", 56, 60) "}", 60, DEAR_ERROR_UNSUPPORTED, "\"other\""},
        {"{" KEY(Q ".lora_A.weight") F32("[2,4]", 0, 32) "}", 32, DEAR_ERROR_INPUT,
         "has a lora_A without its lora_B"},
        {"{" KEY(Q ".lora_B.weight") F32("[3,2]", 0, 24) "}", 24, DEAR_ERROR_INPUT,
         "has a lora_B without its lora_A"},
        {"{" PAIR "," KEY(Q ".lora_A.default.weight") F32("[2,4]", 56, 88) "}", 88,
         DEAR_ERROR_INPUT, "is changed twice"},
        {"{" PAIR "," KEY(Q ".weight") F32("[3,4]", 56, 104) "}", 104, DEAR_ERROR_INPUT,
         "is changed twice"},
        {"{" PAIR "," KEY(Q ".lora_B.bias") F32("[3]", 56, 68) "}", 68, DEAR_ERROR_UNSUPPORTED,
         "lora_B.bias"},
        {"{" PAIR "," KEY(Q ".lora_magnitude_vector") F32("[3]", 56, 68) "}", 68,
         DEAR_ERROR_UNSUPPORTED, "lora_magnitude_vector"},
        {"{" PAIR "," KEY("model.embed_tokens.lora_embedding_A") F32("[3]", 56, 68) "}", 68,
         DEAR_ERROR_UNSUPPORTED, "lora_embedding_A"},
        {"{" KEY(Q ".lora_A.weight") F32("[2,4]", 0, 32) "," KEY(Q ".lora_B.weight")
             F32("[2,3]", 32, 56) "}",
         56, DEAR_ERROR_INPUT, "has lora_A [2, 4] and lora_B [2, 3] for the rank 2"},
        {"{" KEY(Q ".lora_A.weight") F32("[8]", 0, 32) "," KEY(Q ".lora_B.weight")
             F32("[3,2]", 32, 56) "}",
         56, DEAR_ERROR_INPUT, "has lora_A [8]"},
        {"{" KEY("score.weight") ":{\"dtype\":\"I32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 16,
         DEAR_ERROR_UNSUPPORTED, "not of type F32"},
    };
    dear_error err;
    adapter *a;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_failure(open_made(&a, PLAIN, CASES[i].header, CASES[i].size, &err), CASES[i].status,
                       &err, CASES[i].message);
        assert_null(a);
    }
}

static void pickle(void **state) {
    (void)state;
    dear_error err;
    adapter *a;
    unlink(scratch_path("adapter_config.json"));
    unlink(scratch_path("adapter_model.safetensors"));
    assert_failure(adapter_open(&a, scratch, &err), DEAR_ERROR_IO, &err, "adapter_config.json");
    scratch_write_text("adapter_config.json", PLAIN);
    assert_failure(adapter_open(&a, scratch, &err), DEAR_ERROR_IO, &err,
                   "adapter_model.safetensors");
    scratch_write_text("adapter_model.bin", "\200\002");
    assert_failure(adapter_open(&a, scratch, &err), DEAR_ERROR_UNSUPPORTED, &err,
                   "safe_serialization=True");
}

static void out_of_memory(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    dear_error err;
    adapter *a = NULL;
    static float rows[64 * 64];
    for (long n = 1; status != DEAR_OK; n++) {
        adapter_close(a);
        mem_fail_after(n);
        status = adapter_open(&a, GOLDEN "/gqa-tied/lora-seqcls", &err);
        if (status == DEAR_OK)
            status = adapter_add(a, Q ".weight", 64, 64, 0, 64, rows, &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_failure(status, DEAR_ERROR_MEMORY, &err, "out of memory");
    }
    adapter_close(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),          cmocka_unit_test(adds_the_product),
        cmocka_unit_test(any_width),       cmocka_unit_test(scales),
        cmocka_unit_test(key_spellings),   cmocka_unit_test(refused_configs),
        cmocka_unit_test(refused_tensors), cmocka_unit_test(pickle),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
