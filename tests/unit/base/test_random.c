#include "cmocka_setup.h"

#include "base/random.h"

/* SplitMix64's first numbers from the seed 1234567, as its description's test vectors have them. */
static void a_seed_fills_the_state(void **state) {
    (void)state;
    random_source r = random_from_seed(1234567);
    assert_true(r.state[0] == UINT64_C(6457827717110365317));
    assert_true(r.state[1] == UINT64_C(3203168211198807973));
    assert_true(r.state[2] == UINT64_C(9817491932198370423));
    assert_true(r.state[3] == UINT64_C(4593380528125082431));
}

/* What xoshiro256++ gives from the state 1, 2, 3, 4. */
static void numbers_are_those_of_xoshiro256(void **state) {
    (void)state;
    static const uint64_t expected[] = {41943041, 58720359, 3588806011781223, 3591011842654386,
                                        UINT64_C(9228616714210784205)};
    random_source r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_true(random_bits(&r) == expected[i]);
}

/* Counts of 6 faces over 60000 throws: chi-squared with 5 degrees of freedom is below 25.7 in all
 * but 1 of 10000 seeds, and this is one seed. */
static void every_number_is_equally_likely(void **state) {
    (void)state;
    enum { FACES = 6, THROWS = 60000 };
    size_t counts[FACES] = {0};
    random_source r = random_from_seed(7);
    for (size_t i = 0; i < THROWS; i++) {
        size_t face = random_below(&r, FACES);
        assert_true(face < FACES);
        counts[face]++;
    }
    double chi = 0, expected = (double)THROWS / FACES;
    for (size_t i = 0; i < FACES; i++)
        chi += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    assert_true(chi < 25.7);
    assert_int_equal(random_below(&r, 1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_fills_the_state),
        cmocka_unit_test(numbers_are_those_of_xoshiro256),
        cmocka_unit_test(every_number_is_equally_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
