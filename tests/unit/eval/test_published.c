#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "eval/datasets.h"
#include "eval/published.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const published_row *find(const published *p, const char *system, const char *set,
                                 const char *measure, bool timed) {
    for (size_t i = 0; i < p->count; i++) {
        const published_row *row = &p->rows[i];
        if (strcmp(row->system, system) == 0 && strcmp(row->dataset, set) == 0 &&
            strcmp(row->measure, measure) == 0 && isnan(row->seconds) != timed)
            return row;
    }
    return NULL;
}

static void reads_what_ships(void **state) {
    (void)state;
    published p;
    dear_error err;
    assert_int_equal(published_read(&p, &err), DEAR_OK);
    const published_row *row = find(&p, "DeAR-L-8B", "dl20", "ndcg_cut_10", false);
    assert_non_null(row);
    assert_true(fabs(row->value - 0.7563) < 1e-12);
    assert_non_null(strstr(row->source, "2508.16998"));
    row = find(&p, "RankZephyr", "dl19", "ndcg_cut_10", true);
    assert_non_null(row);
    assert_true(fabs(row->seconds - 21.58) < 1e-12);
    assert_non_null(row->note);
    published_free(&p);
}

/* "90.97 nDCG@10" is a mean over cutoffs: the rows beneath it must give it. */
static void means_of_novel_eval_are_what_the_note_says(void **state) {
    (void)state;
    published p;
    dear_error err;
    assert_int_equal(published_read(&p, &err), DEAR_OK);
    static const char *const measures[] = {"ndcg_cut_1", "ndcg_cut_5", "ndcg_cut_10"};
    double sum = 0;
    for (size_t i = 0; i < 3; i++)
        sum += find(&p, "DeAR-L-8B", "noveleval", measures[i], false)->value;
    assert_true(fabs(sum / 3 - 0.9097) < 5e-5);
    published_free(&p);
}

static void names_data_sets_of_the_catalogue(void **state) {
    (void)state;
    published p;
    dear_error err;
    assert_int_equal(published_read(&p, &err), DEAR_OK);
    for (size_t i = 0; i < p.count; i++)
        if (!dataset_known(p.rows[i].dataset))
            fail_msg("no data set is called %s", p.rows[i].dataset);
    published_free(&p);
}

#define COLUMNS "\"source\": \"S\", \"columns\": [{\"dataset\": \"a\", \"measure\": \"m\"}], "

static void refuses_what_is_malformed(void **state) {
    (void)state;
    static const struct {
        const char *json, *complaint;
    } cases[] = {
        {"[", "line 1"},
        {"[]", "\"tables\" must be a list"},
        {"{\"tables\": [{}]}", "table 1: no \"source\""},
        {"{\"tables\": [{\"source\": \"S\"}]}", "\"columns\" must be"},
        {"{\"tables\": [{" COLUMNS "\"rows\": []}]}", "\"rows\" must be"},
        {"{\"tables\": [{" COLUMNS "\"rows\": [{}]}]}", "row 1: no \"system\""},
        {"{\"tables\": [{" COLUMNS "\"rows\": [{\"system\": \"X\", \"values\": [1, 2]}]}]}",
         "\"values\" must be 1"},
        {"{\"tables\": [{" COLUMNS "\"rows\": [{\"system\": \"X\", \"values\": [101]}]}]}",
         "0 to 100"},
        {"{\"tables\": [{" COLUMNS "\"rows\": [{\"system\": \"X\", \"values\": [\"9\"]}]}]}",
         "0 to 100"},
        {"{\"tables\": [{" COLUMNS
         "\"rows\": [{\"system\": \"X\", \"values\": [9], \"seconds\": 0}]}]}",
         "more than 0"},
        {"{\"tables\": [{\"source\": \"S\", \"columns\": [{}], \"rows\": [{\"system\": \"X\", "
         "\"values\": [9]}]}]}",
         "no \"dataset\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        published p;
        dear_error err;
        const char *json = cases[i].json;
        assert_int_equal(published_parse(&p, json, strlen(json), "p.json", &err), DEAR_ERROR_INPUT);
        assert_null(p.rows);
        if (!strstr(err.message, "p.json: ") || !strstr(err.message, cases[i].complaint))
            fail_msg("\"%s\" says nothing of \"%s\"", err.message, cases[i].complaint);
    }
}

static void comes_back_from_failed_allocations(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        published p;
        dear_error err;
        mem_fail_after(n);
        status = published_read(&p, &err);
        mem_fail_after(0);
        if (status == DEAR_OK)
            published_free(&p);
        else
            assert_int_equal(status, DEAR_ERROR_MEMORY);
    }
}

int main(void) {
    setenv("DEAR_DATA", SHIPPED_DATA, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_ships),
        cmocka_unit_test(means_of_novel_eval_are_what_the_note_says),
        cmocka_unit_test(names_data_sets_of_the_catalogue),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(comes_back_from_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
