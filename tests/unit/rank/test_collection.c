#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rank/collection.h"
#include "rank/hits.h"
#include "rank/passages.h"
#include "scratch_file.h"

static dear_status read_two(collection *c, collection_kind kind, const char *text,
                            dear_error *err) {
    *c = (collection){0};
    dear_status status = collection_want(c, "a", err);
    if (status == DEAR_OK)
        status = collection_want(c, "b", err);
    if (status == DEAR_OK)
        status = collection_want(c, "a", err);
    return status == DEAR_OK ? collection_read(c, kind, scratch_write("file", text), err) : status;
}

static void keeps_what_was_asked_for(void **state) {
    (void)state;
    collection c;
    dear_error err;
    assert_int_equal(read_two(&c, COLLECTION_CORPUS,
                              "x\tX\tX\nb\tTitle\tText\r\na\t\tA\tand tab\n\nx\tX\tX\n", &err),
                     DEAR_OK);
    assert_int_equal(c.count, 2);
    assert_string_equal(collection_find(&c, "a")->text, "A\tand tab");
    assert_string_equal(collection_find(&c, "a")->title, "");
    assert_string_equal(collection_find(&c, "b")->title, "Title");
    assert_string_equal(collection_find(&c, "b")->text, "Text");
    assert_null(collection_find(&c, "x"));
    collection_free(&c);
}

static void keeps_tabs_in_texts(void **state) {
    (void)state;
    collection c;
    dear_error err;
    for (collection_kind kind = COLLECTION_QUERIES; kind <= COLLECTION_CORPUS; kind++) {
        assert_int_equal(read_two(&c, kind, "a\tA\nb\tB\ttab\ttab\n", &err), DEAR_OK);
        assert_string_equal(collection_find(&c, "b")->title, "");
        assert_string_equal(collection_find(&c, "b")->text, "B\ttab\ttab");
        collection_free(&c);
    }
}

static void undoes_the_quotes_of_csv_writers(void **state) {
    (void)state;
    const struct {
        const char *written, *text;
    } cases[] = {
        {"\"a \"\"b\"\"\"", "a \"b\""},
        {"\"a\tb\"", "a\tb"},
        {"\"\"\"\"", "\""},
        {"\"just in quotes\"", "\"just in quotes\""},
        {"\"a\" and \"b\"", "\"a\" and \"b\""},
        {"\"", "\""},
        {"\"\"", "\"\""},
        {"\"\"\"", "\"\"\""},
        {"\"open", "\"open"},
        {"5\" and 6\"\"", "5\" and 6\"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[64];
        collection c;
        dear_error err;
        snprintf(line, sizeof line, "x\tX\na\t%s\n", cases[i].written);
        assert_int_equal(read_two(&c, COLLECTION_CORPUS, line, &err), DEAR_OK);
        assert_string_equal(collection_find(&c, "a")->text, cases[i].text);
        collection_free(&c);
    }
}

static void reads_each_spelling_of_queries(void **state) {
    (void)state;
    collection c;
    dear_error err;
    assert_int_equal(
        read_two(&c, COLLECTION_QUERIES,
                 "{\"_id\": \"a\", \"text\": \"A\"}\n{\"query_id\": \"b\", \"query\": \"B\"}\n",
                 &err),
        DEAR_OK);
    assert_string_equal(collection_find(&c, "a")->text, "A");
    assert_string_equal(collection_find(&c, "b")->text, "B");
    collection_free(&c);
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    const struct {
        collection_kind kind;
        const char *text, *named;
    } cases[] = {
        {COLLECTION_CORPUS, "a\tA\na\tA\n", "file:2"},
        {COLLECTION_CORPUS, "a\tA\tB\tC\n", "file:1"},
        {COLLECTION_CORPUS, "x\tX\tX\na\tA\n", "file:2"},
        {COLLECTION_CORPUS, "no tab\n", "file:1"},
        {COLLECTION_CORPUS, "\tno id\n", "file:1"},
        {COLLECTION_CORPUS, "{\"docid\": \"a\"}\n", "\"a\""},
        {COLLECTION_CORPUS, "{\"text\": \"t\"}\n", "document id"},
        {COLLECTION_CORPUS, "{\"docid\": \"a\", \"text\": 5}\n", "\"text\""},
        {COLLECTION_CORPUS, "{\"docid\": \"x\", \"text\": \"t\"}\n[]\n", "file:2"},
        {COLLECTION_QUERIES, "{\"id\": [], \"text\": \"t\"}\n", "\"id\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        collection c;
        dear_error err;
        assert_int_equal(read_two(&c, cases[i].kind, cases[i].text, &err), DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no %s in: %s", cases[i].named, err.message);
        collection_free(&c);
    }
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        collection c;
        mem_fail_after(n);
        status = read_two(&c, COLLECTION_CORPUS, "a\tA\tA\nb\tT\tB\n", NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 100);
        collection_free(&c);
    }
}

static void reads_a_passage_a_line(void **state) {
    (void)state;
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "1", "q");
    dear_error err;
    const char *path = scratch_write_bytes("lines", "one\r\n\n  \ntw\0o\nlast", 18);
    assert_int_equal(passages_read(list, path, false, &err), DEAR_OK);
    assert_int_equal(list->count, 3);
    assert_string_equal(list->hits[0].text, "one");
    assert_string_equal(list->hits[1].text, "tw o");
    assert_string_equal(list->hits[1].docid, "4");
    assert_string_equal(list->hits[2].text, "last");
    assert_int_equal(passages_read(list, path, true, &err), DEAR_OK);
    assert_non_null(strstr(list->hits[3].docid, "/lines:1"));
    hit_set_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_asked_for),
        cmocka_unit_test(keeps_tabs_in_texts),
        cmocka_unit_test(undoes_the_quotes_of_csv_writers),
        cmocka_unit_test(reads_each_spelling_of_queries),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(survives_every_failed_allocation),
        cmocka_unit_test(reads_a_passage_a_line),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
