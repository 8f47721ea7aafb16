#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "eval/qrels.h"
#include "unit/rank/scratch_file.h"

#include <zlib.h>

static void reads_judgments(void **state) {
    (void)state;
    qrels q;
    dear_error err;
    const char *path =
        scratch_write("qrels", "# comment\n1 Q0 a#b 2\r\n\n2\t0\ta\t-1\n  1 0 c 0  \n");
    assert_int_equal(qrels_read(&q, path, &err), DEAR_OK);
    assert_int_equal(q.count, 2);
    assert_int_equal(qrels_find(&q, "1")->count, 2);
    assert_int_equal(qrels_relevance(qrels_find(&q, "1"), "a#b", -9), 2);
    assert_int_equal(qrels_relevance(qrels_find(&q, "2"), "a", -9), -1);
    assert_int_equal(qrels_relevance(qrels_find(&q, "2"), "c", -9), -9);
    assert_null(qrels_find(&q, "3"));
    qrels_free(&q);
}

static void reads_the_form_of_beir(void **state) {
    (void)state;
    qrels q;
    dear_error err;
    const char *path = scratch_write(
        "qrels", "# of a zip\n\nquery-id\tcorpus-id\tscore\r\n1\ta\t2\n1\tb\t0\n2\ta\t-1\n");
    assert_int_equal(qrels_read(&q, path, &err), DEAR_OK);
    assert_int_equal(q.count, 2);
    assert_int_equal(qrels_find(&q, "1")->count, 2);
    assert_int_equal(qrels_relevance(qrels_find(&q, "1"), "a", -9), 2);
    assert_int_equal(qrels_relevance(qrels_find(&q, "2"), "a", -9), -1);
    qrels_free(&q);
}

static void passes_comments_over(void **state) {
    (void)state;
    qrels plain, commented;
    dear_error err;
    assert_int_equal(qrels_read(&plain, TEST_DATA "/trec_eval/qrels.test", &err), DEAR_OK);
    assert_int_equal(qrels_read(&commented, TEST_DATA "/trec_eval/qrels.test.with-comments", &err),
                     DEAR_OK);
    assert_int_equal(plain.count, 3);
    assert_int_equal(commented.count, 3);
    assert_int_equal(qrels_find(&plain, "301")->count, qrels_find(&commented, "301")->count);
    assert_int_equal(qrels_relevance(qrels_find(&commented, "301"), "CR#93E-1860", -9), 0);
    qrels_free(&plain);
    qrels_free(&commented);
}

static void reads_gzip(void **state) {
    (void)state;
    gzFile f = gzopen(scratch_path("qrels.gz"), "wb");
    gzputs(f, "1 0 a 1\n");
    gzclose(f);
    qrels q;
    dear_error err;
    assert_int_equal(qrels_read(&q, scratch_path("qrels.gz"), &err), DEAR_OK);
    assert_int_equal(q.count, 1);
    qrels_free(&q);
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    const struct {
        const char *text, *named;
    } cases[] = {
        {"1 0 a\n", "qrels:1:6: needs four columns"},
        {"1 0 a 1 1\n", "qrels:1:9: needs four columns"},
        {"query-id corpus-id score\n", "holds no judgments"},
        {"query-id corpus-id score\n1 a\n", "qrels:2:4: needs three columns"},
        {"query-id corpus-id score\n1 0 a 1\n", "qrels:2:7: needs three columns"},
        {"query-id corpus-id score\n1 a 0.5\n", "qrels:2:5: the score (3rd column)"},
        {"query-id corpus-id score\n1 a 1\n1 a 1\n", "qrels:3:3: document \"a\" is judged twice"},
        {"1 0 a 1\nquery-id corpus-id score\n", "qrels:2:25: needs four columns"},
        {"1 0 a 1\n1 0 b x\n", "qrels:2:7: the relevance"},
        {"1\t0  \303\251t\303\251 1.5\n",
         "qrels:1:10: the relevance (4th column) must be a whole number"},
        {"1 0 a 99999999999\n", "whole number"},
        {"1 0 a 1\n2 0 a 1\n1 0 a 0\n",
         "qrels:3:5: document \"a\" is judged twice for query \"1\""},
        {"1 0 a\303\251\xff 1\n", "qrels:1:7: is not UTF-8"},
        {"", "no judgments"},
        {"# nothing\n", "no judgments"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        qrels q;
        dear_error err;
        assert_int_equal(qrels_read(&q, scratch_write("qrels", cases[i].text), &err),
                         DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no \"%s\" in: %s", cases[i].named, err.message);
    }
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    const char *path = scratch_write("qrels", "1 0 a 1\n1 0 b 2\n2 0 a 1\n");
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        qrels q;
        mem_fail_after(n);
        status = qrels_read(&q, path, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 100);
        qrels_free(&q);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_judgments),
        cmocka_unit_test(reads_the_form_of_beir),
        cmocka_unit_test(passes_comments_over),
        cmocka_unit_test(reads_gzip),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
