/* Quantized weights in groups: every type that has them, in the file's rows and in permuted ones. */
#include "gguf_writer.h"

#include "model/gguf.h"
#include "model/model.h"
#include "model/safetensors.h"

#include <math.h>

/* Every tensor of the golden file quants.gguf. */
enum { ROWS = 6, COLUMNS = 512, GROUPS = COLUMNS / 32 };

#define LAYER "model.layers.0."

static const char GATE[] = LAYER "mlp.gate_proj.weight", UP[] = LAYER "mlp.up_proj.weight";
static const char Q[] = LAYER "self_attn.q_proj.weight", V[] = LAYER "self_attn.v_proj.weight";

typedef struct groups {
    uint8_t q[ROWS * COLUMNS];
    float scale[ROWS * GROUPS], minimum[ROWS * GROUPS];
} groups;

static void put_tensor(gguf_writer *w, const char *name, const tensor *t) {
    put_tensor_at(w, name, (uint32_t)t->type, 2, (uint64_t[]){COLUMNS, ROWS}, w->data.length);
    strbuf_append(&w->data, (const char *)t->data, t->bytes);
    while (w->data.length % 32)
        strbuf_putc(&w->data, 0);
}

static void put_values(gguf_writer *w) {
    static const struct {
        const char *key;
        uint32_t value;
    } NUMBERS[] = {
        {"block_count", 1},
        {"embedding_length", COLUMNS},
        {"feed_forward_length", ROWS},
        {"context_length", 64},
        {"attention.head_count", 1},
        {"attention.head_count_kv", 1},
        {"attention.key_length", ROWS},
        {"attention.value_length", ROWS},
    };
    put_text(w, "general.architecture", "llama");
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        char key[64];
        snprintf(key, sizeof key, "llama.%s", NUMBERS[i].key);
        put_u32(w, key, NUMBERS[i].value);
    }
    put_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    put_tokenizer(w);
}

/* A model whose matrices of six rows are `t`, one head of six among them; the path of its file. */
static const char *write_model(const tensor *t) {
    static const char *const LIKE_T[] = {"blk.0.attn_q.weight", "blk.0.attn_k.weight",
                                         "blk.0.attn_v.weight", "blk.0.ffn_gate.weight",
                                         "blk.0.ffn_up.weight"};
    gguf_writer w = {0};
    put_values(&w);
    put_matrix(&w, "token_embd.weight", 10, COLUMNS);
    put_matrix(&w, "output_norm.weight", 0, COLUMNS);
    put_matrix(&w, "blk.0.attn_norm.weight", 0, COLUMNS);
    put_matrix(&w, "blk.0.ffn_norm.weight", 0, COLUMNS);
    put_matrix(&w, "blk.0.attn_output.weight", COLUMNS, ROWS);
    put_matrix(&w, "blk.0.ffn_down.weight", COLUMNS, ROWS);
    for (size_t i = 0; i < sizeof LIKE_T / sizeof *LIKE_T; i++)
        put_tensor(&w, LIKE_T[i], t);
    return gguf_write(&w, "groups.gguf");
}

static model *open_model(const char *path, const char *adapter_path) {
    dear_error err;
    model *m;
    assert_success(model_open(&m, path, adapter_path, &err), &err);
    return m;
}

/* All rows, in pieces of four. */
static void read_groups(const model *m, const char *name, groups *out) {
    dear_error err;
    for (int row = 0; row < ROWS; row += 4) {
        int count = ROWS - row < 4 ? ROWS - row : 4;
        assert_success(model_read_groups(m, name, ROWS, COLUMNS, row, count, out->q + row * COLUMNS,
                                         out->scale + row * GROUPS, out->minimum + row * GROUPS,
                                         &err),
                       &err);
    }
}

/* The groups are those numbers, to float32's rounding of scale * q. */
static void check_values(const groups *g, const float *expected) {
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        float product = g->scale[i / 32] * (float)g->q[i], minimum = g->minimum[i / 32];
        float largest = fabsf(product) > fabsf(minimum) ? fabsf(product) : fabsf(minimum);
        if (!(fabsf(product + minimum - expected[i]) <= 0x1p-23f * largest))
            fail_msg("number %d is %.9g, not %.9g", i, (double)(product + minimum),
                     (double)expected[i]);
    }
}

static void check_rows_read(const model *m, const char *name, const groups *g) {
    static float rows[ROWS * COLUMNS];
    dear_error err;
    assert_success(model_read_rows(m, name, ROWS, COLUMNS, 0, ROWS, rows, &err), &err);
    check_values(g, rows);
}

/* The reference's values of the golden tensor. */
static void check_reference(const char *tensor_name, const groups *g) {
    static float values[ROWS * COLUMNS];
    safetensors *reference;
    dear_error err;
    assert_success(safetensors_open(&reference, GOLDEN "/quants-expected.safetensors", &err), &err);
    memcpy(values, safetensors_find(reference, tensor_name)->data, sizeof values);
    check_values(g, values);
    safetensors_close(reference);
}

static void check_bits(const groups *g, int bits) {
    int largest = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        largest = g->q[i] > largest ? g->q[i] : largest;
    assert_true(largest > 0 && largest < 1 << bits);
}

/* A q that stands for 0 does so in every group; a type that has none has other minima. */
static void check_zero(const groups *g, int zero) {
    bool all = true;
    for (int i = 0; i < ROWS * GROUPS; i++)
        all = all && g->minimum[i] == -(float)zero * g->scale[i];
    assert_int_equal(all, zero > 0);
}

static void check_row_moved(const groups *to, int row, const groups *from, int place) {
    const size_t bytes = sizeof(float[GROUPS]);
    assert_memory_equal(to->q + row * COLUMNS, from->q + place * COLUMNS, COLUMNS);
    assert_memory_equal(to->scale + row * GROUPS, from->scale + place * GROUPS, bytes);
    assert_memory_equal(to->minimum + row * GROUPS, from->minimum + place * GROUPS, bytes);
}

static void check_groups(const model *m, const char *tensor_name, int bits) {
    static const int PLACES[ROWS] = {0, 2, 4, 1, 3, 5}; /* a head's halves, not neighbours */
    static groups straight, permuted;
    assert_int_equal(model_group_bits(m, GATE), bits);
    assert_int_equal(model_group_bits(m, Q), bits);
    read_groups(m, GATE, &straight);
    read_groups(m, Q, &permuted);
    check_bits(&straight, bits);
    check_zero(&straight, model_group_zero(m, GATE));
    check_reference(tensor_name, &straight);
    check_rows_read(m, GATE, &straight);
    check_rows_read(m, Q, &permuted);
    for (int row = 0; row < ROWS; row++)
        check_row_moved(&permuted, row, &straight, PLACES[row]);
}

static void check_refused(const model *m, const char *name) {
    static groups none;
    dear_error err;
    assert_int_equal(model_group_bits(m, name), 0);
    assert_failure(
        model_read_groups(m, name, ROWS, COLUMNS, 0, ROWS, none.q, none.scale, none.minimum, &err),
        DEAR_ERROR_USAGE, &err, "is not held in groups of 32");
}

static int expected_bits(tensor_type type) {
    switch (type) {
    case TENSOR_Q4_0:
    case TENSOR_Q4_1:
    case TENSOR_Q4_K:
        return 4;
    case TENSOR_Q5_0:
    case TENSOR_Q5_1:
    case TENSOR_Q5_K:
    case TENSOR_Q8_0:
        return 8;
    default:
        return 0;
    }
}

static void every_type(void **state) {
    (void)state;
    gguf *quants;
    dear_error err;
    int grouped = 0;
    assert_success(gguf_open(&quants, GOLDEN "/quants.gguf", &err), &err);
    for (size_t i = 0; i < gguf_count(quants); i++) {
        const tensor *t = gguf_at(quants, i);
        int bits = expected_bits(t->type);
        model *m = open_model(write_model(t), NULL);
        if (bits)
            check_groups(m, t->name, bits);
        else
            check_refused(m, GATE);
        grouped += bits > 0;
        model_close(m);
    }
    assert_int_equal(grouped, 7);
    gguf_close(quants);
}

static const char *write_q4_k(void) {
    gguf *quants;
    dear_error err;
    assert_success(gguf_open(&quants, GOLDEN "/quants.gguf", &err), &err);
    const char *path = write_model(gguf_find(quants, "q4_k"));
    gguf_close(quants);
    return path;
}

static void refuses(void **state) {
    (void)state;
    static groups g;
    dear_error err;
    model *m = open_model(write_q4_k(), NULL);
    assert_int_equal(model_group_bits(m, "model.norm.weight"), 0);
    assert_int_equal(model_group_bits(m, "no.weight"), 0);
    assert_failure(
        model_read_groups(m, "no.weight", ROWS, COLUMNS, 0, 1, g.q, g.scale, g.minimum, &err),
        DEAR_ERROR_INPUT, &err, "\"no.weight\" is missing");
    assert_failure(
        model_read_groups(m, GATE, ROWS, COLUMNS - 32, 0, 1, g.q, g.scale, g.minimum, &err),
        DEAR_ERROR_INPUT, &err, "has shape [6, 512] where [6, 480]");
    assert_failure(model_read_groups(m, GATE, ROWS, COLUMNS, 5, 2, g.q, g.scale, g.minimum, &err),
                   DEAR_ERROR_USAGE, &err, "has no rows 5 to 7");
    model_close(m);
}

#define F32(shape, begin, end)                                                                     \
    "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"
#define KEY(name) "\"base_model.model." LAYER name "\":"

/* One weight changed, one replaced: neither is what the file holds any more. */
static void adapters(void **state) {
    (void)state;
    mkdir(scratch_path("adapter"), 0777);
    scratch_write_text("adapter/adapter_config.json",
                       "{\"peft_type\":\"LORA\",\"r\":1,\"lora_alpha\":1}");
    scratch_write_safetensors("adapter/adapter_model.safetensors",
                              "{" KEY("mlp.up_proj.lora_A.weight")
                                  F32("[1,512]", 0, 2048) "," KEY("mlp.up_proj.lora_B.weight")
                                      F32("[6,1]", 2048, 2072) "," KEY("self_attn.v_proj.weight")
                                          F32("[6,512]", 2072, 14360) "}",
                              14360);
    model *m = open_model(write_q4_k(), scratch_path("adapter"));
    check_refused(m, UP);
    check_refused(m, V);
    check_groups(m, "q4_k", 4);
    model_close(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),
        cmocka_unit_test(refuses),
        cmocka_unit_test(adapters),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
