/* Contracts of linear layers and attention that are not about numbers: refusals, memory. */
#include "cmocka_setup.h"

#include "base/memory.h"
#include "compute/attention_backward.h"
#include "compute/backend.h"
#include "compute/linear.h"
#include "compute/matmul.h"
#include "compute/onednn.h"

#include <string.h>

enum { IN = 40, OUT = 24, TOKENS = 7 };

static dear_status ones(void *context, int64_t first, int64_t count, float *out, dear_error *err) {
    (void)context, (void)first, (void)err;
    for (int64_t i = 0; i < count * IN; i++)
        out[i] = 1;
    return DEAR_OK;
}

static dear_status broken(void *context, int64_t first, int64_t count, float *out,
                          dear_error *err) {
    (void)context, (void)count, (void)out;
    return error_set(err, DEAR_ERROR_INPUT, "row %lld cannot be read", (long long)first);
}

static const linear_source of_ones = {.rows = ones}, of_nothing = {.rows = broken};

static void names_round_trip(void **state) {
    (void)state;
    for (precision p = PRECISION_AUTO; p <= PRECISION_INT8; p++) {
        precision parsed;
        assert_true(precision_parse(&parsed, precision_name(p)));
        assert_int_equal(parsed, p);
        if (p != PRECISION_AUTO)
            assert_true(strlen(linear_backend(p)) > 0);
    }
    precision parsed;
    assert_false(precision_parse(&parsed, "fp32"));
    assert_int_not_equal(precision_fastest(), PRECISION_AUTO);
    assert_int_equal(precision_fastest(), precision_fastest());
    assert_true(linear_peak(precision_fastest()) > 0);
}

static void refuses_impossible_weights(void **state) {
    (void)state;
    linear *l;
    dear_error err;
    assert_int_equal(linear_create(&l, 0, 4, PRECISION_F32, &of_ones, &err), DEAR_ERROR_USAGE);
    assert_null(l);
    assert_int_equal(linear_create(&l, INT64_MAX, INT64_MAX, PRECISION_F32, &of_ones, &err),
                     DEAR_ERROR_USAGE);
    assert_int_equal(linear_create_transposed(&l, OUT, IN, PRECISION_INT8, &of_ones, &err),
                     DEAR_ERROR_USAGE);
    assert_null(l);
}

static void passes_the_source_s_error_on(void **state) {
    (void)state;
    linear *l;
    dear_error err;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        assert_int_equal(linear_create(&l, OUT, IN, p, &of_nothing, &err), DEAR_ERROR_INPUT);
        assert_string_equal(err.message, "row 0 cannot be read");
        assert_null(l);
    }
}

/* Creates, applies and frees; any allocation may fail. */
static dear_status use_layer(precision p) {
    float x[TOKENS * IN] = {1}, y[TOKENS * OUT];
    linear *l = NULL;
    linear_scratch *s = NULL;
    dear_status status = linear_create(&l, OUT, IN, p, &of_ones, NULL);
    if (status == DEAR_OK)
        status = linear_scratch_create(&s, NULL);
    if (status == DEAR_OK)
        status = linear_apply(l, s, &(linear_rows){.x = x, .tokens = TOKENS}, y, NULL);
    linear_free(l);
    linear_scratch_free(s);
    return status;
}

static dear_status use_transposed_layer(precision p) {
    float dy[TOKENS * OUT] = {1}, dx[TOKENS * IN];
    linear *l = NULL;
    linear_scratch *s = NULL;
    dear_status status = linear_create_transposed(&l, OUT, IN, p, &of_ones, NULL);
    if (status == DEAR_OK)
        status = linear_scratch_create(&s, NULL);
    if (status == DEAR_OK)
        status = linear_apply(l, s, &(linear_rows){.x = dy, .tokens = TOKENS}, dx, NULL);
    linear_free(l);
    linear_scratch_free(s);
    return status;
}

static dear_status use_matmul(precision unused) {
    (void)unused;
    float x[TOKENS * IN] = {1}, y[TOKENS * TOKENS];
    matrix a = {x, IN, false}, b = {x, IN, true};
    return matmul(y, TOKENS, &a, &b, TOKENS, TOKENS, IN, 1, false, NULL);
}

static dear_status use_onednn(precision p) {
    float x[TOKENS * IN] = {1}, y[TOKENS * OUT];
    onednn_matmul *m = NULL;
    linear_scratch *s = NULL;
    dear_status status = onednn_matmul_create(&m, OUT, IN, p, &of_ones, NULL);
    if (status == DEAR_OK)
        status = linear_scratch_create(&s, NULL);
    if (status == DEAR_OK)
        status = onednn_matmul_apply(m, s, &(linear_rows){.x = x, .tokens = TOKENS}, y, NULL);
    onednn_matmul_free(m);
    linear_scratch_free(s);
    return status;
}

static dear_status use_attention(precision unused) {
    (void)unused;
    float q[3 * 8] = {0}, k[3 * 4] = {0}, out[3 * 8];
    attention_shape shape = {2, 1, 4, 8, 8, 0.5f};
    attention_run run = {.q = q, .out = out, .count = 3, .own = {k, k, 3, 4}, .own_visible = 1};
    return attention_apply(&shape, &run, 1, NULL);
}

static dear_status use_attention_backward(precision unused) {
    (void)unused;
    float q[3 * 8] = {0}, k[3 * 4] = {0}, dq[3 * 8], dk[3 * 4], dv[3 * 4];
    attention_shape shape = {2, 1, 4, 8, 8, 0.5f};
    attention_gradient_run run = {q, k, k, q, q, dq, dk, dv, 3, 4};
    return attention_backward(&shape, &run, 1, NULL);
}

/* Lets the n-th allocation fail, for each n until none does. */
static void survive(dear_status (*use)(precision), precision p) {
    for (long n = 1;; n++) {
        mem_fail_after(n);
        dear_status status = use(p);
        mem_fail_after(0);
        if (status == DEAR_OK) {
            assert_true(n > 1);
            return;
        }
        assert_int_equal(status, DEAR_ERROR_MEMORY);
    }
}

static void survives_lack_of_memory(void **state) {
    (void)state;
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        backend_for(p); // asked once, before memory is short
        survive(use_layer, p);
        if (p != PRECISION_INT8)
            survive(use_transposed_layer, p);
    }
    survive(use_attention, PRECISION_F32);
    survive(use_attention_backward, PRECISION_F32);
    survive(use_matmul, PRECISION_F32);
}

static void onednn_fails_cleanly(void **state) {
    (void)state;
    if (use_onednn(PRECISION_F32) == DEAR_ERROR_UNSUPPORTED)
        skip();
    onednn_matmul *m;
    dear_error err;
    assert_int_equal(onednn_matmul_create(&m, OUT, IN, PRECISION_F32, &of_nothing, &err),
                     DEAR_ERROR_INPUT);
    assert_null(m);
    survive(use_onednn, PRECISION_F32);
}

static void scratch_is_kept(void **state) {
    (void)state;
    float x[TOKENS * IN] = {1}, y[TOKENS * OUT];
    for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
        linear *l;
        linear_scratch *s;
        assert_int_equal(linear_create(&l, OUT, IN, p, &of_ones, NULL), DEAR_OK);
        assert_int_equal(linear_scratch_create(&s, NULL), DEAR_OK);
        assert_int_equal(linear_apply(l, s, &(linear_rows){.x = x, .tokens = TOKENS}, y, NULL),
                         DEAR_OK);
        mem_fail_after(1); // the second time there is nothing to allocate
        assert_int_equal(linear_apply(l, s, &(linear_rows){.x = x, .tokens = TOKENS}, y, NULL),
                         DEAR_OK);
        mem_fail_after(0);
        assert_true(linear_bytes(l) >= OUT * IN);
        assert_int_equal(linear_out_features(l), OUT);
        assert_int_equal(linear_in_features(l), IN);
        assert_int_equal(linear_apply(l, s, &(linear_rows){.x = x}, y, NULL), DEAR_OK);
        linear_free(l);
        linear_scratch_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_round_trip),
        cmocka_unit_test(refuses_impossible_weights),
        cmocka_unit_test(passes_the_source_s_error_on),
        cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(onednn_fails_cleanly),
        cmocka_unit_test(scratch_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
