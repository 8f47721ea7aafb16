/* What must hold of a forward whatever the weights are: how a text is cut up changes nothing. */
#include "cmocka_setup.h"

#include "base/memory.h"
#include "llm/generate.h"
#include "llm/llama.h"

#include <math.h>
#include <string.h>

enum { TOKENS = 40 };

static model *m;
static llama *engines[4];
static int64_t width;
static int32_t ids[TOKENS];

static int open_engines(void **state) {
    (void)state;
    dear_error err;
    if (model_open(&m, TEST_DATA "/../golden/data/gqa-tied/causal", NULL, &err) != DEAR_OK)
        return -1;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++)
        if (llama_open(&engines[p], m, p, NULL, NULL, &err) != DEAR_OK)
            return -1;
    width = model_config(m)->hidden_size;
    for (int i = 0; i < TOKENS; i++)
        ids[i] = (i * 37 + 11) % 1000;
    return 0;
}

static int close_engines(void **state) {
    (void)state;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++)
        llama_close(engines[p]);
    model_close(m);
    return 0;
}

static float *states_of(llama *l, const llama_sequence *sequences, size_t count, int64_t rows) {
    dear_error err;
    float *hidden = mem_calloc((size_t)(rows * width), sizeof *hidden);
    assert_int_equal(llama_forward(l, sequences, count, hidden, rows, &err), DEAR_OK);
    return hidden;
}

/* Equal within what another order of float32 additions may change; exactly so in int8. */
static void assert_same_states(precision p, const float *a, const float *b, int64_t rows) {
    for (int64_t i = 0; i < rows * width; i++) {
        if (p == PRECISION_INT8)
            assert_true(a[i] == b[i]);
        else
            assert_true(fabsf(a[i] - b[i]) <= 2e-5f);
    }
}

/* auto is int8 only of weights that need no rounding. */
static void float_weights_are_computed_in_float32(void **state) {
    (void)state;
    assert_int_equal(llama_choose_precision(m, PRECISION_AUTO), PRECISION_F32);
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++)
        assert_int_equal(llama_choose_precision(m, p), p);
}

static void packed_sequences_do_not_touch_each_other(void **state) {
    (void)state;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        llama_sequence all[3] = {{.ids = ids, .count = 7, .first_row = 6},
                                 {.ids = ids + 7, .count = 1, .first_row = 0},
                                 {.ids = ids + 8, .count = 32, .first_row = 30}};
        float *together = states_of(engines[p], all, 3, 4), *next = together;
        for (int i = 0; i < 3; i++) {
            int64_t rows = all[i].count - all[i].first_row;
            float *alone = states_of(engines[p], &all[i], 1, rows);
            assert_same_states(p, alone, next, rows);
            next += rows * width;
            mem_free(alone);
        }
        mem_free(together);
    }
}

static void a_shared_prefix_is_as_good_as_its_text(void **state) {
    (void)state;
    enum { PREFIX = 12 };
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        kv_cache *cache;
        dear_error err;
        assert_int_equal(kv_cache_create(&cache, model_config(m), 1, &err), DEAR_OK);
        llama_sequence prefix = {.ids = ids, .count = PREFIX, .cache = cache, .first_row = PREFIX};
        assert_int_equal(llama_forward(engines[p], &prefix, 1, NULL, 0, &err), DEAR_OK);
        assert_int_equal(cache->length, PREFIX);
        llama_sequence rest[2] = {{.ids = ids + PREFIX, .count = TOKENS - PREFIX, .prefix = cache},
                                  {.ids = ids + PREFIX, .count = 5, .prefix = cache}};
        float *behind = states_of(engines[p], rest, 2, TOKENS - PREFIX + 5);
        llama_sequence whole = {.ids = ids, .count = TOKENS, .first_row = PREFIX};
        float *once = states_of(engines[p], &whole, 1, TOKENS - PREFIX);
        for (int64_t i = 0; i < (TOKENS - PREFIX) * width; i++)
            assert_true(fabsf(behind[i] - once[i]) <= 2e-5f);
        assert_same_states(p, behind, behind + (TOKENS - PREFIX) * width, 5);
        mem_free(behind);
        mem_free(once);
        kv_cache_free(cache);
    }
}

static void a_text_read_token_by_token_is_the_same_text(void **state) {
    (void)state;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        kv_cache *cache;
        dear_error err;
        assert_int_equal(kv_cache_create(&cache, model_config(m), 1, &err), DEAR_OK);
        llama_sequence whole = {.ids = ids, .count = TOKENS};
        float *once = states_of(engines[p], &whole, 1, TOKENS);
        for (int i = 0; i < TOKENS; i++) {
            llama_sequence one = {.ids = ids + i, .count = 1, .cache = cache};
            float *state_now = states_of(engines[p], &one, 1, 1);
            assert_same_states(p, once + i * width, state_now, 1);
            mem_free(state_now);
        }
        kv_cache_truncate(cache, 10);
        llama_sequence again = {.ids = ids + 10, .count = 3, .cache = cache};
        float *after = states_of(engines[p], &again, 1, 3);
        assert_same_states(p, once + 10 * width, after, 3);
        mem_free(after);
        mem_free(once);
        kv_cache_free(cache);
    }
}

static void long_batches_are_cut_into_chunks(void **state) {
    (void)state;
    enum { COUNT = 40 }; /* 1,600 tokens: more than one chunk in every pass */
    llama_sequence many[COUNT];
    for (int i = 0; i < COUNT; i++)
        many[i] = (llama_sequence){.ids = ids, .count = TOKENS, .first_row = TOKENS - 1};
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        float *states = states_of(engines[p], many, COUNT, COUNT);
        for (int i = 1; i < COUNT; i++)
            assert_same_states(p, states, states + i * width, 1);
        mem_free(states);
    }
}

static void wrong_calls_are_refused(void **state) {
    (void)state;
    dear_error err;
    llama *l = engines[PRECISION_F32];
    float hidden[512];
    int32_t outside[] = {3, 1024}, negative[] = {-1};
    llama_sequence s = {.ids = outside, .count = 2, .first_row = 1};
    assert_int_equal(llama_forward(l, &s, 1, hidden, 1, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "1024"));
    s = (llama_sequence){.ids = negative, .count = 1};
    assert_int_equal(llama_forward(l, &s, 1, hidden, 1, &err), DEAR_ERROR_INPUT);
    s = (llama_sequence){.ids = ids, .count = 0};
    assert_int_equal(llama_forward(l, &s, 1, hidden, 1, &err), DEAR_ERROR_USAGE);
    s = (llama_sequence){.ids = ids, .count = 3};
    assert_int_equal(llama_forward(l, &s, 1, hidden, 2, &err), DEAR_ERROR_USAGE);
    assert_int_equal(llama_scores(l, hidden, 1, hidden, &err), DEAR_ERROR_USAGE);
    generate_options options = generate_defaults();
    token_list out = {0};
    assert_int_equal(generate(l, ids, 0, &options, &out, &err), DEAR_ERROR_USAGE);
}

/* Each allocation fails once; what must come is an error, and nothing is lost (ASan watches). */
static void running_out_of_memory_is_an_error(void **state) {
    (void)state;
    dear_error err;
    bool done = false;
    for (long n = 1; !done && n < 100000; n++) {
        llama *l = NULL;
        token_list out = {0};
        generate_options options = generate_defaults();
        options.max_new_tokens = 2;
        mem_fail_after(n);
        dear_status status = llama_open(&l, m, PRECISION_INT8, NULL, NULL, &err);
        if (status == DEAR_OK)
            status = generate(l, ids, 5, &options, &out, &err);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        done = status == DEAR_OK;
        token_list_free(&out);
        llama_close(l);
    }
    assert_true(done);
}

static bool stop_after_three(void *context, int32_t id) {
    (void)id;
    return ++*(int *)context < 3;
}

static void generation_stops_where_it_is_told(void **state) {
    (void)state;
    dear_error err;
    token_list out = {0};
    int seen = 0;
    generate_options options = generate_defaults();
    options.on_token = stop_after_three;
    options.context = &seen;
    assert_int_equal(generate(engines[PRECISION_F32], ids, 5, &options, &out, &err), DEAR_OK);
    assert_int_equal(out.count, 3);
    token_list_free(&out);
    options = generate_defaults();
    options.max_new_tokens = 2;
    assert_int_equal(generate(engines[PRECISION_F32], ids, 5, &options, &out, &err), DEAR_OK);
    assert_int_equal(out.count, 2);
    token_list_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float_weights_are_computed_in_float32),
        cmocka_unit_test(packed_sequences_do_not_touch_each_other),
        cmocka_unit_test(a_shared_prefix_is_as_good_as_its_text),
        cmocka_unit_test(a_text_read_token_by_token_is_the_same_text),
        cmocka_unit_test(long_batches_are_cut_into_chunks),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(running_out_of_memory_is_an_error),
        cmocka_unit_test(generation_stops_where_it_is_told),
    };
    return cmocka_run_group_tests(tests, open_engines, close_engines);
}
