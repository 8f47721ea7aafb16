/* Models that are saved: the same weights again from every format, in every order of rows. */
#include "scratch.h"

#include "base/memory.h"
#include "model/gguf.h"
#include "model/model.h"
#include "model/quantize.h"
#include "model/rope_scaling.h"
#include "model/safetensors.h"
#include "model/safetensors_shards.h"
#include "model/save.h"
#include "model/weight_names.h"

#include <math.h>

#define GQA GOLDEN "/gqa-tied"
#define MHA GOLDEN "/mha-untied-bf16-sharded"

static model *open_model(const char *path, const char *adapter_path) {
    dear_error err;
    model *m;
    assert_success(model_open(&m, path, adapter_path, &err), &err);
    return m;
}

static float *read_weight(const model *m, const char *name, int64_t *count) {
    dear_error err;
    weight_info info;
    assert_true(weight_describe(&info, model_config(m), name));
    *count = info.rows * info.columns;
    float *values = malloc((size_t)*count * sizeof *values);
    assert_non_null(values);
    assert_success(model_read_rows(m, name, info.rows, info.columns, 0, info.rows, values, &err),
                   &err);
    return values;
}

/* Every weight of `saved` is that of `m`, rounded to `type` where it is a matrix. */
static void compare(const model *m, const model *saved, tensor_type type) {
    char name[WEIGHT_NAME_SIZE];
    size_t compared = 0;
    for (size_t i = 0; weight_name_at(model_config(m), i, name); i++) {
        int64_t count, saved_count;
        if (!weight_is_required(model_config(m), name))
            continue;
        float *a = read_weight(m, name, &count), *b = read_weight(saved, name, &saved_count);
        assert_int_equal(count, saved_count);
        for (int64_t k = 0; k < count; k++) {
            float slack = type == TENSOR_F32 ? 0 : fabsf(a[k]) * 0x1p-8f;
            if (!(fabsf(a[k] - b[k]) <= slack))
                fail_msg("%s: number %lld is %.9g, not %.9g", name, (long long)k, (double)b[k],
                         (double)a[k]);
        }
        free(a);
        free(b);
        compared++;
    }
    assert_true(compared > 10);
}

static void same_shape(const llama_config *a, const llama_config *b) {
    assert_int_equal(a->vocab_size, b->vocab_size);
    assert_int_equal(a->hidden_size, b->hidden_size);
    assert_int_equal(a->num_layers, b->num_layers);
    assert_int_equal(a->num_kv_heads, b->num_kv_heads);
    assert_int_equal(a->head_dim, b->head_dim);
    assert_int_equal(a->max_positions, b->max_positions);
    assert_int_equal(a->is_classifier, b->is_classifier);
    assert_int_equal(a->bos, b->bos);
    assert_int_equal(a->eos[0], b->eos[0]);
    assert_true(fabs(a->rms_norm_eps / b->rms_norm_eps - 1) < 1e-6);
    assert_true(a->rope_theta == b->rope_theta);
}

static void saves(const char *path, const char *adapter_path, bool folder, tensor_type type) {
    dear_error err;
    const char *out = scratch_path(folder ? "saved" : "saved.gguf");
    model *m = open_model(path, adapter_path);
    save_options o = {.type = type};
    assert_success(folder ? model_save_folder(m, out, &o, &err) : model_save_gguf(m, out, &o, &err),
                   &err);
    model *saved = open_model(out, NULL);
    same_shape(model_config(m), model_config(saved));
    compare(m, saved, type);
    model_close(saved);
    model_close(m);
    assert_int_equal(scratch_remove(NULL), 0);
    assert_int_equal(mkdir(scratch, 0700), 0);
}

static void every_way(void **state) {
    (void)state;
    static const char *const MODELS[][2] = {{GQA "/causal", NULL},
                                            {GQA "/causal-f32.gguf", NULL},
                                            {GQA "/causal", GQA "/lora-causal"},
                                            {GQA "/causal-f32.gguf", GQA "/lora-causal"},
                                            {GQA "/lora-seqcls", NULL},
                                            {MHA "/lora-seqcls", NULL}};
    for (size_t i = 0; i < sizeof MODELS / sizeof *MODELS; i++) {
        saves(MODELS[i][0], MODELS[i][1], true, TENSOR_F32);
        saves(MODELS[i][0], MODELS[i][1], true, TENSOR_BF16);
        if (strstr(MODELS[i][0], "/gqa-tied")) {
            saves(MODELS[i][0], MODELS[i][1], false, TENSOR_F32);
            saves(MODELS[i][0], MODELS[i][1], false, TENSOR_BF16);
        }
    }
    saves(MHA "/causal", MHA "/lora-causal", true, TENSOR_F32);
}

static void defaults(void **state) {
    (void)state;
    static const struct {
        const char *path;
        tensor_type type;
    } CASES[] = {{GQA "/causal", TENSOR_F32}, {MHA "/causal", TENSOR_BF16}};
    for (int i = 0; i < 2; i++) {
        model *m = open_model(CASES[i].path, NULL);
        assert_int_equal(save_default_type(m), CASES[i].type);
        model_close(m);
    }
}

/* The quantized types, where rows are whole blocks; else F16. */
static void quantized(void **state) {
    (void)state;
    static const tensor_type TYPES[] = {TENSOR_Q8_0, TENSOR_Q4_0, TENSOR_Q4_1};
    dear_error err;
    model *m = open_model(GQA "/seqcls", NULL);
    for (int t = 0; t < 3; t++) {
        save_options o = {.type = TYPES[t]};
        const char *path = scratch_path("q.gguf");
        assert_success(model_save_gguf(m, path, &o, &err), &err);
        gguf *g;
        assert_success(gguf_open(&g, path, &err), &err);
        assert_int_equal(gguf_find(g, "token_embd.weight")->type, TENSOR_Q8_0);
        assert_int_equal(gguf_find(g, "blk.0.attn_q.weight")->type, TYPES[t]);
        assert_int_equal(gguf_find(g, "blk.0.ffn_down.weight")->type, TENSOR_F16); /* rows of 176 */
        assert_int_equal(gguf_find(g, "blk.0.attn_norm.weight")->type, TENSOR_F32);
        assert_int_equal(gguf_find(g, "cls.output.weight")->type, TENSOR_F32);
        gguf_close(g);
        int64_t count;
        model *saved = open_model(path, NULL);
        float *a = read_weight(m, "model.layers.1.self_attn.k_proj.weight", &count);
        float *b = read_weight(saved, "model.layers.1.self_attn.k_proj.weight", &count);
        double error = 0, size = 0;
        for (int64_t k = 0; k < count; k++) {
            error += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
            size += (double)a[k] * (double)a[k];
        }
        assert_true(sqrt(error / size) < (TYPES[t] == TENSOR_Q8_0 ? 0.01 : 0.12));
        free(a);
        free(b);
        model_close(saved);
    }
    model_close(m);
}

static void refusals(void **state) {
    (void)state;
    dear_error err;
    save_options o = {.type = TENSOR_Q8_0};
    model *m = open_model(GQA "/seqcls", NULL);
    assert_failure(model_save_folder(m, scratch_path("x"), &o, &err), DEAR_ERROR_USAGE, &err,
                   "ends in .gguf");
    o.type = TENSOR_F16;
    assert_failure(model_save_folder(m, scratch, &o, &err), DEAR_ERROR_IO, &err,
                   "is there already");
    assert_int_equal(model_save_folder(m, scratch_path("no/such"), &o, &err), DEAR_ERROR_IO);
    assert_int_equal(model_save_gguf(m, scratch_path("no/such.gguf"), &o, &err), DEAR_ERROR_IO);
    model_close(m);
    m = open_model(MHA "/seqcls", NULL); /* its merges are not all that SentencePiece would do */
    assert_failure(model_save_gguf(m, scratch_path("x.gguf"), &o, &err), DEAR_ERROR_UNSUPPORTED,
                   &err, "GGUF cannot hold its tokenizer");
    model_close(m);
    assert_int_equal(rmdir(scratch), 0); /* nothing was left */
    assert_int_equal(mkdir(scratch, 0700), 0);
}

static bool stop_half_way(void *context, double share) {
    *(double *)context = share;
    return share < 0.5;
}

static void interrupted(void **state) {
    (void)state;
    dear_error err;
    double share = 0;
    save_options o = {TENSOR_F32, stop_half_way, &share};
    model *m = open_model(GQA "/seqcls", NULL);
    assert_int_equal(model_save_folder(m, scratch_path("x"), &o, &err), DEAR_ERROR_CANCELLED);
    assert_true(share >= 0.5 && share < 1);
    assert_int_equal(model_save_gguf(m, scratch_path("x.gguf"), &o, &err), DEAR_ERROR_CANCELLED);
    assert_int_equal(rmdir(scratch), 0);
    assert_int_equal(mkdir(scratch, 0700), 0);
    model_close(m);
}

static void no_memory(void **state) {
    (void)state;
    dear_error err;
    save_options o = {.type = TENSOR_F16};
    for (int folder = 0; folder < 2; folder++) {
        model *m = open_model(folder ? GQA "/causal-f32.gguf" : GQA "/lora-seqcls", NULL);
        dear_status status = DEAR_ERROR_MEMORY;
        for (long n = 1; status != DEAR_OK; n++) {
            const char *out = scratch_path(folder ? "x" : "x.gguf");
            mem_fail_after(n);
            status =
                folder ? model_save_folder(m, out, &o, &err) : model_save_gguf(m, out, &o, &err);
            mem_fail_after(0);
            if (status != DEAR_OK) {
                assert_int_equal(status, DEAR_ERROR_MEMORY);
                assert_int_equal(rmdir(scratch), 0);
                assert_int_equal(mkdir(scratch, 0700), 0);
            }
            assert_true(n < 5000);
        }
        model_close(m);
        unlink(scratch_path("x.gguf"));
    }
}

/* ---- Shards ---- */

static void shards(void **state) {
    (void)state;
    enum { COUNT = 4 };
    dear_error err;
    shard_writer w;
    safetensors *s;
    tensor tensors[COUNT];
    static const char *const NAMES[COUNT] = {"a", "b", "c", "d"};
    static const int64_t SIZES[COUNT] = {10, 30, 100, 1};
    float numbers[141];
    for (int i = 0; i < 141; i++)
        numbers[i] = (float)i;
    for (int i = 0; i < COUNT; i++)
        tensors[i] = (tensor){.name = NAMES[i],
                              .type = TENSOR_F32,
                              .num_dims = 1,
                              .shape = {SIZES[i]},
                              .bytes = (size_t)SIZES[i] * 4};
    assert_success(shards_begin(&w, scratch, tensors, COUNT, 160, &err), &err);
    assert_success(shards_write(&w, numbers, 150, &err), &err); /* across tensors ... */
    assert_success(shards_write(&w, (char *)numbers + 150, 141 * 4 - 150, &err), &err);
    assert_failure(shards_write(&w, numbers, 1, &err), DEAR_ERROR_USAGE, &err, "more bytes");
    assert_success(shards_commit(&w, &err), &err);
    assert_int_equal(access(scratch_path("model-00003-of-00003.safetensors"), F_OK), 0);
    assert_success(safetensors_open(&s, scratch_path("model.safetensors.index.json"), &err), &err);
    assert_int_equal(safetensors_count(s), COUNT);
    const float *expected = numbers;
    for (int i = 0; i < COUNT; expected += SIZES[i++])
        assert_memory_equal(safetensors_find(s, NAMES[i])->data, expected, (size_t)SIZES[i] * 4);
    safetensors_close(s);

    assert_success(shards_begin(&w, scratch, tensors, COUNT, 160, &err), &err);
    assert_success(shards_write(&w, numbers, 160, &err), &err);
    assert_failure(shards_commit(&w, &err), DEAR_ERROR_USAGE, &err, "2 of its 3 shards");
    assert_success(shards_begin(&w, scratch, tensors, 1, 160, &err), &err);
    assert_success(shards_write(&w, numbers, 40, &err), &err);
    assert_success(shards_commit(&w, &err), &err);
    assert_int_equal(access(scratch_path("model.safetensors"), F_OK), 0);
}

/* ---- Rope ---- */

static void rope_formulas(void **state) {
    (void)state;
    static const struct {
        int64_t head_dim, original;
        double theta, factor;
    } CASES[] = {
        {128, 8192, 500000, 8}, {64, 8192, 500000, 32}, {16, 64, 500000, 8}, {64, 2048, 10000, 4}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        float divisors[64];
        llama_config c = {.head_dim = CASES[k].head_dim,
                          .rope_theta = CASES[k].theta,
                          .rope = ROPE_LLAMA3,
                          .rope_factor = CASES[k].factor,
                          .rope_low_freq_factor = 1,
                          .rope_high_freq_factor = 4,
                          .rope_original_positions = CASES[k].original};
        llama_config found = c;
        for (int64_t i = 0; i < c.head_dim / 2; i++)
            divisors[i] = rope_divisor(&c, i);
        found.rope = ROPE_FACTORS;
        found.rope_factor = found.rope_low_freq_factor = found.rope_high_freq_factor = 0;
        found.rope_original_positions = 0;
        assert_true(rope_recognise_llama3(&found, divisors));
        assert_int_equal(found.rope, ROPE_LLAMA3);
        assert_int_equal(found.rope_original_positions, CASES[k].original);
        assert_true(fabs(found.rope_factor / CASES[k].factor - 1) < 1e-6);
        divisors[0] *= 1.01f;
        found.rope = ROPE_FACTORS;
        assert_false(rope_recognise_llama3(&found, divisors));
        assert_int_equal(found.rope, ROPE_FACTORS);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(every_way),   CASE(defaults),  CASE(quantized), CASE(refusals),
        CASE(interrupted), CASE(no_memory), CASE(shards),    cmocka_unit_test(rope_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
