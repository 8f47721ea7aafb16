/* Narrowing: how near each type comes, that what a type holds it holds again, and its rules. */
#include "scratch.h"

#include "model/quantize.h"
#include "model/quants.h"

#include <float.h>
#include <math.h>

enum { COUNT = 32 * 64, MAX_BYTES = COUNT * 4 };

static const tensor_type TYPES[] = {TENSOR_F32,  TENSOR_F16,  TENSOR_BF16,
                                    TENSOR_Q8_0, TENSOR_Q4_0, TENSOR_Q4_1};
enum { NUM_TYPES = sizeof TYPES / sizeof *TYPES };

/* Blocks of many sizes, a block of zeros and one of equal numbers among them. */
static void fill(float *x) {
    uint32_t state = 12345;
    for (int i = 0; i < COUNT; i++) {
        state = state * 1664525 + 1013904223;
        float unit = (float)(state >> 8) / (float)(1 << 23) - 1;
        x[i] = unit * (float)(1 << i / 32 % 20) / 4096 + (i / 32 % 3 ? 0 : 0.25f);
    }
    for (int i = 0; i < 32; i++) {
        x[i] = 0;
        x[32 + i] = -0.75f;
    }
}

static float larger(float a, float b) {
    return a > b ? a : b;
}

/* How far a number of a block may be from what was written, by the definition of its type. */
static float bound(tensor_type type, const float *block, float x) {
    float amax = 0, low = block[0], high = block[0];
    for (int i = 0; i < 32; i++) {
        amax = larger(amax, fabsf(block[i]));
        low = -larger(-low, -block[i]);
        high = larger(high, block[i]);
    }
    float f16 = 0x1p-11f, tiny = 0x1p-24f; /* half a unit of a half-precision scale's last place */
    switch (type) {
    case TENSOR_F32:
        return 0;
    case TENSOR_F16:
        return larger(fabsf(x) * f16, 0x1p-25f);
    case TENSOR_BF16:
        return fabsf(x) * 0x1p-8f;
    case TENSOR_Q8_0:
        return amax / 127 * 0.5001f + amax * f16 + 127 * tiny;
    case TENSOR_Q4_0: /* +8 steps are cut to +7 */
        return amax / 8 * 1.0001f + amax * f16 + 8 * tiny;
    default:
        return (high - low) / 15 * 0.5001f + (high - low) * f16 + fabsf(low) * f16 + 16 * tiny;
    }
}

static void comes_near(void **state) {
    (void)state;
    static float x[COUNT], back[COUNT];
    static unsigned char bytes[MAX_BYTES + 1];
    fill(x);
    for (int t = 0; t < NUM_TYPES; t++) {
        quantize(TYPES[t], x, COUNT, bytes + 1); /* any address will do */
        tensor_widen(TYPES[t], bytes + 1, COUNT, back);
        for (int i = 0; i < COUNT; i++)
            if (!(fabsf(back[i] - x[i]) <= bound(TYPES[t], x + i / 32 * 32, x[i])))
                fail_msg("%s: number %d, %.9g, became %.9g", tensor_type_name(TYPES[t]), i,
                         (double)x[i], (double)back[i]);
    }
}

/* Rounding is to the nearest: over many numbers the mean error of a step is a quarter of it. */
static void uses_its_steps(void **state) {
    (void)state;
    static float x[COUNT], back[COUNT];
    static unsigned char bytes[MAX_BYTES];
    static const struct {
        tensor_type type;
        float steps;
    } CASES[] = {{TENSOR_Q8_0, 254}, {TENSOR_Q4_0, 16}, {TENSOR_Q4_1, 15}};
    uint32_t random = 99;
    for (int i = 0; i < COUNT; i++) {
        random = random * 1664525 + 1013904223;
        x[i] = (float)(random >> 8) / (float)(1 << 23) - 1;
    }
    for (int c = 0; c < 3; c++) {
        double error = 0;
        quantize(CASES[c].type, x, COUNT, bytes);
        tensor_widen(CASES[c].type, bytes, COUNT, back);
        for (int i = 0; i < COUNT; i++)
            error += fabs((double)back[i] - (double)x[i]) / COUNT;
        double quarter_step = 2.0 / (double)CASES[c].steps / 4;
        if (!(error < 1.1 * quarter_step && error > 0.8 * quarter_step))
            fail_msg("%s: mean error %g, a quarter of a step is %g",
                     tensor_type_name(CASES[c].type), error, quarter_step);
    }
}

static void keeps_what_it_holds(void **state) {
    (void)state;
    static float x[COUNT], once[COUNT], twice[COUNT];
    static unsigned char first[MAX_BYTES], second[MAX_BYTES];
    fill(x);
    for (int t = 0; t < NUM_TYPES; t++) {
        quantize(TYPES[t], x, COUNT, first);
        tensor_widen(TYPES[t], first, COUNT, once);
        quantize(TYPES[t], once, COUNT, second);
        tensor_widen(TYPES[t], second, COUNT, twice);
        for (int i = 0; i < COUNT; i++)
            if (once[i] != twice[i])
                fail_msg("%s: number %d, %.9g, became %.9g", tensor_type_name(TYPES[t]), i,
                         (double)once[i], (double)twice[i]);
    }
}

static float scale_of(const unsigned char *block) {
    uint16_t bits;
    memcpy(&bits, block, 2);
    return float_from_f16(bits);
}

/* Blocks whose bytes follow from the definition by hand. */
static void known_blocks(void **state) {
    (void)state;
    float x[32];
    unsigned char block[34];
    for (int i = 0; i < 32; i++)
        x[i] = (float)(i - 15); /* -15 to 16 */
    x[31] = -16;
    quantize(TENSOR_Q4_0, x, 32, block);
    assert_true(scale_of(block) == 2);        /* -16 / -8 */
    assert_int_equal(block[2] & 15, 1);       /* -15 / 2 + 8 = 0.5, and halves go up */
    assert_int_equal(block[2 + 15] & 15, 8);  /* 0 */
    assert_int_equal(block[2 + 15] >> 4, 0);  /* -16 */
    assert_int_equal(block[2 + 14] >> 4, 15); /* 15 */
    for (int i = 0; i < 32; i++)
        x[i] = (float)(i / 2) * 0.5f + 3; /* 16 steps from 3 */
    quantize(TENSOR_Q4_1, x, 32, block);
    assert_true(scale_of(block) == 0.5f);
    assert_true(scale_of(block + 2) == 3);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(block[4 + i] & 15, i / 2);
        assert_int_equal(block[4 + i] >> 4, 8 + i / 2);
    }
    for (int i = 0; i < 32; i++)
        x[i] = i % 2 ? -2.54f : 1.01f; /* a scale of 0.02 */
    quantize(TENSOR_Q8_0, x, 32, block);
    assert_int_equal((int8_t)block[2], 51); /* 50.5: halves go away from 0 */
    assert_int_equal((int8_t)block[3], -127);
}

/* Numbers whose scale is below half precision, and below an inverse. */
static void tiny_numbers(void **state) {
    (void)state;
    static const float SIZES[] = {1e-45f, 1e-39f, 1e-30f, 1e-9f};
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < NUM_TYPES; t++) {
            float x[32], back[32];
            unsigned char bytes[128];
            for (int i = 0; i < 32; i++)
                x[i] = (i % 2 ? -1 : 1) * SIZES[s];
            quantize(TYPES[t], x, 32, bytes);
            tensor_widen(TYPES[t], bytes, 32, back);
            for (int i = 0; i < 32; i++)
                assert_true(fabsf(back[i]) <= 2e-8f);
        }
}

static void misfits(void **state) {
    (void)state;
    float x[] = {1, -65504, 65504, 65519, 1e6f, INFINITY};
    assert_int_equal(quantize_find_misfit(TENSOR_F16, x, 6), 3);
    assert_int_equal(quantize_find_misfit(TENSOR_Q8_0, x, 3), -1);
    assert_int_equal(quantize_find_misfit(TENSOR_BF16, x, 6), 5);
    assert_int_equal(quantize_find_misfit(TENSOR_F32, x, 6), 5);
    x[1] = NAN;
    for (int t = 0; t < NUM_TYPES; t++)
        assert_int_equal(quantize_find_misfit(TYPES[t], x, 6), 1);
    x[0] = FLT_MAX;
    assert_int_equal(quantize_find_misfit(TENSOR_F32, x, 1), -1);
    assert_int_equal(quantize_find_misfit(TENSOR_BF16, x, 1), 0);
}

static void names(void **state) {
    (void)state;
    tensor_type type;
    assert_true(quantize_parse_type(&type, "q4_1"));
    assert_int_equal(type, TENSOR_Q4_1);
    assert_true(quantize_parse_type(&type, "bf16"));
    assert_int_equal(type, TENSOR_BF16);
    assert_false(quantize_parse_type(&type, "q6_k"));
    assert_false(quantize_parse_type(&type, ""));
    assert_true(quantize_known(TENSOR_Q8_0));
    assert_false(quantize_known(TENSOR_Q5_1));
    assert_false(quantize_known(TENSOR_OTHER));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_near),
        cmocka_unit_test(uses_its_steps),
        cmocka_unit_test(keeps_what_it_holds),
        cmocka_unit_test(known_blocks),
        cmocka_unit_test(tiny_numbers),
        cmocka_unit_test(misfits),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
