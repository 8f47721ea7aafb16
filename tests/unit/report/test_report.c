#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/file.h"
#include "base/memory.h"
#include "report/sections.h"
#include "report/write_markdown.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUERIES = 12 };

static char folder[] = "/tmp/report-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Each query has one relevant document, d0; a run ranks it at rank(q). */
static void write_run(const char *name, int (*rank)(int query)) {
    FILE *f = fopen(in_folder(name), "w");
    assert_non_null(f);
    for (int q = 0; q < QUERIES; q++)
        for (int r = 1, other = 1; r <= 5; r++)
            fprintf(f, "q%d Q0 d%d %d %d t\n", q, r == rank(q) ? 0 : other++, r, 10 - r);
    fclose(f);
}

static int always_third(int q) {
    return (void)q, 3;
}
static int mostly_first(int q) {
    return q == 4 ? 5 : 1 + q % 2;
}
static int third_but_once(int q) {
    return q == 7 ? 2 : 3;
}

static int make_files(void **state) {
    (void)state;
    if (!mkdtemp(folder) || setenv("DEAR_DATA", SHIPPED_DATA, 1) != 0)
        return -1;
    FILE *f = fopen(in_folder("qrels"), "w");
    for (int q = 0; q < QUERIES; q++)
        fprintf(f, "q%d 0 d0 1\nq%d 0 d1 0\n", q, q);
    fclose(f);
    write_run("third", always_third);
    write_run("first", mostly_first);
    write_run("near", third_but_once);
    return 0;
}

static int remove_files(void **state) {
    (void)state;
    static const char *const names[] = {"qrels", "third", "first", "near"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(in_folder(names[i]));
    return rmdir(folder);
}

static dear_status add_dataset(study *s, const char *name, dear_error *err) {
    char text[128];
    snprintf(text, sizeof text, "%s=%s", name, in_folder("qrels"));
    return study_add_dataset(s, text, err);
}

static dear_status fill_study(study *s, dear_error *err) {
    TRY(study_begin(s, err));
    dear_status status = add_dataset(s, "toy", err);
    if (status == DEAR_OK)
        status = study_add_run(s, "base", in_folder("third"), err);
    if (status == DEAR_OK)
        status = study_add_run(s, "better", in_folder("first"), err);
    if (status == DEAR_OK)
        status = study_add_run(s, "near", in_folder("near"), err);
    if (status == DEAR_OK)
        status = study_measure_runs(s, NULL, err);
    if (status != DEAR_OK)
        study_free(s);
    return status;
}

static study made_study(void) {
    study s;
    dear_error err;
    if (fill_study(&s, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return s;
}

static void means_and_comparisons_are_those_of_the_ranks(void **state) {
    (void)state;
    study s = made_study();
    const study_dataset *set = &s.datasets[0];
    assert_string_equal(s.baseline, "base");
    assert_true(fabs(study_mean(&set->runs[0], STUDY_MRR) - 1.0 / 3) < 1e-12);
    assert_true(fabs(study_mean(&set->runs[0], STUDY_NDCG_10) - 0.5) < 1e-12);
    assert_true(fabs(study_mean(&set->runs[1], STUDY_MRR) - (5 + 6 / 2. + 1 / 5.) / 12) < 1e-12);
    const comparison *c = &set->runs[1].against[STUDY_MRR].values;
    assert_int_equal(c->wins, 11);
    assert_int_equal(c->losses, 1);
    assert_false(set->runs[0].has_comparison);
    study_free(&s);
}

/* Holm: the smaller of two p values is doubled, and the larger is no smaller than that. */
static void p_values_are_corrected_over_runs(void **state) {
    (void)state;
    study s = made_study();
    const study_run *better = &s.datasets[0].runs[1], *near = &s.datasets[0].runs[2];
    for (study_measure m = STUDY_NDCG_5; m < STUDY_MEASURES; m++) {
        assert_true(better->against[m].values.p < near->against[m].values.p);
        assert_true(fabs(better->against[m].adjusted_p - 2 * better->against[m].values.p) < 1e-15);
        assert_true(fabs(near->against[m].adjusted_p - near->against[m].values.p) < 1e-15);
    }
    study_free(&s);
}

static const table_cell *find_cell(const table *t, const char *row, study_measure m) {
    for (size_t i = 0; i < t->num_cells; i += t->num_columns)
        if (strcmp(t->cells[i].text, row) == 0)
            return &t->cells[i + 1 + m];
    fail_msg("no row \"%s\"", row);
    return NULL;
}

static void table_has_bests_and_marks(void **state) {
    (void)state;
    study s = made_study();
    document d = {0};
    dear_error err;
    published none = {0};
    assert_int_equal(section_results(&d, &s, &none, &err), DEAR_OK);
    assert_int_equal(d.blocks[1].kind, BLOCK_TABLE);
    const table *t = &d.blocks[1].table;
    assert_string_equal(t->caption, "toy, 12 queries: means \u00d7 100");
    const table_cell *best = find_cell(t, "better", STUDY_MRR);
    assert_string_equal(best->text, "68.3");
    assert_true(best->is_best);
    assert_string_equal(best->mark, "**");
    const table_cell *base = find_cell(t, "base (baseline)", STUDY_MRR);
    assert_string_equal(base->text, "33.3");
    assert_false(base->is_best);
    assert_string_equal(base->mark, "");
    assert_string_equal(find_cell(t, "near", STUDY_MRR)->mark, "");
    document_free(&d);
    study_free(&s);
}

static void published_rows_stand_beside_and_are_said_to_be(void **state) {
    (void)state;
    study s = made_study();
    published_row rows[] = {
        {"Other", "toy", "ndcg_cut_10", 0.99, NAN, "a paper", NULL},
        {"Other", "toy", "ndcg_cut_1", 0.5, NAN, "a paper", NULL},
        {"Other", "toy", "ndcg_cut_10", 0.25, 3.5, "another paper", "it differs"},
        {"Other", "elsewhere", "ndcg_cut_10", 0.1, NAN, "a paper", NULL},
    };
    published all = {rows, 4, NULL};
    document d = {0};
    dear_error err;
    assert_int_equal(section_results(&d, &s, &all, &err), DEAR_OK);
    const table *t = &d.blocks[1].table;
    assert_int_equal(t->num_cells / t->num_columns, 5);
    const table_cell *first = find_cell(t, "Other (as published, 1)", STUDY_NDCG_1);
    assert_string_equal(first[0].text, "50.0");
    assert_string_equal(first[STUDY_NDCG_10].text, "99.0");
    assert_false(first[STUDY_NDCG_10].is_best);
    assert_string_equal(first[STUDY_MEASURES].text, "\u2013");
    assert_string_equal(t->cells[4 * t->num_columns + 1 + STUDY_NDCG_10].text, "25.0");
    assert_string_equal(t->cells[4 * t->num_columns + 1 + STUDY_MEASURES].text, "3.5");
    strbuf text = {0};
    assert_int_equal(
        write_markdown(&text, &(document){.title = "", .blocks = d.blocks, .count = d.count}, &err),
        DEAR_OK);
    assert_non_null(strstr(text.text, "As published (2), not measured here: another paper. "
                                      "Note: it differs."));
    strbuf_free(&text);
    document_free(&d);
    study_free(&s);
}

static void average_is_over_data_sets_that_all_have(void **state) {
    (void)state;
    study s;
    dear_error err;
    published none = {0};
    assert_int_equal(study_begin(&s, &err), DEAR_OK);
    assert_int_equal(add_dataset(&s, "one", &err), DEAR_OK);
    assert_int_equal(study_add_run(&s, "base", in_folder("third"), &err), DEAR_OK);
    assert_int_equal(study_add_run(&s, "other", in_folder("near"), &err), DEAR_OK);
    assert_int_equal(add_dataset(&s, "two", &err), DEAR_OK);
    assert_int_equal(study_add_run(&s, "base", in_folder("first"), &err), DEAR_OK);
    assert_int_equal(study_measure_runs(&s, "base", &err), DEAR_OK);
    document d = {0};
    assert_int_equal(section_results(&d, &s, &none, &err), DEAR_OK);
    const table *overview = &d.blocks[1].table, *averages = &d.blocks[2].table;
    assert_int_equal(overview->num_columns, 4);
    assert_string_equal(overview->cells[6].text, "\u2013");
    assert_string_equal(overview->cells[7].text, "\u2013");
    assert_int_equal(averages->num_cells, averages->num_columns);
    char mean[16];
    snprintf(mean, sizeof mean, "%.1f", 100 * (1 / 3. + 8.2 / 12) / 2);
    assert_string_equal(find_cell(averages, "base", STUDY_MRR)->text, mean);
    document_free(&d);
    study_free(&s);
}

static void assert_says(dear_status status, const dear_error *err, const char *what) {
    assert_int_equal(status, DEAR_ERROR_INPUT);
    if (!strstr(err->message, what))
        fail_msg("no \"%s\" in \"%s\"", what, err->message);
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    study s;
    dear_error err;
    assert_int_equal(study_begin(&s, &err), DEAR_OK);
    assert_says(study_measure_runs(&s, NULL, &err), &err, "no run is given");
    assert_says(study_add_run(&s, "a", in_folder("third"), &err), &err, "no data set is given");
    assert_says(study_add_dataset(&s, "=x", &err), &err, "NAME=QRELS");
    assert_says(study_add_dataset(&s, "unheard-of", &err), &err, "unheard-of");
    assert_int_equal(add_dataset(&s, "toy", &err), DEAR_OK);
    assert_says(add_dataset(&s, "toy", &err), &err, "given twice");
    assert_says(study_measure_runs(&s, NULL, &err), &err, "has no run");
    assert_int_equal(study_add_run(&s, "a", in_folder("third"), &err), DEAR_OK);
    assert_says(study_add_run(&s, "a", in_folder("near"), &err), &err, "has a run \"a\" already");
    assert_says(study_set_seconds(&s, "b", 1, &err), &err, "no such run");
    assert_says(study_measure_runs(&s, "b", &err), &err, "no run is called \"b\"");
    study_free(&s);
}

static void survives_without_memory(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status == DEAR_ERROR_MEMORY; n++) {
        study s;
        dear_error err;
        mem_fail_after(n);
        status = fill_study(&s, &err);
        mem_fail_after(0);
        if (status == DEAR_OK)
            study_free(&s);
        else if (status != DEAR_ERROR_MEMORY)
            fail_msg("allocation %ld: %s", n, err.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_and_comparisons_are_those_of_the_ranks),
        cmocka_unit_test(p_values_are_corrected_over_runs),
        cmocka_unit_test(table_has_bests_and_marks),
        cmocka_unit_test(published_rows_stand_beside_and_are_said_to_be),
        cmocka_unit_test(average_is_over_data_sets_that_all_have),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
