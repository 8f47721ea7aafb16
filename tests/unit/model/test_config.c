/* config.json: every spelling there is, and what must not pass in silence. */
#include "scratch.h"

#include "model/config.h"

#define SIZES                                                                                      \
    "\"vocab_size\":100,\"hidden_size\":64,\"intermediate_size\":128,\"num_hidden_layers\":2,"     \
    "\"num_attention_heads\":4,"

static dear_status read_text(llama_config *c, const char *text, dear_error *err) {
    return config_read_json(c, scratch_write_text("config.json", text), err);
}

static void assert_same(const llama_config *a, const llama_config *b) {
    assert_int_equal(a->vocab_size, b->vocab_size);
    assert_int_equal(a->hidden_size, b->hidden_size);
    assert_int_equal(a->intermediate_size, b->intermediate_size);
    assert_int_equal(a->num_layers, b->num_layers);
    assert_int_equal(a->num_heads, b->num_heads);
    assert_int_equal(a->num_kv_heads, b->num_kv_heads);
    assert_int_equal(a->head_dim, b->head_dim);
    assert_int_equal(a->max_positions, b->max_positions);
    assert_true(a->rms_norm_eps == b->rms_norm_eps && a->rope_theta == b->rope_theta);
    assert_int_equal(a->rope, b->rope);
    assert_true(a->rope_factor == b->rope_factor);
    assert_true(a->rope_low_freq_factor == b->rope_low_freq_factor);
    assert_true(a->rope_high_freq_factor == b->rope_high_freq_factor);
    assert_int_equal(a->rope_original_positions, b->rope_original_positions);
    assert_int_equal(a->tied_embeddings, b->tied_embeddings);
    assert_int_equal(a->attention_bias, b->attention_bias);
    assert_int_equal(a->mlp_bias, b->mlp_bias);
    assert_int_equal(a->is_classifier, b->is_classifier);
    assert_int_equal(a->bos, b->bos);
    assert_int_equal(a->num_eos, b->num_eos);
    assert_memory_equal(a->eos, b->eos, sizeof a->eos[0] * (size_t)a->num_eos);
}

static void old_and_new_spelling(void **state) {
    (void)state;
    dear_error err;
    llama_config old, new;
    assert_success(config_read_json(&old, GOLDEN "/gqa-tied/config-old-spelling.json", &err), &err);
    assert_success(config_read_json(&new, GOLDEN "/gqa-tied/causal/config.json", &err), &err);
    assert_same(&old, &new);
    assert_int_equal(new.rope, ROPE_LLAMA3);
    assert_true(new.rope_theta == 500000 && new.rope_factor == 8 && new.rope_low_freq_factor == 1 &&
                new.rope_high_freq_factor == 4 && new.rms_norm_eps == 1e-5);
    assert_int_equal(new.rope_original_positions, 64);
    assert_int_equal(new.head_dim, 16);
    assert_int_equal(new.num_kv_heads, 2);
    assert_int_equal(new.max_positions, 2048);
    assert_true(new.tied_embeddings && !new.is_classifier);
    assert_int_equal(new.bos, 1018);
    assert_int_equal(new.num_eos, 1);
    assert_int_equal(new.eos[0], 1022);
}

static void classifier(void **state) {
    (void)state;
    dear_error err;
    llama_config c;
    const char *path = GOLDEN "/mha-untied-bf16-sharded/seqcls/config.json";
    assert_success(config_read_json(&c, path, &err), &err);
    assert_true(c.is_classifier && !c.tied_embeddings);
    assert_int_equal(c.head_dim, 32);
    assert_int_equal(c.rope, ROPE_DEFAULT);
    assert_true(c.rope_theta == 10000);
}

static void defaults(void **state) {
    (void)state;
    dear_error err;
    llama_config c;
    assert_success(
        read_text(&c, "{" SIZES "\"eos_token_id\":[2,3,2,-1],\"bos_token_id\":null}", &err), &err);
    assert_int_equal(c.num_kv_heads, 4);
    assert_int_equal(c.head_dim, 16);
    assert_int_equal(c.max_positions, 2048);
    assert_true(c.rms_norm_eps == 1e-6 && c.rope_theta == 10000 && c.rope == ROPE_DEFAULT);
    assert_int_equal(c.bos, -1);
    assert_int_equal(c.num_eos, 2);
    assert_false(c.attention_bias || c.mlp_bias || c.tied_embeddings || c.is_classifier);
    assert_success(read_text(&c,
                             "{" SIZES "\"attention_bias\":true,\"mlp_bias\":true,\"rope_scaling\":"
                             "{\"type\":\"linear\",\"factor\":2.5},\"rope_theta\":20000,"
                             "\"quantization_config\":null,\"pretraining_tp\":4}",
                             &err),
                   &err);
    assert_true(c.attention_bias && c.mlp_bias);
    assert_true(c.rope == ROPE_LINEAR && c.rope_factor == 2.5 && c.rope_theta == 20000);
}

static void generation(void **state) {
    (void)state;
    dear_error err;
    llama_config c;
    assert_success(read_text(&c, "{" SIZES "\"eos_token_id\":2}", &err), &err);
    const char *path = scratch_write_text("g.json", "{\"eos_token_id\":[5,2,6]}");
    assert_success(config_read_generation(&c, path, &err), &err);
    assert_int_equal(c.num_eos, 3);
    assert_int_equal(c.eos[1], 5);
    assert_success(config_read_generation(&c, scratch_path("none.json"), &err), &err);
    path = scratch_write_text("g.json", "{\"eos_token_id\":[10,11,12,13,14,15]}");
    assert_failure(config_read_generation(&c, path, &err), DEAR_ERROR_UNSUPPORTED, &err,
                   "more than 8");
    assert_int_equal(c.num_eos, 3);
    path = scratch_write_text("g.json", "{\"eos_token_id\":\"</s>\"}");
    assert_failure(config_read_generation(&c, path, &err), DEAR_ERROR_INPUT, &err, "eos_token_id");
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        dear_status status;
        const char *message;
    } CASES[] = {
        {"[]", DEAR_ERROR_INPUT, "must be a JSON object"},
        {"{", DEAR_ERROR_INPUT, "line 1"},
        {"{\"hidden_size\":64,\"vocab_size\":100}", DEAR_ERROR_INPUT,
         "\"intermediate_size\" is missing"},
        {"{" SIZES "\"hidden_size\":32}", DEAR_ERROR_INPUT, "duplicate"},
        {"{" SIZES "\"head_dim\":15}", DEAR_ERROR_INPUT, "(15) must be even"},
        {"{" SIZES "\"head_dim\":15.5}", DEAR_ERROR_INPUT, "\"head_dim\" must be a whole number"},
        {"{" SIZES "\"head_dim\":1000000}", DEAR_ERROR_INPUT, "the size of a head is 1000000"},
        {"{" SIZES "\"num_key_value_heads\":3}", DEAR_ERROR_INPUT, "cannot share"},
        {"{" SIZES "\"num_key_value_heads\":8}", DEAR_ERROR_INPUT, "cannot share"},
        {"{" SIZES "\"rms_norm_eps\":0}", DEAR_ERROR_INPUT, "epsilon"},
        {"{" SIZES "\"rms_norm_eps\":\"1e-5\"}", DEAR_ERROR_INPUT, "\"rms_norm_eps\""},
        {"{" SIZES "\"bos_token_id\":100}", DEAR_ERROR_INPUT, "BOS token 100"},
        {"{" SIZES "\"eos_token_id\":-2}", DEAR_ERROR_INPUT, "end-of-text token -2"},
        {"{" SIZES "\"eos_token_id\":[[2]]}", DEAR_ERROR_INPUT, "\"eos_token_id\""},
        {"{" SIZES "\"model_type\":\"mistral\"}", DEAR_ERROR_UNSUPPORTED, "\"mistral\""},
        {"{" SIZES "\"hidden_act\":\"gelu\"}", DEAR_ERROR_UNSUPPORTED, "\"gelu\""},
        {"{" SIZES "\"architectures\":[\"LlamaModel\"]}", DEAR_ERROR_UNSUPPORTED, "\"LlamaModel\""},
        {"{" SIZES "\"architectures\":[\"LlamaForSequenceClassification\"],\"num_labels\":2}",
         DEAR_ERROR_UNSUPPORTED, "2 labels"},
        {"{" SIZES "\"architectures\":[\"LlamaForSequenceClassification\"],"
         "\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}}",
         DEAR_ERROR_UNSUPPORTED, "3 labels"},
        {"{" SIZES "\"quantization_config\":{\"bits\":4}}", DEAR_ERROR_UNSUPPORTED,
         "quantized weights"},
        {"{" SIZES "\"partial_rotary_factor\":0.5}", DEAR_ERROR_UNSUPPORTED,
         "partial_rotary_factor"},
        {"{" SIZES "\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}}", DEAR_ERROR_UNSUPPORTED,
         "\"dynamic\""},
        {"{" SIZES "\"rope_parameters\":{\"rope_type\":\"yarn\"}}", DEAR_ERROR_UNSUPPORTED,
         "\"yarn\""},
        {"{" SIZES "\"rope_parameters\":{\"rope_type\":\"longrope\"}}", DEAR_ERROR_UNSUPPORTED,
         "\"longrope\""},
        {"{" SIZES "\"rope_parameters\":{\"partial_rotary_factor\":0.25}}", DEAR_ERROR_UNSUPPORTED,
         "partial_rotary_factor"},
        {"{" SIZES "\"rope_parameters\":7}", DEAR_ERROR_INPUT, "must be an object"},
        {"{" SIZES "\"rope_scaling\":{\"type\":\"linear\"}}", DEAR_ERROR_INPUT,
         "\"factor\" is missing"},
        {"{" SIZES "\"rope_scaling\":{\"type\":\"linear\",\"factor\":-2}}", DEAR_ERROR_INPUT,
         "must be positive"},
        {"{" SIZES "\"rope_theta\":0}", DEAR_ERROR_INPUT, "theta"},
        {"{" SIZES "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,"
         "\"high_freq_factor\":4}}",
         DEAR_ERROR_INPUT, "low_freq_factor < high_freq_factor"},
        {"{" SIZES "\"tie_word_embeddings\":\"yes\"}", DEAR_ERROR_INPUT, "\"tie_word_embeddings\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        dear_error err;
        llama_config c = {.vocab_size = 77};
        assert_failure(read_text(&c, CASES[i].text, &err), CASES[i].status, &err, CASES[i].message);
        assert_int_equal(c.vocab_size, 77);
        assert_non_null(strstr(err.message, "config.json: "));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_and_new_spelling),
        cmocka_unit_test(classifier),
        cmocka_unit_test(defaults),
        cmocka_unit_test(generation),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
