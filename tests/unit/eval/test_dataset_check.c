#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "eval/dataset_check.h"
#include "unit/rank/scratch_file.h"

/* A set of which a topics, a qrels and a corpus file are known to hold 3, 2 and 1. */
static dataset_entry small_set(void) {
    dataset_entry set = {.name = "small", .title = "Small", .counts = {3, 1, 2, 1}};
    for (int part = 0; part < DATASET_PARTS; part++)
        set.parts[part].size = -1;
    return set;
}

static void counts_what_a_part_tells(void **state) {
    (void)state;
    dataset_counts found;
    dear_error err;
    dataset_entry set = small_set();
    const char *qrels = scratch_write("qrels", "1 0 a 1\n1 0 b 0\n");
    assert_int_equal(dataset_check(&found, &set, DATASET_QRELS, qrels, &err), DEAR_OK);
    assert_int_equal(found.queries, 1);
    assert_int_equal(found.judgments, 2);
    assert_int_equal(found.passages, -1);
    const char *topics = scratch_write("topics", "1\ta\n2\tb\n3\tc\n");
    assert_int_equal(dataset_check(&found, &set, DATASET_TOPICS, topics, &err), DEAR_OK);
    assert_int_equal(found.topics, 3);
    const char *corpus = scratch_write("corpus", "{\"_id\": \"a\", \"text\": \"x\"}\n");
    assert_int_equal(dataset_check(&found, &set, DATASET_CORPUS, corpus, &err), DEAR_OK);
    assert_int_equal(found.passages, 1);
}

static void expect_refused(const dataset_entry *set, dataset_part part, const char *path,
                           const char *complaint) {
    dataset_counts found;
    dear_error err;
    assert_int_equal(dataset_check(&found, set, part, path, &err), DEAR_ERROR_INPUT);
    if (!strstr(err.message, complaint) || !strstr(err.message, path))
        fail_msg("\"%s\" says nothing of \"%s\"", err.message, complaint);
}

static void what_differs_is_named(void **state) {
    (void)state;
    dataset_entry set = small_set();
    expect_refused(&set, DATASET_QRELS, scratch_write("qrels", "1 0 a 1\n"),
                   "holds 1 judgments, and must hold 2");
    expect_refused(&set, DATASET_QRELS, scratch_write("qrels", "1 0 a 1\n2 0 b 0\n"),
                   "holds 2 queries, and must hold 1");
    expect_refused(&set, DATASET_TOPICS, scratch_write("topics", "1\ta\n"),
                   "holds 1 queries, and must hold 3");
    expect_refused(&set, DATASET_CORPUS, scratch_write("corpus", "a\tx\nb\ty\n"),
                   "holds 2 passages, and must hold 1");
    expect_refused(&set, DATASET_CORPUS, scratch_write("corpus", "a\n"), "corpus:1");
}

static void other_bytes_are_refused_though_the_counts_fit(void **state) {
    (void)state;
    dataset_entry set = small_set();
    dataset_source *source = &set.parts[DATASET_CORPUS];
    source->size = 4;
    /* printf 'a\tx\n' | sha256sum */
    source->sha256 = "d90081846a82464321aca1346aac2f7711addd72b50c0ea381972c73d463ff45";
    const char *corpus = scratch_write("corpus", "a\tx\n");
    dataset_counts found;
    dear_error err;
    assert_int_equal(dataset_check(&found, &set, DATASET_CORPUS, corpus, &err), DEAR_OK);
    expect_refused(&set, DATASET_CORPUS, scratch_write("corpus", "a\ty\n"), "SHA-256 or size");
}

static void what_is_not_known_is_not_held_against_it(void **state) {
    (void)state;
    dataset_entry set = small_set();
    set.counts = (dataset_counts){-1, -1, -1, -1};
    dataset_counts found;
    dear_error err;
    const char *qrels = scratch_write("qrels", "1 0 a 1\n2 0 b 0\n");
    assert_int_equal(dataset_check(&found, &set, DATASET_QRELS, qrels, &err), DEAR_OK);
    assert_int_equal(found.queries, 2);
}

static void comes_back_from_failed_allocations(void **state) {
    (void)state;
    dataset_entry set = small_set();
    const char *topics = scratch_write("topics", "1\ta\n2\tb\n3\tc\n");
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        dataset_counts found;
        dear_error err;
        mem_fail_after(n);
        status = dataset_check(&found, &set, DATASET_TOPICS, topics, &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_int_equal(status, DEAR_ERROR_MEMORY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_a_part_tells),
        cmocka_unit_test(what_differs_is_named),
        cmocka_unit_test(other_bytes_are_refused_though_the_counts_fit),
        cmocka_unit_test(what_is_not_known_is_not_held_against_it),
        cmocka_unit_test(comes_back_from_failed_allocations),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
