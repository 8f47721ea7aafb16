#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rank/rerank_job.h"
#include "scratch_file.h"

#include <math.h>

enum { NUM_QUERIES = 5, TOP_K = 3 };

/* Queries with 0 to 4 candidates, the last without any. */
static hit_set sample(void) {
    hit_set set = {0};
    const int counts[NUM_QUERIES] = {3, 0, 4, 1, 0};
    for (int q = 0; q < NUM_QUERIES; q++) {
        char qid[16], docid[16];
        snprintf(qid, sizeof qid, "q%d", q % NUM_QUERIES);
        hit_list *list = hit_set_add(&set, qid, "what \"is\"\nit?");
        for (int d = 0; d < counts[q]; d++) {
            snprintf(docid, sizeof docid, "d%d", d % 10);
            assert_true(hit_list_add(list, docid, d % 2 ? "T" : "", "text\n]", 0));
        }
    }
    return set;
}

/* A stand-in for a model: scores that depend on the document only, two of them tied. */
static dear_status score(void *context, hit_list *list, dear_error *err) {
    (void)err;
    int *calls = context;
    (*calls)++;
    const double scores[] = {0.1f, 0.7f, 0.7f, -2};
    for (size_t i = 0; i < list->count; i++)
        list->hits[i].score = scores[list->hits[i].docid[1] - '0'];
    return DEAR_OK;
}

static dear_status score_fails(void *context, hit_list *list, dear_error *err) {
    int *calls = context;
    if (*calls == 2)
        return error_memory(err);
    return score(context, list, err);
}

static dear_status score_nan(void *context, hit_list *list, dear_error *err) {
    dear_status status = score(context, list, err);
    list->hits[0].score = NAN;
    return status;
}

/* Lets the job do this many queries. */
static bool stop_after(void *context, size_t done, size_t passages) {
    assert_true(done <= passages);
    int *left = context;
    return (*left)-- > 0;
}

static rerank_job job_for(hit_set *set, hits_format format, int *calls) {
    return (rerank_job){.set = set,
                        .top_k = TOP_K,
                        .shards = 1,
                        .output = scratch_path("out"),
                        .format = format,
                        .tag = "t",
                        .score = score,
                        .score_context = calls};
}

static dear_status run(hits_format format, bool resume, int *calls, rerank_result *result,
                       dear_error *err) {
    hit_set set = sample();
    rerank_job job = job_for(&set, format, calls);
    job.resume = resume;
    dear_status status = rerank_job_run(&job, result, err);
    hit_set_free(&set);
    return status;
}

static const hits_format formats[] = {HITS_FORMAT_RANKGPT, HITS_FORMAT_DPR, HITS_FORMAT_JSONL,
                                      HITS_FORMAT_TREC, HITS_FORMAT_TSV};
enum { NUM_FORMATS = sizeof formats / sizeof formats[0] };

static void ranks_cuts_and_keeps_ties(void **state) {
    (void)state;
    int calls = 0;
    rerank_result result;
    dear_error err;
    assert_int_equal(run(HITS_FORMAT_TSV, false, &calls, &result, &err), DEAR_OK);
    size_t length = 0;
    char *text = scratch_read(scratch_path("out"), &length);
    /* the tie is one float32 step apart */
    assert_string_equal(text, "q0\td1\t0.7\nq0\td2\t0.6999999\nq0\td0\t0.1\n"
                              "q2\td1\t0.7\nq2\td2\t0.6999999\nq2\td0\t0.1\nq3\td0\t0.1\n");
    assert_int_equal(result.queries, 5);
    assert_int_equal(result.finished, 5);
    assert_int_equal(result.scored, 7);
    assert_int_equal(calls, 3);
    free(text);
}

/* Cut anywhere, under either name, then resumed: the same bytes, and nothing scored twice. */
static void resumes_from_a_cut_at_every_byte(void **state) {
    (void)state;
    for (int f = 0; f < NUM_FORMATS; f++) {
        rerank_result result;
        dear_error err;
        int calls = 0;
        assert_int_equal(run(formats[f], false, &calls, &result, &err), DEAR_OK);
        size_t length = 0, again_length;
        char *whole = scratch_read(scratch_path("out"), &length);
        for (size_t cut = 0; cut <= 2 * length + 1; cut++) {
            bool under_part_name = cut % 2;
            unlink(scratch_path("out"));
            scratch_write_bytes(under_part_name ? "out.part" : "out", whole, cut / 2);
            calls = 0;
            if (run(formats[f], true, &calls, &result, &err) != DEAR_OK)
                fail_msg("%s cut at %zu: %s", hits_format_name(formats[f]), cut / 2, err.message);
            char *again = scratch_read(scratch_path("out"), &again_length);
            assert_int_equal(again_length, length);
            assert_memory_equal(again, whole, length);
            assert_int_equal(result.finished, NUM_QUERIES);
            assert_true(result.resumed <= NUM_QUERIES);
            assert_null(scratch_read(scratch_path("out.part"), &again_length));
            if (cut / 2 == length)
                assert_int_equal(calls, 0);
            free(again);
        }
        free(whole);
        unlink(scratch_path("out"));
    }
}

static void stopping_keeps_what_is_finished(void **state) {
    (void)state;
    for (int stop = 0; stop < NUM_QUERIES; stop++) {
        int calls = 0, left = stop;
        hit_set set = sample();
        rerank_job job = job_for(&set, HITS_FORMAT_RANKGPT, &calls);
        job.progress = stop_after;
        job.progress_context = &left;
        rerank_result result;
        dear_error err;
        assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_ERROR_CANCELLED);
        assert_int_equal(result.finished, stop);
        assert_int_equal(result.part_kept, stop > 0);
        assert_int_equal(access(scratch_path("out.part"), F_OK), stop > 0 ? 0 : -1);
        assert_int_equal(access(scratch_path("out"), F_OK), -1);
        hit_set_free(&set);
        assert_int_equal(run(HITS_FORMAT_RANKGPT, true, &calls, &result, &err), DEAR_OK);
        assert_int_equal(result.resumed, stop);
        assert_int_equal(calls, 3);
        unlink(scratch_path("out"));
    }
}

static void failing_keeps_what_is_finished(void **state) {
    (void)state;
    int calls = 0;
    hit_set set = sample();
    rerank_job job = job_for(&set, HITS_FORMAT_TREC, &calls);
    job.score = score_fails;
    rerank_result result;
    dear_error err;
    assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_ERROR_MEMORY);
    assert_true(result.part_kept);
    assert_int_equal(result.finished, 3);
    hit_set_free(&set);
    unlink(scratch_path("out.part"));
}

static void refuses_scores_that_are_no_numbers(void **state) {
    (void)state;
    int calls = 0;
    hit_set set = sample();
    rerank_job job = job_for(&set, HITS_FORMAT_TREC, &calls);
    job.score = score_nan;
    rerank_result result;
    dear_error err;
    assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "q0"));
    hit_set_free(&set);
}

static void refuses_to_resume_a_foreign_output(void **state) {
    (void)state;
    const struct {
        hits_format format;
        const char *text;
    } cases[] = {
        {HITS_FORMAT_TREC, "other Q0 d0 1 1 t\nother Q0 d1 2 0 t\nother Q0 d2 3 0 t\n"},
        {HITS_FORMAT_TREC, "q0 Q0 d0 1 1 t\nq0 Q0 d1 2 0.5 t\nq2 Q0 d2 1 0 t\n"},
        {HITS_FORMAT_TREC, "q0 Q0 d0 1 1 t\nq0 Q0 d1 2 0.5 t\nq0 Q0 zz 3 0 t\n"},
        {HITS_FORMAT_TREC, "[\n"},
        {HITS_FORMAT_TREC, "nonsense\n"},
        {HITS_FORMAT_RANKGPT, "q0 Q0 d0 1 1 t\n"},
        {HITS_FORMAT_RANKGPT, "[\n{\"query\": \"x\", \"qid\": \"q9\", \"hits\": []}\n"},
        {HITS_FORMAT_RANKGPT, "[\n{\"query\": \"x\", \"qid\": \"q0\", \"hits\": []}\n"},
        {HITS_FORMAT_RANKGPT, "[\n]\n"},
        {HITS_FORMAT_DPR, "[\n{\"id\": \"q0\", \"question\": \"x\", \"ctxs\": [{\"id\": 1}]}\n"},
        {HITS_FORMAT_JSONL, "{\"query_id\": \"q1\", \"docid\": \"d0\"}\n"
                            "{\"query_id\": \"q1\", \"docid\": \"d1\"}\n"
                            "{\"query_id\": \"q1\", \"docid\": \"d2\"}\n"},
        {HITS_FORMAT_TSV, "q0\td0\tx\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink(scratch_path("out"));
        scratch_write("out.part", cases[i].text);
        int calls = 0;
        rerank_result result;
        dear_error err;
        if (run(cases[i].format, true, &calls, &result, &err) != DEAR_ERROR_INPUT)
            fail_msg("resumed: %s", cases[i].text);
        assert_non_null(strstr(err.message, "out.part:"));
        assert_int_equal(calls, 0);
        size_t length = 0;
        char *left = scratch_read(scratch_path("out.part"), &length);
        assert_non_null(left); /* and left as it was */
        free(left);
        unlink(scratch_path("out.part"));
    }
}

static void refuses_an_output_that_holds_more(void **state) {
    (void)state;
    int calls = 0;
    rerank_result result;
    dear_error err;
    for (int f = 0; f < NUM_FORMATS; f++) {
        assert_int_equal(run(formats[f], false, &calls, &result, &err), DEAR_OK);
        FILE *more = fopen(scratch_path("out"), "a");
        fputs("q9 Q0 d0 1 1 t\n", more);
        fclose(more);
        assert_int_equal(run(formats[f], true, &calls, &result, &err), DEAR_ERROR_INPUT);
        unlink(scratch_path("out"));
    }
}

static void shards_share_the_queries_out(void **state) {
    (void)state;
    size_t queries = 0;
    for (size_t shard = 0; shard < 3; shard++) {
        int calls = 0;
        hit_set set = sample();
        rerank_job job = job_for(&set, HITS_FORMAT_DPR, &calls);
        job.shard = shard;
        job.shards = 3;
        rerank_result result;
        dear_error err;
        assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_OK);
        hit_set back;
        hits_input input = {.path = job.output};
        assert_int_equal(hits_read(&back, &input, &err), DEAR_OK);
        for (size_t i = 0; i < back.count; i++)
            assert_string_equal(back.lists[i].qid, set.lists[shard + 3 * i].qid);
        queries += back.count;
        hit_set_free(&back);
        hit_set_free(&set);
        unlink(scratch_path("out"));
    }
    assert_int_equal(queries, NUM_QUERIES);
}

static void refuses_contradictory_jobs(void **state) {
    (void)state;
    int calls = 0;
    hit_set set = sample();
    rerank_result result;
    dear_error err;
    rerank_job job = job_for(&set, HITS_FORMAT_TREC, &calls);
    job.shard = job.shards;
    assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_ERROR_USAGE);
    job = job_for(&set, HITS_FORMAT_TABLE, &calls);
    job.resume = true;
    assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_ERROR_USAGE);
    job = job_for(&set, HITS_FORMAT_TREC, &calls);
    job.resume = true;
    job.output = "-";
    assert_int_equal(rerank_job_run(&job, &result, &err), DEAR_ERROR_USAGE);
    hit_set_free(&set);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    for (int f = 0; f < NUM_FORMATS; f++) {
        int calls = 0, left = 3;
        rerank_result result;
        dear_status status = DEAR_ERROR_MEMORY;
        for (long n = 1; status != DEAR_OK; n++) {
            hit_set set = sample();
            rerank_job job = job_for(&set, formats[f], &calls);
            job.progress = stop_after;
            job.progress_context = &left;
            left = 3;
            assert_int_equal(rerank_job_run(&job, &result, NULL), DEAR_ERROR_CANCELLED);
            hit_set_free(&set);
            set = sample();
            job = job_for(&set, formats[f], &calls);
            job.resume = true;
            mem_fail_after(n);
            status = rerank_job_run(&job, &result, NULL);
            mem_fail_after(0);
            assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
            assert_true(n < 1000);
            hit_set_free(&set);
        }
        unlink(scratch_path("out"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_cuts_and_keeps_ties),
        cmocka_unit_test(resumes_from_a_cut_at_every_byte),
        cmocka_unit_test(stopping_keeps_what_is_finished),
        cmocka_unit_test(failing_keeps_what_is_finished),
        cmocka_unit_test(refuses_scores_that_are_no_numbers),
        cmocka_unit_test(refuses_to_resume_a_foreign_output),
        cmocka_unit_test(refuses_an_output_that_holds_more),
        cmocka_unit_test(shards_share_the_queries_out),
        cmocka_unit_test(refuses_contradictory_jobs),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
