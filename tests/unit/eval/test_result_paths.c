#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "eval/result_paths.h"
#include "unit/rank/scratch_file.h"

#include <sys/stat.h>

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static int make_folders(void **state) {
    return scratch_make(state) || mkdir(scratch_path("runs"), 0777) ||
           mkdir(scratch_path("runs/deep"), 0777) || mkdir(scratch_path("runs-too"), 0777) ||
           symlink("runs/deep", scratch_path("link"));
}

static char *relative(const char *result_path, const char *file) {
    char *out;
    dear_error err = {0};
    if (result_relative_path(&out, result_path, file, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return out;
}

static void paths_are_relative_to_the_result(void **state) {
    (void)state;
    const struct {
        const char *result, *file, *way;
    } cases[] = {
        {"r.json", "a.trec", "a.trec"},
        {"r.json", "runs/a.trec", "runs/a.trec"},
        {"r.json", "runs/deep/../a.trec", "runs/a.trec"},
        {"r.json", "runs//deep/./a.trec", "runs/deep/a.trec"},
        {"runs/r.json", "runs/a.trec", "a.trec"},
        {"runs/r.json", "link/a.trec", "deep/a.trec"},
        {"link/r.json", "runs/deep/a.trec", "a.trec"},
        {"runs/r.json", "a.trec", NULL},
        {"runs/r.json", "runs-too/a.trec", NULL},
        {"runs/r.json", "runs/../a.trec", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *way = relative(scratch_path(cases[i].result), scratch_path(cases[i].file));
        if (cases[i].way)
            assert_string_equal(way, cases[i].way);
        else
            assert_null(way);
        mem_free(way);
    }
}

static void the_way_leads_back(void **state) {
    (void)state;
    char *path = result_file_path("some/r.json", "runs/a");
    assert_string_equal(path, "some/runs/a");
    mem_free(path);
    path = result_file_path("r.json", "a");
    assert_string_equal(path, "a");
    mem_free(path);
    path = result_file_path("/r.json", "a");
    assert_string_equal(path, "/a");
    mem_free(path);
}

static void sets_files_with_their_digests(void **state) {
    (void)state;
    dear_error err;
    const char *run = scratch_write("runs/a.trec", "abc");
    result r = result_defaults();
    assert_int_equal(result_set_run(&r, scratch_path("r.json"), run, &err), DEAR_OK);
    assert_string_equal(r.run_path, "runs/a.trec");
    assert_string_equal(r.run_sha256, ABC);
    assert_int_equal(result_set_qrels(&r, scratch_path("r.json"), run, &err), DEAR_OK);
    assert_string_equal(r.qrels_path, "runs/a.trec");
    assert_int_equal(result_set_qrels(&r, scratch_path("runs/deep/r.json"), run, &err), DEAR_OK);
    assert_null(r.qrels_path);
    assert_string_equal(r.qrels_sha256, ABC);
    result_free(&r);
}

static void refuses_runs_that_it_cannot_name(void **state) {
    (void)state;
    dear_error err;
    const char *result_path = scratch_path("runs/r.json");
    assert_int_equal(result_check_run(result_path, scratch_path("a"), &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "is not below the folder of"));
    assert_int_equal(result_check_run(result_path, "-", &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "standard input"));
    assert_int_equal(result_check_run(scratch_path("none/r.json"), scratch_path("a"), &err),
                     DEAR_ERROR_IO);
    assert_int_equal(result_check_run(result_path, scratch_path("runs/new"), &err), DEAR_OK);
    result r = result_defaults();
    assert_int_equal(result_set_run(&r, result_path, scratch_path("runs/new"), &err),
                     DEAR_ERROR_IO);
    assert_null(r.run_path);
    result_free(&r);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    const char *run = scratch_write("runs/a.trec", "abc");
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        result r = result_defaults();
        mem_fail_after(n);
        status = result_set_run(&r, scratch_path("r.json"), run, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 20);
        result_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_relative_to_the_result),
        cmocka_unit_test(the_way_leads_back),
        cmocka_unit_test(sets_files_with_their_digests),
        cmocka_unit_test(refuses_runs_that_it_cannot_name),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_folders, scratch_remove);
}
