#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "rank/record_reader.h"
#include "scratch_file.h"

typedef struct expected {
    const char *id, *title, *text;
    size_t line;
} expected;

static void expect_records(collection_kind kind, const char *content, const expected *wanted) {
    record_reader *r;
    record found;
    dear_error err;
    assert_int_equal(record_reader_open(&r, kind, scratch_write("file", content), &err), DEAR_OK);
    for (const expected *e = wanted; e->id; e++) {
        if (record_reader_next(r, &found, &err) != DEAR_OK)
            fail_msg("%s", err.message);
        assert_non_null(found.id);
        assert_string_equal(found.id, e->id);
        assert_string_equal(found.title, e->title);
        assert_string_equal(found.text, e->text);
        assert_int_equal(found.line, e->line);
    }
    assert_int_equal(record_reader_next(r, &found, &err), DEAR_OK);
    assert_null(found.id);
    record_reader_close(r);
}

static void reads_lines(void **state) {
    (void)state;
    expect_records(COLLECTION_CORPUS, "a\tT\tA\n\nb\t\tB\tb\r\n",
                   (expected[]){{"a", "T", "A", 1}, {"b", "", "B\tb", 3}, {0}});
    expect_records(COLLECTION_QUERIES, "a\tA\tb\n", (expected[]){{"a", "", "A\tb", 1}, {0}});
    expect_records(COLLECTION_CORPUS,
                   "{\"_id\": \"a\", \"title\": \"T\", \"text\": \"A\"}\n"
                   "{\"docid\": 7, \"text\": \"B\"}\n",
                   (expected[]){{"a", "T", "A", 1}, {"7", "", "B", 2}, {0}});
    expect_records(COLLECTION_QUERIES, "", (expected[]){{0}});
}

static void reads_trec_documents(void **state) {
    (void)state;
    expect_records(COLLECTION_CORPUS,
                   "\n<DOC>\n<DOCNO> FT-1 </DOCNO>\n<HEADLINE><P>A  head\n</P></HEADLINE>\n"
                   "<DATE>1992</DATE>\n<TEXT>\nOne &amp; two,\r\n1 < 2 &c. <!-- <DOCNO> --> x"
                   "</TEXT>\n</DOC> <doc>\n"
                   "<docno>2</docno>T&#x41;&#66;&#xD800;\n<title>Late</title><title>title</title>"
                   "</doc>\n<DOC><DOCNO>3</DOCNO></DOC>",
                   (expected[]){{"FT-1", "A head", "1992 One & two, 1 < 2 &c. x", 2},
                                {"2", "Late title", "TAB&#xD800;", 10},
                                {"3", "", "", 13},
                                {0}});
}

static void reads_topics(void **state) {
    (void)state;
    expect_records(COLLECTION_QUERIES,
                   "<top>\n<head> Tipster Topic\n<num> Number:  051\n<title> Topic:  Airbus\n"
                   "Subsidies\n\n<desc> Description:\nnot this\n</top>\n"
                   "<top><num>2</num><title>\nA B\n</title></top>\n",
                   (expected[]){{"051", "", "Airbus Subsidies", 1}, {"2", "", "A B", 10}, {0}});
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    static const struct {
        collection_kind kind;
        const char *text, *named;
    } cases[] = {
        {COLLECTION_CORPUS, "<DOC>\n<DOCNO>1</DOCNO>\n", "file:1: <DOC> has no </DOC>"},
        {COLLECTION_CORPUS, "<DOC>\n<TEXT>x</TEXT>\n</DOC>", "file:1: <DOC> has no <docno>"},
        {COLLECTION_CORPUS, "<DOC>\n<DOCNO> </DOCNO>\n</DOC>", "file:1: <DOC> has no <docno>"},
        {COLLECTION_CORPUS, "<DOC>\n<DOCNO>1</DOCNO>\nx <DOC>", "file:3:3: another element"},
        {COLLECTION_CORPUS, "<DOC><DOCNO>1</DOCNO></DOC>\n  stray", "file:2:3: text outside"},
        {COLLECTION_CORPUS, "<DOC><DOCNO>1</DOCNO><!-- </DOC>", "file:1: a comment has no end"},
        {COLLECTION_QUERIES, "<DOC><DOCNO>1</DOCNO></DOC>", "file:1:13: text outside of <top>"},
        {COLLECTION_QUERIES, "<top><title>x</top>", "file:1: <top> has no <num>"},
        {COLLECTION_CORPUS, "a\tA\tB\tC\n", "file:1: has 4 columns"},
        {COLLECTION_CORPUS, "a\tA\tB\nb\tB\n", "file:2: \"b\" has no title"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        record_reader *r;
        record found = {.id = ""};
        dear_error err;
        const char *path = scratch_write("file", cases[i].text);
        assert_int_equal(record_reader_open(&r, cases[i].kind, path, &err), DEAR_OK);
        dear_status status = DEAR_OK;
        while (status == DEAR_OK && found.id)
            status = record_reader_next(r, &found, &err);
        assert_int_equal(status, DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no %s in: %s", cases[i].named, err.message);
        record_reader_close(r);
    }
}

static dear_status read_all(const char *path) {
    record_reader *r;
    record found = {.id = ""};
    dear_status status = record_reader_open(&r, COLLECTION_CORPUS, path, NULL);
    while (status == DEAR_OK && found.id)
        status = record_reader_next(r, &found, NULL);
    record_reader_close(r);
    return status;
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    static const char *const contents[] = {"a\tT\tA\nb\tT\tB\n",
                                           "{\"_id\": \"a\", \"title\": \"T\", \"text\": \"A\"}\n",
                                           "<DOC>\n<DOCNO>1</DOCNO><TITLE>T</TITLE>text\n</DOC>\n"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = scratch_write("file", contents[i]);
        dear_status status = DEAR_ERROR_MEMORY;
        for (long n = 1; status != DEAR_OK; n++) {
            mem_fail_after(n);
            status = read_all(path);
            mem_fail_after(0);
            assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
            assert_true(n < 100);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(reads_trec_documents),
        cmocka_unit_test(reads_topics),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
