#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "eval/result.h"
#include "unit/rank/scratch_file.h"

#include <math.h>

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define RUN "\"run\": {\"path\": \"runs/a.trec\", \"sha256\": \"" DIGEST "\"}"
#define HEAD "{\"schema\": \"dear-result/1\", " RUN

static result read_text(const char *text) {
    result r;
    dear_error err = {0};
    if (result_read(&r, scratch_write("result.json", text), &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return r;
}

static void reads_every_field(void **state) {
    (void)state;
    result r = read_text(
        HEAD
        ", \"name\": \"BM25 + SmolLM2\", \"model\": \"smollm2-135m\", \"method\": \"pointwise\","
        "\"dataset\": \"noveleval\", \"qrels\": {\"sha256\": \"" DIGEST "\"}, \"queries\": 21,"
        "\"seconds_per_query\": 1.25, \"machine\": \"2 cores\", \"version\": \"0.1.0\","
        "\"date\": \"2026-11-23T20:15:00Z\", \"measures\": {\"map\": 0.5, \"num_q\": 21},"
        "\"responses\": {\"ok\": 20, \"wrong_format\": 1}}");
    assert_string_equal(r.name, "BM25 + SmolLM2");
    assert_string_equal(r.model, "smollm2-135m");
    assert_string_equal(r.method, "pointwise");
    assert_string_equal(r.dataset, "noveleval");
    assert_string_equal(r.run_path, "runs/a.trec");
    assert_string_equal(r.run_sha256, DIGEST);
    assert_null(r.qrels_path);
    assert_string_equal(r.qrels_sha256, DIGEST);
    assert_int_equal(r.num_queries, 21);
    assert_true(r.seconds_per_query == 1.25);
    assert_string_equal(r.machine, "2 cores");
    assert_string_equal(r.version, "0.1.0");
    assert_string_equal(r.date, "2026-11-23T20:15:00Z");
    assert_int_equal(r.num_measures, 2);
    assert_true(result_get_measure(&r, "map") == 0.5);
    assert_true(isnan(result_get_measure(&r, "ndcg")));
    assert_int_equal(json_integer_value(json_object_get(r.responses, "wrong_format")), 1);
    result_free(&r);
}

static void what_is_left_out_is_unknown(void **state) {
    (void)state;
    result r = read_text(HEAD ", \"model\": null}");
    assert_null(r.name);
    assert_null(r.model);
    assert_null(r.qrels_sha256);
    assert_int_equal(r.num_queries, 0);
    assert_true(isnan(r.seconds_per_query));
    assert_int_equal(r.num_measures, 0);
    assert_null(r.responses);
    result_free(&r);
}

static void writes_what_it_reads(void **state) {
    (void)state;
    dear_error err = {0};
    result r = read_text(HEAD ", \"qrels\": {\"path\": \"q\", \"sha256\": \"" DIGEST "\"}}");
    const char *path = scratch_path("written.json"), *again = scratch_path("again.json");
    assert_int_equal(result_set_text(&r.name, "\"a\" <b>", &err), DEAR_OK);
    assert_int_equal(result_set_measure(&r, "map", 0.25, &err), DEAR_OK);
    assert_int_equal(result_set_measure(&r, "ndcg_cut_10", 0.678, &err), DEAR_OK);
    assert_int_equal(result_set_measure(&r, "map", 2.0 / 3, &err), DEAR_OK);
    r.seconds_per_query = 0.1;
    r.num_queries = 3;
    assert_int_equal(result_write(&r, path, &err), DEAR_OK);
    result_free(&r);
    result back;
    assert_int_equal(result_read(&back, path, &err), DEAR_OK);
    assert_string_equal(back.name, "\"a\" <b>");
    assert_string_equal(back.qrels_path, "q");
    assert_int_equal(back.num_measures, 2);
    assert_string_equal(back.measures[0].name, "map");
    assert_true(fabs(back.measures[0].value - 2.0 / 3) < 1e-15);
    assert_true(back.seconds_per_query == 0.1);
    assert_int_equal(result_write(&back, again, &err), DEAR_OK);
    result_free(&back);
    size_t length, length_again;
    char *text = scratch_read(path, &length), *text_again = scratch_read(again, &length_again);
    assert_string_equal(text, text_again);
    assert_non_null(strstr(text, "\"ndcg_cut_10\": 0.678\n"));
    free(text);
    free(text_again);
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    const struct {
        const char *text, *named;
    } cases[] = {
        {"", "result.json: line 1"},
        {"[]", "must be a JSON object"},
        {"{" RUN "}", "\"schema\" must be \"dear-result/1\""},
        {"{\"schema\": \"dear-result/2\", " RUN "}", "\"schema\" must be \"dear-result/1\""},
        {"{\"schema\": \"dear-result/1\"}", "needs a \"run\""},
        {HEAD ", \"color\": 1}", "\"color\" is not a field"},
        {HEAD ", \"name\": 1}", "\"name\" must be a string"},
        {HEAD ", \"name\": \"\"}", "\"name\" must be a line of text"},
        {HEAD ", \"name\": \"a\\nb\"}", "\"name\" must be a line of text"},
        {HEAD ", \"name\": \"a\\u0000b\"}", "\"name\" must be a line of text"},
        {HEAD ", \"name\": \"a\", \"name\": \"b\"}", "duplicate"},
        {HEAD ", \"queries\": -1}", "\"queries\" is -1"},
        {HEAD ", \"queries\": 1.5}", "\"queries\" must be a whole number"},
        {HEAD ", \"seconds_per_query\": -0.1}", "\"seconds_per_query\" must not be negative"},
        {HEAD ", \"seconds_per_query\": \"1\"}", "\"seconds_per_query\" must be a number"},
        {HEAD ", \"date\": \"yesterday\"}", "\"date\" must be of the form"},
        {HEAD ", \"date\": \"2026-13-01T00:00:00Z\"}", "\"date\" must be of the form"},
        {HEAD ", \"date\": \"2026-11-01T24:00:00Z\"}", "\"date\" must be of the form"},
        {HEAD ", \"date\": \"2026-11-01T20:00:61Z\"}", "\"date\" must be of the form"},
        {HEAD ", \"measures\": [1]}", "\"measures\" must be an object"},
        {HEAD ", \"measures\": {\"map\": \"1\"}}", "\"measures\": \"map\" must be a number"},
        {HEAD ", \"measures\": {\"\": 1}}", "\"measures\": a name is empty"},
        {HEAD ", \"responses\": {\"ok\": -1}}", "\"responses\": \"ok\" must be how often"},
        {HEAD ", \"responses\": {\"ok\": 1.5}}", "\"responses\": \"ok\" must be how often"},
        {HEAD ", \"qrels\": \"q\"}", "\"qrels\" must be an object"},
        {HEAD ", \"qrels\": {\"path\": \"q\"}}", "\"qrels\": needs a \"sha256\""},
        {HEAD ", \"qrels\": {\"size\": 1}}", "\"qrels\": \"size\" is not a field"},
        {HEAD ", \"qrels\": {\"sha256\": \"E3\"}}", "\"qrels\": \"sha256\" must be 64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        result r;
        dear_error err;
        assert_int_equal(result_read(&r, scratch_write("result.json", cases[i].text), &err),
                         DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named) || !strstr(err.message, "result.json: "))
            fail_msg("no \"%s\" in: %s", cases[i].named, err.message);
        assert_null(r.run_path);
    }
}

static void paths_stay_below_the_folder(void **state) {
    (void)state;
    static const char *const outside[] = {"/etc/passwd", "../a", "a/../../b", "a/..", ".."};
    static const char *const inside[] = {"a", "a/b", "./a", "a..b/..c", "..."};
    dear_error err = {0};
    result r = read_text(HEAD "}");
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(result_set_text(&r.run_path, outside[i], &err), DEAR_OK);
        assert_int_equal(result_write(&r, scratch_path("x.json"), &err), DEAR_ERROR_INPUT);
        assert_non_null(strstr(err.message, "x.json: \"run\": \"path\" must lead"));
        assert_int_equal(access(scratch_path("x.json"), F_OK), -1);
        assert_int_equal(access(scratch_path("x.json.part"), F_OK), -1);
    }
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        assert_int_equal(result_set_text(&r.run_path, inside[i], &err), DEAR_OK);
        assert_int_equal(result_write(&r, scratch_path("x.json"), &err), DEAR_OK);
    }
    result_free(&r);
}

static void holds_only_what_json_can(void **state) {
    (void)state;
    dear_error err;
    result r = result_defaults();
    assert_int_equal(result_set_text(&r.model, "caf\xe9", &err), DEAR_ERROR_INPUT);
    assert_null(r.model);
    assert_int_equal(result_set_measure(&r, "map", NAN, &err), DEAR_ERROR_INPUT);
    assert_int_equal(r.num_measures, 0);
    result_free(&r);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    const char *path = scratch_write("result.json", HEAD ", \"measures\": {\"a\": 1, \"b\": 2}}");
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        result r;
        mem_fail_after(n);
        status = result_read(&r, path, NULL);
        if (status == DEAR_OK)
            status = result_write(&r, path, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 100);
        result_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field),
        cmocka_unit_test(what_is_left_out_is_unknown),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(paths_stay_below_the_folder),
        cmocka_unit_test(holds_only_what_json_can),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
