#include "cmocka_setup.h"

#include "base/memory.h"
#include "retrieve/max_score.h"

#include <stdlib.h>
#include <string.h>

enum { PASSAGES = 5 * SCORE_BLOCK / 2, TERMS = 6 };

/* The same numbers every time. */
static uint32_t draw(uint32_t *state) {
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* A list of about PASSAGES / gap postings, of weights up to `heaviest`. */
static postings make_list(uint32_t gap, uint32_t heaviest, uint32_t *state) {
    postings p = {.list = mem_calloc(PASSAGES, sizeof *p.list), .heaviest = heaviest};
    for (uint32_t at = draw(state) % gap; at < PASSAGES; at += 1 + draw(state) % (2 * gap))
        p.list[p.count++] = (posting){at, 1 + draw(state) % heaviest};
    return p;
}

static int better_first(const void *a, const void *b) {
    const found_passage *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->passage > y->passage) - (x->passage < y->passage);
}

/* All sums, sorted. */
static size_t add_up_all(const query_term *terms, size_t num_terms, int shift, found_passage *out) {
    static uint32_t sums[PASSAGES];
    memset(sums, 0, sizeof sums);
    for (size_t t = 0; t < num_terms; t++)
        for (size_t i = 0; i < terms[t].postings->count; i++) {
            posting p = terms[t].postings->list[i];
            sums[p.passage] += (uint32_t)((uint64_t)p.weight * terms[t].count >> shift);
        }
    size_t count = 0;
    for (uint32_t i = 0; i < PASSAGES; i++)
        if (sums[i])
            out[count++] = (found_passage){i, sums[i]};
    qsort(out, count, sizeof *out, better_first);
    return count;
}

static void expect_best(query_term *terms, size_t num_terms, size_t k, int wanted_shift) {
    static found_passage all[PASSAGES], found[PASSAGES];
    static uint32_t sums[SCORE_BLOCK];
    int shift = -1;
    size_t there = add_up_all(terms, num_terms, wanted_shift, all);
    size_t count = max_score(terms, num_terms, sums, found, k, &shift);
    assert_int_equal(shift, wanted_shift);
    assert_int_equal(count, there < k ? there : k);
    assert_memory_equal(found, all, count * sizeof *found);
    for (size_t i = 0; i < SCORE_BLOCK; i++)
        assert_int_equal(sums[i], 0);
}

/* Lists from rare and heavy to common and light, as words are; few weights, so that scores tie. */
static void finds_what_adding_up_all_finds(void **state) {
    (void)state;
    static const uint32_t gaps[TERMS] = {20000, 900, 70, 9, 2, 1};
    static const uint32_t heaviest[TERMS] = {900, 500, 300, 40, 9, 2};
    static const size_t ks[] = {1, 2, 10, 100, 1000, PASSAGES};
    uint32_t seed = 1;
    postings lists[TERMS];
    for (size_t t = 0; t < TERMS; t++)
        lists[t] = make_list(gaps[t], heaviest[t], &seed);
    for (size_t subset = 1; subset < 1 << TERMS; subset++) {
        query_term terms[TERMS];
        size_t count = 0;
        for (size_t t = 0; t < TERMS; t++)
            if (subset >> t & 1)
                terms[count++] = (query_term){.postings = &lists[t], .count = 1 + subset % 3};
        expect_best(terms, count, ks[subset % 6], 0);
    }
    for (size_t t = 0; t < TERMS; t++)
        mem_free(lists[t].list);
}

static void shifts_what_would_overflow(void **state) {
    (void)state;
    uint32_t seed = 2;
    postings heavy = make_list(50, UINT32_MAX, &seed), light = make_list(3, 5000, &seed);
    query_term terms[] = {{.postings = &heavy, .count = 3}, {.postings = &light, .count = 1}};
    expect_best(terms, 2, 100, 2);
    mem_free(heavy.list);
    mem_free(light.list);
}

static void finds_nothing_in_empty_lists(void **state) {
    (void)state;
    postings none = {0};
    query_term terms[] = {{.postings = &none, .count = 1}, {.postings = &none, .count = 2}};
    expect_best(terms, 2, 5, 0);
    expect_best(terms, 0, 5, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_adding_up_all_finds),
        cmocka_unit_test(shifts_what_would_overflow),
        cmocka_unit_test(finds_nothing_in_empty_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
