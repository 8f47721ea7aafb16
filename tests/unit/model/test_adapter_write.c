/* Adapters that are written: read again they are the same, and PEFT's keys are in them. */
#include "scratch.h"

#include "base/json.h"
#include "base/memory.h"
#include "model/adapter.h"
#include "model/adapter_write.h"
#include "model/safetensors.h"
#include "model/safetensors_write.h"

#include <math.h>

#define Q "model.layers.0.self_attn.q_proj"

enum { RANK = 2, IN = 5, OUT = 3 };

static const float A[RANK * IN] = {1, 2, 3, 4, 5, -1, 0.5f, -0.25f, 3, 0.1f};
static const float B[OUT * RANK] = {0.5f, -2, 1, 1, 0, 3};
static const float SCORE[IN] = {0.1f, 0.2f, 0.3f, 0.4f, 0.7f};
static const adapter_tensor TENSORS[] = {{Q ".lora_A.weight", A, RANK, IN},
                                         {Q ".lora_B.weight", B, OUT, RANK},
                                         {"score.weight", SCORE, 1, IN}};
static const char *const MODULES[] = {"q_proj", "v_proj"};

static adapter_settings settings(tensor_type type) {
    return (adapter_settings){.base = "../base",
                              .is_classifier = true,
                              .rank = RANK,
                              .alpha = 5,
                              .dropout = 0.1,
                              .modules = MODULES,
                              .num_modules = 2,
                              .type = type};
}

static void read_back(tensor_type type) {
    dear_error err;
    adapter *a;
    float rows[OUT * IN] = {0}, score[IN];
    const char *directory = scratch_path("made/adapter");
    adapter_settings s = settings(type);
    assert_success(adapter_write(directory, &s, TENSORS, 3, &err), &err);
    assert_success(adapter_open(&a, directory, &err), &err);
    assert_string_equal(adapter_base(a), "../base");
    assert_true(adapter_is_classifier(a));
    assert_int_equal(adapter_count(a), 2);
    assert_success(adapter_add(a, Q ".weight", OUT, IN, 0, OUT, rows, &err), &err);
    float slack = type == TENSOR_F32 ? 1e-6f : type == TENSOR_F16 ? 0x1p-10f : 0x1p-7f;
    for (int i = 0; i < OUT; i++)
        for (int j = 0; j < IN; j++) {
            float sum = 2.5f * (B[i * RANK] * A[j] + B[i * RANK + 1] * A[IN + j]);
            float size = 2.5f * (fabsf(B[i * RANK] * A[j]) + fabsf(B[i * RANK + 1] * A[IN + j]));
            assert_true(fabsf(rows[i * IN + j] - sum) <= slack * size);
        }
    const tensor *t = adapter_replacement(a, "score.weight");
    assert_non_null(t);
    assert_int_equal(t->type, type);
    tensor_widen_rows(t, IN, 0, 1, score);
    for (int j = 0; j < IN; j++)
        assert_true(fabsf(score[j] - SCORE[j]) <= slack * SCORE[j]);
    adapter_close(a);
}

static void every_type(void **state) {
    (void)state;
    read_back(TENSOR_F32);
    read_back(TENSOR_BF16); /* over the one that is there */
    read_back(TENSOR_F16);
    assert_int_not_equal(access(scratch_path("made/adapter/adapter_config.json.part"), F_OK), 0);
    assert_int_not_equal(access(scratch_path("made/adapter/adapter_model.safetensors.part"), F_OK),
                         0);
}

/* An adapter that PEFT wrote, written again, holds the same tensors to the bit. */
static void golden_again(void **state) {
    (void)state;
    enum { MOST = 64 };
    static const char PREFIX[] = "base_model.model.";
    dear_error err;
    safetensors *peft, *ours;
    adapter_tensor tensors[MOST];
    adapter_settings s = settings(TENSOR_F32);
    assert_success(
        safetensors_open(&peft, GOLDEN "/gqa-tied/lora-seqcls/adapter_model.safetensors", &err),
        &err);
    size_t count = safetensors_count(peft);
    assert_true(count > 30 && count <= MOST);
    for (size_t i = 0; i < count; i++) {
        const tensor *t = safetensors_at(peft, i);
        float *values = malloc(t->bytes); /* aligned */
        memcpy(values, t->data, t->bytes);
        tensors[i] = (adapter_tensor){t->name + strlen(PREFIX), values, t->shape[0], t->shape[1]};
    }
    s.rank = 8;
    assert_success(adapter_write(scratch, &s, tensors, count, &err), &err);
    assert_success(safetensors_open(&ours, scratch_path("adapter_model.safetensors"), &err), &err);
    assert_int_equal(safetensors_count(ours), count);
    for (size_t i = 0; i < count; i++) {
        const tensor *a = safetensors_at(peft, i), *b = safetensors_at(ours, i);
        assert_string_equal(a->name, b->name);
        assert_true(tensor_has_shape(b, a->shape[0], a->shape[1]));
        assert_memory_equal(a->data, b->data, a->bytes);
        free((void *)tensors[i].values);
    }
    safetensors_close(peft);
    safetensors_close(ours);
}

static const char *text_at(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

static void configuration(void **state) {
    (void)state;
    dear_error err;
    json_t *json;
    adapter_settings s = settings(TENSOR_F32);
    assert_success(adapter_write(scratch, &s, TENSORS, 3, &err), &err);
    assert_success(json_read_file(&json, scratch_path("adapter_config.json"), 1 << 20, &err), &err);
    assert_string_equal(text_at(json, "peft_type"), "LORA");
    assert_string_equal(text_at(json, "task_type"), "SEQ_CLS");
    assert_string_equal(text_at(json, "bias"), "none");
    assert_string_equal(text_at(json, "base_model_name_or_path"), "../base");
    assert_int_equal(json_integer_value(json_object_get(json, "r")), RANK);
    assert_int_equal(json_integer_value(json_object_get(json, "lora_alpha")), 5);
    assert_true(json_real_value(json_object_get(json, "lora_dropout")) == 0.1);
    assert_true(json_is_true(json_object_get(json, "inference_mode")));
    assert_true(json_is_false(json_object_get(json, "use_rslora")));
    const json_t *targets = json_object_get(json, "target_modules");
    assert_int_equal(json_array_size(targets), 2);
    assert_string_equal(json_string_value(json_array_get(targets, 1)), "v_proj");
    const json_t *whole = json_object_get(json, "modules_to_save");
    assert_int_equal(json_array_size(whole), 1);
    assert_string_equal(json_string_value(json_array_get(whole, 0)), "score");
    json_decref(json);
}

static void without_a_head(void **state) {
    (void)state;
    dear_error err;
    json_t *json;
    adapter *a;
    adapter_settings s = settings(TENSOR_F32);
    s.is_classifier = false;
    s.base = NULL;
    s.alpha = 2.5;
    assert_success(adapter_write(scratch, &s, TENSORS, 2, &err), &err);
    assert_success(json_read_file(&json, scratch_path("adapter_config.json"), 1 << 20, &err), &err);
    assert_string_equal(text_at(json, "task_type"), "CAUSAL_LM");
    assert_true(json_is_null(json_object_get(json, "modules_to_save")));
    assert_true(json_is_null(json_object_get(json, "base_model_name_or_path")));
    assert_true(json_real_value(json_object_get(json, "lora_alpha")) == 2.5);
    json_decref(json);
    assert_success(adapter_open(&a, scratch, &err), &err);
    assert_null(adapter_base(a));
    assert_false(adapter_is_classifier(a));
    adapter_close(a);
}

/* A run that diverged does not write over an adapter that it was good at. */
static void refuses_what_is_no_number(void **state) {
    (void)state;
    dear_error err;
    adapter *a;
    float values[OUT * RANK] = {0, 0, 0, NAN};
    adapter_tensor tensors[] = {TENSORS[0], {Q ".lora_B.weight", values, OUT, RANK}};
    adapter_settings s = settings(TENSOR_F32);
    assert_success(adapter_write(scratch, &s, TENSORS, 3, &err), &err);
    assert_failure(adapter_write(scratch, &s, tensors, 2, &err), DEAR_ERROR_INPUT, &err,
                   "\"" Q ".lora_B.weight\", row 1, column 1: ");
    values[3] = 1e5f;
    s.type = TENSOR_F16;
    assert_failure(adapter_write(scratch, &s, tensors, 2, &err), DEAR_ERROR_INPUT, &err,
                   "100000 cannot be written as F16");
    assert_success(adapter_open(&a, scratch, &err), &err);
    assert_non_null(adapter_replacement(a, "score.weight"));
    adapter_close(a);
}

static void refuses_misuse(void **state) {
    (void)state;
    dear_error err;
    adapter_tensor twice[] = {TENSORS[2], TENSORS[2]};
    adapter_settings s = settings(TENSOR_F32);
    assert_failure(adapter_write(scratch, &s, twice, 2, &err), DEAR_ERROR_USAGE, &err,
                   "comes twice");
    s.type = TENSOR_Q8_0;
    adapter_tensor one = {"score.weight", A, 1, 0};
    assert_failure(adapter_write(scratch, &s, &one, 1, &err), DEAR_ERROR_USAGE, &err,
                   "safetensors hold no Q8_0");
    scratch_write_text("file", "");
    assert_int_equal(adapter_write(scratch_path("file"), &s, &one, 1, &err), DEAR_ERROR_IO);
    assert_int_not_equal(access(scratch_path("adapter_config.json"), F_OK), 0);
}

static void no_memory(void **state) {
    (void)state;
    dear_error err;
    adapter_settings s = settings(TENSOR_F32);
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        mem_fail_after(n);
        status = adapter_write(scratch_path("again"), &s, TENSORS, 3, &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_int_equal(status, DEAR_ERROR_MEMORY);
        assert_true(n < 1000);
    }
}

/* The writer of the format itself: order, alignment, and bytes that do not add up. */
static void safetensors_streams(void **state) {
    (void)state;
    dear_error err;
    safetensors_writer w;
    safetensors *s;
    tensor tensors[] = {
        {.name = "a", .type = TENSOR_F32, .num_dims = 1, .shape = {3}, .bytes = 12},
        {.name = "b\"\n", .type = TENSOR_BF16, .num_dims = 2, .shape = {1, 2}, .bytes = 4},
        {.name = "c", .type = TENSOR_F16, .num_dims = 0, .bytes = 2}};
    const char bytes[] = "abcdefghijklmnopqr"; /* 18, and a zero */
    const char *path = scratch_path("x.safetensors");
    assert_success(safetensors_write_begin(&w, path, tensors, 3, &err), &err);
    assert_success(safetensors_write(&w, bytes, 5, &err), &err);
    assert_success(safetensors_write(&w, bytes + 5, 13, &err), &err);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_success(safetensors_write_commit(&w, &err), &err);
    size_t size;
    unsigned char *file = read_bytes(path, &size);
    assert_int_equal((size - 18) % 8, 0);
    assert_memory_equal(file + size - 18, bytes, 18);
    free(file);
    assert_success(safetensors_open(&s, path, &err), &err);
    assert_int_equal(safetensors_count(s), 3);
    const tensor *b = safetensors_find(s, "b\"\n");
    assert_non_null(b);
    assert_memory_equal(b->data, "mnop", 4);
    assert_true(tensor_has_shape(b, 1, 2));
    assert_int_equal(safetensors_find(s, "c")->num_dims, 0);
    safetensors_close(s);

    assert_success(safetensors_write_begin(&w, scratch_path("y"), tensors, 1, &err), &err);
    assert_failure(safetensors_write(&w, bytes, 13, &err), DEAR_ERROR_USAGE, &err, "more bytes");
    assert_failure(safetensors_write_commit(&w, &err), DEAR_ERROR_USAGE, &err, "12 bytes");
    assert_int_not_equal(access(scratch_path("y"), F_OK), 0);
    assert_int_not_equal(access(scratch_path("y.part"), F_OK), 0);
    assert_int_equal(safetensors_write_begin(&w, scratch_path("no/such"), tensors, 1, &err),
                     DEAR_ERROR_IO);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(every_type),
        CASE(golden_again),
        CASE(configuration),
        CASE(without_a_head),
        CASE(refuses_what_is_no_number),
        CASE(refuses_misuse),
        CASE(no_memory),
        CASE(safetensors_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
