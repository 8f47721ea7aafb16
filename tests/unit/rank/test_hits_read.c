#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rank/hits_format.h"
#include "scratch_file.h"

#include <zlib.h>

static hit_set read_good(const char *text, hits_format format) {
    hit_set set;
    dear_error err;
    hits_input input = {.path = scratch_write("input", text), .format = format};
    if (hits_read(&set, &input, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return set;
}

/* Reading must fail, with all of `parts` (ended by NULL) in the message. */
static void read_bad(const hits_input *input, const char *parts[]) {
    hit_set set;
    dear_error err;
    if (hits_read(&set, input, &err) != DEAR_ERROR_INPUT)
        fail_msg("was read: expected an error about %s", parts[0]);
    assert_int_equal(set.count, 0);
    for (; *parts; parts++)
        if (!strstr(err.message, *parts))
            fail_msg("no \"%s\" in: %s", *parts, err.message);
}

#define REFUSES(text, ...)                                                                         \
    read_bad(&(hits_input){.path = scratch_write("input", text)},                                  \
             (const char *[]){__VA_ARGS__, NULL})

static void reads_rankgpt(void **state) {
    (void)state;
    hit_set set = read_good("[{\"query\": \"q0\", \"hits\": ["
                            "{\"content\": \"Title: A b Content: c d\", \"qid\": 7, \"docid\": 17,"
                            " \"rank\": 1, \"score\": 2.5},"
                            "{\"content\": \"Title: no cut\", \"qid\": 7, \"docid\": \"x\","
                            " \"score\": 1}]},\n"
                            " {\"query\": \"empty\", \"hits\": []}]\n",
                            HITS_FORMAT_AUTO);
    assert_int_equal(set.count, 2);
    const hit_list *list = hit_set_find(&set, "7");
    assert_non_null(list);
    assert_string_equal(list->query, "q0");
    assert_string_equal(list->hits[0].docid, "17");
    assert_string_equal(list->hits[0].title, "A b");
    assert_string_equal(list->hits[0].text, "c d");
    assert_true(list->hits[0].score == 2.5);
    assert_string_equal(list->hits[1].title, "");
    assert_string_equal(list->hits[1].text, "Title: no cut");
    assert_non_null(hit_set_find(&set, "1"));
    assert_true(set.ordered);
    hit_set_free(&set);
}

static void reads_dpr(void **state) {
    (void)state;
    hit_set set =
        read_good("[{\"question\": \"who?\", \"answers\": [\"me\"], \"ctxs\": ["
                  "{\"id\": \"d\", \"title\": \"T\", \"text\": \"t\", \"score\": \"8.5\"},"
                  "{\"id\": 2, \"title\": \"\", \"text\": \"\", \"score\": 9}]}]",
                  HITS_FORMAT_AUTO);
    assert_string_equal(set.lists[0].qid, "0");
    assert_string_equal(set.lists[0].query, "who?");
    assert_int_equal(json_array_size(set.lists[0].answers), 1);
    assert_true(set.lists[0].hits[0].score == 8.5);
    assert_string_equal(set.lists[0].hits[1].docid, "2");
    assert_string_equal(set.lists[0].hits[1].text, "");
    hit_set_free(&set);
}

static void reads_jsonl(void **state) {
    (void)state;
    hit_set set = read_good(
        "{\"query_id\": 3, \"query\": \"q\", \"docid\": \"a\", \"title\": \"T\", \"text\": "
        "\"x\"}\r\n"
        "\r\n"
        "{\"query_id\": \"4\", \"query\": \"r\", \"docid\": \"a\", \"title\": \"\", \"text\": "
        "\"\"}\n"
        "{\"query_id\": \"3\", \"query\": \"q\", \"docid\": \"b\", \"text\": \"z\\u0000z\"}",
        HITS_FORMAT_AUTO);
    assert_int_equal(set.count, 2);
    const hit_list *list = hit_set_find(&set, "3");
    assert_int_equal(list->count, 2);
    assert_string_equal(list->hits[1].text, "z z");
    assert_true(list->hits[0].score == 1 && list->hits[1].score == 0.5);
    assert_int_equal(list->hits[1].place, 4);
    hit_set_free(&set);
}

static void ranks_trec_by_score(void **state) {
    (void)state;
    hit_set set = read_good("# a comment\n"
                            "1 Q0 a 3 1.5 tag\n1\tQ0\tb\t2\t1.5\ttag more\n"
                            "2 Q0 a 1 0 tag\n\n1 Q0 c 9 7e0 tag\n",
                            HITS_FORMAT_AUTO);
    const hit_list *list = hit_set_find(&set, "1");
    assert_string_equal(list->hits[0].docid, "c");
    assert_string_equal(list->hits[1].docid, "b");
    assert_string_equal(list->hits[2].docid, "a");
    assert_int_equal(list->hits[2].first_rank, 3);
    assert_string_equal(list->query, "");
    assert_string_equal(list->hits[0].text, "");
    assert_false(set.ordered);
    hit_set_free(&set);
}

static void reads_tsv(void **state) {
    (void)state;
    hit_set set = read_good("#1\tdoc a\t0.5\n#1\tb\t0.75\n", HITS_FORMAT_AUTO);
    assert_string_equal(set.lists[0].qid, "#1");
    assert_string_equal(set.lists[0].hits[1].docid, "doc a");
    hit_set_free(&set);
}

static void reads_nothing_as_no_queries(void **state) {
    (void)state;
    hit_set set = read_good("", HITS_FORMAT_AUTO);
    assert_int_equal(set.count, 0);
    set = read_good("[]", HITS_FORMAT_AUTO);
    assert_int_equal(set.count, 0);
    hit_set_free(&set);
}

static void reads_noveleval(void **state) {
    (void)state;
    hit_set set;
    dear_error err;
    hits_input input = {.path = SHIPPED_DATA "/noveleval/data.json", .need_texts = true};
    assert_int_equal(hits_read(&set, &input, &err), DEAR_OK);
    assert_int_equal(set.count, 21);
    for (size_t i = 0; i < set.count; i++)
        assert_int_equal(set.lists[i].count, 20);
    assert_string_equal(hit_set_find(&set, "20")->qid, "20");
    hit_set_free(&set);
}

static void reads_gzip(void **state) {
    (void)state;
    gzFile f = gzopen(scratch_path("run.gz"), "wb");
    gzputs(f, "1 Q0 a 1 2 t\n");
    gzclose(f);
    hit_set set;
    dear_error err;
    hits_input input = {.path = scratch_path("run.gz")};
    assert_int_equal(hits_read(&set, &input, &err), DEAR_OK);
    assert_int_equal(set.count, 1);
    hit_set_free(&set);
}

static void takes_a_document_of_ten_megabytes(void **state) {
    (void)state;
    size_t size = 10 << 20;
    char *text = malloc(size + 200);
    int head =
        sprintf(text, "{\"query_id\": \"1\", \"query\": \"q\", \"docid\": \"d\", \"text\": \"");
    memset(text + head, 'x', size);
    strcpy(text + head + size, "\"}\n");
    hit_set set = read_good(text, HITS_FORMAT_AUTO);
    assert_int_equal(strlen(set.lists[0].hits[0].text), size);
    hit_set_free(&set);
    free(text);
}

static const char run[] = "1 Q0 a 1 2 t\n1 Q0 b 2 1 t\n2 Q0 a 1 3 t\n";

static void takes_texts_from_queries_and_corpus(void **state) {
    (void)state;
    hit_set set;
    dear_error err;
    hits_input input = {.path = scratch_write("run", run), .need_texts = true};
    input.queries_path = scratch_write("queries", "2\tsecond\r\n1\tfirst\n9\tunused\n");
    input.corpus_path =
        scratch_write("corpus", "{\"_id\": \"b\", \"title\": \"B\", \"text\": \"bb\"}\n"
                                "{\"docid\": \"zz\", \"text\": \"unused\"}\n"
                                "{\"id\": \"a\", \"contents\": \"aa\"}\n");
    if (hits_read(&set, &input, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    assert_string_equal(hit_set_find(&set, "1")->query, "first");
    assert_string_equal(hit_set_find(&set, "2")->query, "second");
    assert_string_equal(hit_set_find(&set, "2")->hits[0].text, "aa");
    assert_string_equal(hit_set_find(&set, "1")->hits[0].text, "aa");
    assert_string_equal(hit_set_find(&set, "1")->hits[1].title, "B");
    hit_set_free(&set);
}

/* NovelEval as a run with its corpus is NovelEval as JSON (one passage holds tabs). */
static void corpus_gives_the_same_texts_as_json(void **state) {
    (void)state;
    hit_set json, set;
    dear_error err;
    hits_input input = {.path = SHIPPED_DATA "/noveleval/data.json"};
    assert_int_equal(hits_read(&json, &input, &err), DEAR_OK);
    FILE *f = fopen(scratch_path("noveleval.trec"), "w");
    for (size_t i = 0; i < json.count; i++)
        assert_int_equal(hits_write_list(f, HITS_FORMAT_TREC, &json.lists[i], i, "t", &err),
                         DEAR_OK);
    fclose(f);
    input = (hits_input){scratch_path("noveleval.trec"), HITS_FORMAT_AUTO,
                         SHIPPED_DATA "/noveleval/queries.tsv",
                         SHIPPED_DATA "/noveleval/corpus.tsv", true};
    if (hits_read(&set, &input, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < json.count; i++) {
        assert_string_equal(set.lists[i].query, json.lists[i].query);
        for (size_t j = 0; j < json.lists[i].count; j++)
            assert_string_equal(set.lists[i].hits[j].text, json.lists[i].hits[j].text);
    }
    hit_set_free(&json);
    hit_set_free(&set);
}

static void names_what_has_no_text(void **state) {
    (void)state;
    hits_input input = {.path = scratch_write("run", run), .need_texts = true};
    read_bad(&input, (const char *[]){"run", "query \"1\"", "queries file", NULL});
    input.queries_path = scratch_write("queries", "1\tfirst\n");
    input.corpus_path = scratch_write("corpus", "a\ttext of a\n");
    read_bad(&input, (const char *[]){"run:2", "query \"1\"", "\"b\"", "corpus", NULL});
    input.corpus_path = scratch_write("corpus", "a\tA\ntitle\nb\tB\n");
    read_bad(&input, (const char *[]){"corpus:2", "tab", NULL});
    input.corpus_path = scratch_write("corpus", "a\t\ttext of a\nb\tB\tb\n");
    read_bad(&input, (const char *[]){"query \"2\"", "queries", NULL});
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    REFUSES("[{\"query\": \"q\", \"hits\": [{\"docid\": \"d\", \"content\": \"c\", \"score\": "
            "\"x\"}]}]",
            "element 1, hit 1", "score");
    REFUSES("[{\"query\": \"q\", \"hits\": [{\"content\": \"c\"}]}]", "hit 1", "docid");
    REFUSES("[{\"query\": \"q\", \"hits\": [{\"docid\": 1.5}]}]", "hit 1", "docid");
    REFUSES("[{\"query\": \"q\", \"hits\": [{\"docid\": \"\"}]}]", "hit 1", "docid");
    REFUSES("[{\"query\": \"q\", \"hits\": [{\"docid\": \"a\\u0000b\"}]}]", "hit 1", "docid");
    REFUSES("[{\"query\": 5, \"hits\": []}]", "element 1", "query");
    REFUSES("[{\"query\": \"q\"}]", "element 1", "hits");
    REFUSES("[{\"question\": \"q\", \"ctxs\": 3}]", "element 1", "ctxs");
    REFUSES("[7]", "element 1");
    REFUSES("[{\"query\": \"q\", \"hits\": [NaN]}]", "line 1");
    REFUSES("[{\"query\": \"q\", \"hits\": [", "line");
    REFUSES("[{\"query\": \"\xff\", \"hits\": []}]", "line 1");
    REFUSES("{\"query_id\": 1, \"text\": \"t\"}\n", "input:1", "docid");
    REFUSES("{\"docid\": 1, \"text\": \"t\"}\n", "input:1", "query_id");
    REFUSES("{\"query_id\": 1, \"docid\": 1, \"text\": \"t\"}\n{]\n", "input:2");
    REFUSES("{\"query_id\": 1, \"docid\": 1, \"query\": \"a\"}\n"
            "{\"query_id\": 1, \"docid\": 2, \"query\": \"b\"}\n",
            "input:2", "query");
    REFUSES("1 Q0 a 1 2\n", "input:1:11:", "six columns");
    REFUSES("1 Q0 a 1 nan t\n", "input:1:10:", "score");
    REFUSES("1 Q0 \u00e9t\u00e9  1 1e400 t\n", "input:1:13:", "score");
    REFUSES("1 Q0 a 1 1 t\n1 Q0 a one 1 t\n", "input:2:8:", "rank");
    REFUSES("1 Q0 \u00e9\xff 1 1 t\n", "input:1:7:", "UTF-8");
    REFUSES("1\ta\tx\n", "input:1:5:", "score");
    REFUSES("1\ta\t1\n1\t\t1\n", "input:2:3:", "three columns");
    REFUSES("1\ta\t1\n1\tb\t1\tt\n", "input:2:6:", "three columns");
}

static void refuses_repeated_ids(void **state) {
    (void)state;
    REFUSES("1 Q0 a 1 2 t\n1 Q0 b 2 1 t\n1 Q0 a 3 0 t\n", "input:3", "\"a\"", "query \"1\"",
            "twice");
    REFUSES("[{\"query\": \"q\", \"hits\": [{\"docid\": \"d\"}, {\"docid\": \"d\"}]}]", "hit 2",
            "\"d\"", "twice");
    REFUSES("[{\"query\": \"q\", \"qid\": \"1\", \"hits\": []}, {\"query\": \"r\", \"hits\": []}]",
            "element 2", "\"1\"", "twice");
}

static void refuses_scores_that_are_there_only_sometimes(void **state) {
    (void)state;
    REFUSES("{\"query_id\": 1, \"docid\": 1, \"score\": 2}\n{\"query_id\": 1, \"docid\": 2}\n",
            "input:2", "no score");
    REFUSES("{\"query_id\": 1, \"docid\": 1}\n{\"query_id\": 1, \"docid\": 2, \"score\": 2}\n",
            "input:2", "a score");
}

static void refuses_deep_nesting(void **state) {
    (void)state;
    char deep[100001];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    REFUSES(deep, "depth");
}

static const char *const samples[] = {
    "[{\"query\": \"q\", \"hits\": [{\"content\": \"Title: a Content: b\", \"docid\": \"d\"}]}]",
    "[{\"question\": \"q\", \"answers\": [], \"ctxs\": [{\"id\": 1, \"text\": \"t\"}]}]",
    "{\"query_id\": 1, \"query\": \"q\", \"docid\": 2, \"title\": \"t\", \"text\": \"x\"}\n",
    "1 Q0 a 1 2 t\n1 Q0 b 2 1 t\n2 Q0 a 1 3 t\n",
    "1\ta\t2\n",
};

/* A cut or a flipped bit gives a set or an error, never anything else (sanitizers look on). */
static void survives_cuts_and_flips(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
        size_t length = strlen(samples[s]);
        char *text = strdup(samples[s]);
        for (size_t i = 0; i < length * 9; i++) {
            size_t at = i / 9;
            strcpy(text, samples[s]);
            if (i % 9 < 8)
                text[at] ^= (char)(1 << i % 9);
            size_t kept = i % 9 < 8 ? length : at;
            hits_input input = {.path = scratch_write_bytes("input", text, kept)};
            hit_set set;
            dear_error err = {0};
            if (hits_read(&set, &input, &err) == DEAR_OK)
                hit_set_free(&set);
            else
                assert_true(err.message[0] != 0);
        }
        free(text);
    }
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
        hits_input input = {.path = scratch_write("input", samples[s])};
        input.queries_path = scratch_write("queries", "1\tone\n2\ttwo\n");
        input.corpus_path = scratch_write("corpus", "{\"docid\": \"a\", \"text\": \"t\"}\n"
                                                    "{\"docid\": \"b\", \"text\": \"t\"}\n");
        dear_status status = DEAR_ERROR_MEMORY;
        for (long n = 1; status != DEAR_OK; n++) {
            hit_set set;
            mem_fail_after(n);
            status = hits_read(&set, &input, NULL);
            mem_fail_after(0);
            assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
            assert_true(n < 1000);
            hit_set_free(&set);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rankgpt),
        cmocka_unit_test(reads_dpr),
        cmocka_unit_test(reads_jsonl),
        cmocka_unit_test(ranks_trec_by_score),
        cmocka_unit_test(reads_tsv),
        cmocka_unit_test(reads_nothing_as_no_queries),
        cmocka_unit_test(reads_noveleval),
        cmocka_unit_test(reads_gzip),
        cmocka_unit_test(takes_a_document_of_ten_megabytes),
        cmocka_unit_test(takes_texts_from_queries_and_corpus),
        cmocka_unit_test(corpus_gives_the_same_texts_as_json),
        cmocka_unit_test(names_what_has_no_text),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(refuses_repeated_ids),
        cmocka_unit_test(refuses_scores_that_are_there_only_sometimes),
        cmocka_unit_test(refuses_deep_nesting),
        cmocka_unit_test(survives_cuts_and_flips),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
