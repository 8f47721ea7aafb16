#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "retrieve/index_build.h"
#include "retrieve/query_file.h"
#include "retrieve/retrieve_job.h"
#include "unit/rank/scratch_file.h"

#include <math.h>

static const char corpus[] = "d1\tllamas graze on grass\n"
                             "d2\tgrass grass and more grass in the pampas of the south\n"
                             "d3\talpacas and llamas\n"
                             "d4\tan operating system\n"
                             "d5\talpacas and llamas\n";

static dear_status build_with(index_build job, const char *text, const char *output,
                              dear_error *err) {
    char *path = (char *)scratch_write("corpus", text);
    char *copy = strdup(path);
    job.corpora = &copy;
    job.num_corpora = 1;
    job.output = output;
    index_result result;
    dear_status status = index_build_run(&job, &result, err);
    free(copy);
    return status;
}

static index_build usual(void) {
    return (index_build){.analysis = analysis_defaults(), .texts = true, .batch_bytes = 64};
}

static void build(const char *text, const char *output) {
    dear_error err;
    if (build_with(usual(), text, output, &err) != DEAR_OK)
        fail_msg("%s", err.message);
}

static hit_set search(const char *index, double k1, double b, const char *query, size_t k) {
    retriever *r;
    searcher *s;
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "1", query);
    dear_error err;
    if (retriever_open(&r, index, k1, b, &err) != DEAR_OK ||
        searcher_open(&s, r, &err) != DEAR_OK ||
        searcher_search(s, list, query, k, true, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    searcher_close(s);
    retriever_close(r);
    return set;
}

/* The formula by hand: lengths without stopwords are 3, 6, 2, 2, 2 (average 3). */
static double weight(double df, double tf, double length) {
    double norm = 0.9 * (1 - 0.4 + 0.4 * length / 3.0);
    return log(1 + (5 - df + 0.5) / (df + 0.5)) * tf / (tf + norm);
}

static void scores_by_the_formula(void **state) {
    (void)state;
    const char *index = scratch_path("formula.index");
    build(corpus, index);
    hit_set set = search(index, 0.9, 0.4, "Llama, llamas: grass?", 10);
    const hit_list *list = &set.lists[0];
    double llama = weight(3, 1, 2), both = 2 * weight(3, 1, 3) + weight(2, 1, 3);
    assert_int_equal(list->count, 4);
    assert_string_equal(list->hits[0].docid, "d1");
    assert_true(fabs(list->hits[0].score - both) < 3e-6);
    assert_string_equal(list->hits[0].text, "llamas graze on grass");
    assert_string_equal(list->hits[1].docid, "d2");
    assert_true(fabs(list->hits[1].score - weight(2, 3, 6)) < 3e-6);
    /* Equal scores are in the order of the corpus. */
    assert_string_equal(list->hits[2].docid, "d3");
    assert_string_equal(list->hits[3].docid, "d5");
    assert_true(fabs(list->hits[2].score - 2 * llama) < 3e-6);
    assert_true(list->hits[2].score == list->hits[3].score);
    hit_set_free(&set);
}

static void knows_its_parameters(void **state) {
    (void)state;
    const char *index = scratch_path("parameters.index");
    build(corpus, index);
    hit_set set = search(index, 0, 0, "grass", 1);
    assert_int_equal(set.lists[0].count, 1);
    assert_string_equal(set.lists[0].hits[0].docid, "d1");
    assert_true(fabs(set.lists[0].hits[0].score - log(1 + 3.5 / 2.5)) < 3e-6);
    hit_set_free(&set);
}

static void finds_nothing_where_nothing_is(void **state) {
    (void)state;
    const char *index = scratch_path("nothing.index");
    build(corpus, index);
    static const char *const queries[] = {"", "the of and", "zebra", "\"'*:^()", "\xFF"};
    for (size_t i = 0; i < 5; i++) {
        hit_set set = search(index, 0.9, 0.4, queries[i], 10);
        assert_int_equal(set.lists[0].count, 0);
        hit_set_free(&set);
    }
}

/* FTS5's expressions have limits; queries have none. */
static void takes_queries_of_any_length(void **state) {
    (void)state;
    const char *index = scratch_path("long.index");
    build(corpus, index);
    char *query = mem_calloc(20000 * 8 + 8, 1), *end = query;
    for (int i = 0; i < 20000; i++)
        end += sprintf(end, "w%d ", i);
    sprintf(end, "grass");
    hit_set set = search(index, 0.9, 0.4, query, 10);
    assert_int_equal(set.lists[0].count, 2);
    hit_set_free(&set);
    mem_free(query);
}

static void refuses_what_it_cannot_index(void **state) {
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"a\tA\nb\tB\na\tA\n", "corpus:3: \"a\" is there twice (first as passage 1)"},
        {"a\tA\nb\n", "corpus:2: needs an id"},
        {"", "corpus: holds no documents"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dear_error err;
        const char *index = scratch_path("refused.index");
        assert_int_equal(build_with(usual(), cases[i].text, index, &err), DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no %s in: %s", cases[i].named, err.message);
        assert_int_equal(access(index, F_OK), -1);
    }
}

static bool stop_late(void *context, int64_t passages) {
    (void)passages;
    return ++*(int *)context < 2;
}

/* A part that other settings or another corpus began is refused, and stays. */
static void resumes_only_its_own(void **state) {
    (void)state;
    const char *index = scratch_path("resumed.index"), *part = scratch_path("resumed.index.part");
    dear_error err;
    index_build job = usual();
    int calls = 0;
    job.progress = stop_late;
    job.progress_context = &calls;
    assert_int_equal(build_with(job, corpus, index, &err), DEAR_ERROR_CANCELLED);
    assert_int_equal(access(part, F_OK), 0);
    job = usual();
    job.resume = true;
    assert_int_equal(build_with(job, "x1\tanother\nx2\tcorpus\n", index, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "--resume"));
    job.analysis.stem = false;
    assert_int_equal(build_with(job, corpus, index, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "settings"));
    assert_int_equal(access(part, F_OK), 0);
    job = usual();
    job.resume = true;
    assert_int_equal(build_with(job, corpus, index, &err), DEAR_OK);
    assert_int_equal(access(part, F_OK), -1);
    hit_set set = search(index, 0.9, 0.4, "llama", 10);
    assert_int_equal(set.lists[0].count, 3);
    hit_set_free(&set);
}

static dear_status index_and_search(const char *index, const char *output) {
    dear_error err;
    hit_set queries = {0};
    retriever *r = NULL;
    dear_status status = build_with(usual(), corpus, index, &err);
    if (status == DEAR_OK)
        status = retriever_open(&r, index, 0.9, 0.4, &err);
    if (status == DEAR_OK)
        status = query_file_read(&queries, scratch_path("queries"), &err);
    retrieve_job job = {.index = r,
                        .queries = &queries,
                        .top_k = 2,
                        .output = output,
                        .format = HITS_FORMAT_JSONL,
                        .tag = "t"};
    if (status == DEAR_OK)
        status = retrieve_job_run(&job, &err);
    hit_set_free(&queries);
    retriever_close(r);
    return status;
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    scratch_write("queries", "1\tllamas and alpacas eat grass\n2\tsystem\n");
    const char *index = scratch_path("memory.index"), *output = scratch_path("memory.jsonl");
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        mem_fail_after(n);
        status = index_and_search(index, output);
        mem_fail_after(0);
        if (status != DEAR_OK && status != DEAR_ERROR_MEMORY)
            fail_msg("allocation %ld: status %d", n, status);
        assert_true(n < 2000);
        if (status != DEAR_OK)
            assert_int_equal(access(output, F_OK), -1);
    }
    assert_int_equal(access(output, F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_by_the_formula),
        cmocka_unit_test(knows_its_parameters),
        cmocka_unit_test(finds_nothing_where_nothing_is),
        cmocka_unit_test(takes_queries_of_any_length),
        cmocka_unit_test(refuses_what_it_cannot_index),
        cmocka_unit_test(resumes_only_its_own),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
