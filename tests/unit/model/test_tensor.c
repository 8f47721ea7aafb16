/* Element types: every one to the values that the reference holds, halves to all 65,536. */
#include "scratch.h"

#include "model/gguf.h"
#include "model/safetensors.h"
#include "model/tensor.h"

#include <math.h>

/* The value of a half by its definition (IEEE 754 binary16). */
static double f16_by_definition(unsigned bits) {
    double sign = bits & 0x8000 ? -1 : 1;
    int exponent = (int)(bits >> 10 & 31);
    double mantissa = (double)(bits & 1023);
    if (exponent == 31)
        return bits & 1023 ? NAN : sign * INFINITY;
    return exponent ? sign * ldexp(1024 + mantissa, exponent - 25) : sign * ldexp(mantissa, -24);
}

static void check_f16(unsigned bits, float got) {
    double expected = f16_by_definition(bits);
    if (isnan(expected) ? !isnan(got) : got != expected || !signbit(got) != !signbit(expected))
        fail_msg("half %04x is %g, not %g", bits, (double)got, expected);
}

static void all_halves(void **state) {
    (void)state;
    static uint16_t halves[65536];
    static float wide[65536];
    for (unsigned i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    tensor_widen(TENSOR_F16, halves, 65536, wide);
    for (unsigned i = 0; i < 65536; i++) {
        check_f16(i, wide[i]);
        check_f16(i, float_from_f16((uint16_t)i));
    }
}

/* Lengths that do not fill the vectors, at addresses that are not aligned. */
static void any_length(void **state) {
    (void)state;
    unsigned char bytes[2 * 40 + 1];
    for (int i = 0; i < 81; i++)
        bytes[i] = (unsigned char)(i * 7);
    for (int count = 0; count <= 40; count++) {
        float half[41], brain[41];
        half[count] = brain[count] = 12345;
        tensor_widen(TENSOR_F16, bytes + 1, count, half);
        tensor_widen(TENSOR_BF16, bytes + 1, count, brain);
        for (int i = 0; i < count; i++) {
            unsigned bits = bytes[1 + 2 * i] | (unsigned)bytes[2 + 2 * i] << 8;
            check_f16(bits, half[i]);
            assert_true(brain[i] == float_from_bf16((uint16_t)bits));
        }
        assert_true(half[count] == 12345 && brain[count] == 12345);
    }
}

static void bf16(void **state) {
    (void)state;
    assert_true(float_from_bf16(0x3f80) == 1.0f);
    assert_true(float_from_bf16(0xc040) == -3.0f);
    for (unsigned i = 0; i < 65536; i++) {
        float value = float_from_bf16((uint16_t)i);
        if (!isnan(value))
            assert_int_equal(float_to_bf16(value), i);
        else
            assert_true(isnan(float_from_bf16(float_to_bf16(value))));
    }
    assert_int_equal(float_to_bf16(1.00390625f), 0x3f80);   /* half-way, to even: down */
    assert_int_equal(float_to_bf16(1.01171875f), 0x3f82);   /* half-way, to even: up */
    assert_int_equal(float_to_bf16(1.00390637f), 0x3f81);   /* just above half-way */
    assert_int_equal(float_to_bf16(3.4028235e38f), 0x7f80); /* rounds to infinity */
    assert_true(isnan(float_from_bf16(float_to_bf16(NAN))));
}

/* Not only within 2^-23: every operation is rounded once, as in the reference, so to the bit. */
static void every_type(void **state) {
    (void)state;
    gguf *quants;
    safetensors *expected;
    dear_error err;
    assert_success(gguf_open(&quants, GOLDEN "/quants.gguf", &err), &err);
    assert_success(safetensors_open(&expected, GOLDEN "/quants-expected.safetensors", &err), &err);
    assert_int_equal(gguf_count(quants), 13);
    for (size_t i = 0; i < gguf_count(quants); i++) {
        const tensor *q = gguf_at(quants, i), *e = safetensors_find(expected, q->name);
        float got[6 * 512], want[6 * 512];
        assert_non_null(e);
        assert_true(tensor_has_shape(q, 6, 512) && tensor_has_shape(e, 6, 512));
        tensor_widen_rows(q, 512, 0, 2, got);
        tensor_widen_rows(q, 512, 2, 4, got + 2 * 512);
        memcpy(want, e->data, sizeof want);
        for (int j = 0; j < 6 * 512; j++)
            if (got[j] != want[j])
                fail_msg("%s[%d] is %.9g, not %.9g", q->name, j, (double)got[j], (double)want[j]);
    }
    gguf_close(quants);
    safetensors_close(expected);
}

static void shapes(void **state) {
    (void)state;
    size_t bytes;
    int64_t huge[] = {INT64_MAX / 2, 4}, odd[] = {3, 33}, fine[] = {3, 64}, negative[] = {-1, 64};
    assert_false(tensor_shape_bytes(TENSOR_F32, 2, huge, &bytes));
    assert_false(tensor_shape_bytes(TENSOR_Q4_0, 2, odd, &bytes));
    assert_false(tensor_shape_bytes(TENSOR_F32, 2, negative, &bytes));
    assert_false(tensor_shape_bytes(TENSOR_OTHER, 2, fine, &bytes));
    int64_t wide[] = {INT64_MAX / 2};
    assert_false(tensor_shape_bytes(TENSOR_F32, 1, wide, &bytes));
    assert_true(tensor_shape_bytes(TENSOR_Q4_0, 2, fine, &bytes));
    assert_int_equal(bytes, 3 * 2 * 18);
    assert_string_equal(tensor_type_name(23), "IQ4_XS");
    assert_false(tensor_type_known(23));
    assert_false(tensor_type_known(-1));
    assert_false(tensor_type_known(1 << 30));
    char text[96];
    tensor t = {.num_dims = 4, .shape = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}};
    assert_int_equal(strlen(tensor_shape_text(&t, text)), 4 * 19 + 3 * 2 + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_halves), cmocka_unit_test(any_length), cmocka_unit_test(bf16),
        cmocka_unit_test(every_type), cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
