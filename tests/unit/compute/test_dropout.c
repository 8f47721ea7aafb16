/* Dropout's mask: what the definition says, wherever a tensor is cut. */
#include "cmocka_setup.h"

#include "compute/kernels.h"

#include <math.h>
#include <string.h>

enum { N = 5000 };

static void each_table(void (*check)(const kernels *kn)) {
    for (cpu_level level = CPU_PLAIN; level <= CPU_AVX512; level++)
        if (kernels_at(level))
            check(kernels_at(level));
}

/* Philox4x32-10 from the paper's description, in place. */
static void philox(uint32_t c[4], uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        uint64_t a = 0xd2511f53ull * c[0], b = 0xcd9e8d57ull * c[2];
        uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ k0, (uint32_t)b,
                            (uint32_t)(a >> 32) ^ c[3] ^ k1, (uint32_t)a};
        memcpy(c, next, sizeof next);
        k0 += 0x9e3779b9;
        k1 += 0xbb67ae85;
    }
}

/* The known answers that come with the authors' library, Random123. */
static void philox_gives_the_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t c[4];
        memcpy(c, known[i].counter, sizeof c);
        philox(c, known[i].key[0], known[i].key[1]);
        assert_memory_equal(c, known[i].words, sizeof c);
    }
}

static bool is_dropped(const dropout_mask *mask, uint64_t e) {
    uint64_t low = e / 64 * 16 + e % 16;
    uint32_t c[4] = {(uint32_t)low, (uint32_t)(low >> 32), mask->step, mask->place};
    philox(c, (uint32_t)mask->seed, (uint32_t)(mask->seed >> 32));
    size_t word = e % 64 / 16;
    return c[word] * 0x1p-32 < mask->p;
}

static void check_definition(const kernels *kn) {
    static float x[N], y[N];
    for (size_t i = 0; i < N; i++)
        x[i] = (float)i + 1;
    const dropout_mask masks[] = {{0, 1, 2, 3},
                                  {0.05f, 0, 0, 0},
                                  {0.1f, 0xfedcba9876543210, 0xffffffff, 17},
                                  {0.5f, 42, 100000, 0x80000000},
                                  {0.9375f, UINT64_MAX, 1, 1}};
    const uint64_t firsts[] = {0, 1, 63, 1000, 0x3fffffff00, UINT64_MAX / 2};
    for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
        for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++) {
            kn->dropout(y, x, N, &masks[m], firsts[f]);
            for (size_t i = 0; i < N; i++)
                assert_true(
                    y[i] ==
                    (is_dropped(&masks[m], firsts[f] + i) ? 0 : x[i] * (1 / (1 - masks[m].p))));
        }
}

static void drops_what_the_definition_says(void **state) {
    (void)state;
    each_table(check_definition);
}

/* Pieces of any size, in place, are the whole. */
static void check_pieces(const kernels *kn) {
    static float whole[N], pieces[N];
    for (size_t i = 0; i < N; i++)
        whole[i] = pieces[i] = (float)i + 1;
    const dropout_mask mask = {0.3f, 5, 6, 7};
    kn->dropout(whole, whole, N, &mask, 12345);
    for (size_t i = 0, size = 1; i < N; i += size, size = size % 97 + 1) {
        size_t count = size < N - i ? size : N - i;
        kn->dropout(pieces + i, pieces + i, count, &mask, 12345 + i);
    }
    assert_memory_equal(whole, pieces, sizeof whole);
}

static void pieces_are_the_whole(void **state) {
    (void)state;
    each_table(check_pieces);
}

static size_t dropped(const dropout_mask *mask, float *y) {
    size_t count = 0;
    for (size_t i = 0; i < N; i++)
        y[i] = 1;
    kernels_get()->dropout(y, y, N, mask, 0);
    for (size_t i = 0; i < N; i++)
        count += y[i] == 0;
    return count;
}

/* A share of p, within five standard deviations; and masks of other steps and places have nothing in
 * common with it but what chance gives. */
static void masks_are_random(void **state) {
    (void)state;
    const double p = 0.1;
    const dropout_mask masks[] = {
        {0.1f, 1, 1, 1}, {0.1f, 1, 2, 1}, {0.1f, 1, 1, 2}, {0.1f, 2, 1, 1}};
    static float y[4][N];
    for (size_t m = 0; m < 4; m++) {
        double count = (double)dropped(&masks[m], y[m]), both = 0;
        assert_true(fabs(count - N * p) <= 5 * sqrt(N * p * (1 - p)));
        for (size_t i = 0; m > 0 && i < N; i++)
            both += y[0][i] == 0 && y[m][i] == 0;
        if (m > 0)
            assert_true(fabs(both - N * p * p) <= 5 * sqrt(N * p * p * (1 - p * p)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(drops_what_the_definition_says),
        cmocka_unit_test(pieces_are_the_whole),
        cmocka_unit_test(masks_are_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
