#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "eval/evaluation.h"
#include "rank/hits_format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static measure_list measures_named(const char *const *names) {
    measure_list list = {0};
    dear_error err;
    for (; *names; names++)
        if (measure_list_add(&list, *names, &err) != DEAR_OK)
            fail_msg("%s", err.message);
    measure_list_sort(&list);
    return list;
}

static evaluation evaluate_files(const char *qrels_path, const char *run_path,
                                 const measure_list *measures, qrels *judged, hit_set *run) {
    dear_error err;
    evaluation e;
    hits_input input = {.path = run_path};
    if (qrels_read(judged, qrels_path, &err) != DEAR_OK ||
        hits_read(run, &input, &err) != DEAR_OK ||
        evaluate(&e, judged, run, measures, NULL, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return e;
}

/* The text that trec_eval printed for a measure and a query. */
static const char *expected_text(const char *output, const char *name, const char *qid) {
    static char text[64];
    char start[96];
    int length = snprintf(start, sizeof start, "%-22s\t%s\t", name, qid);
    const char *line = output;
    while (line && strncmp(line, start, (size_t)length) != 0)
        line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    if (!line)
        return NULL;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(line + length, "\n"), line + length);
    return text;
}

static char *read_text(const char *path) {
    static char text[1 << 16];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static size_t check_value(const char *output, const measure_spec *spec, const char *qid,
                          double value) {
    const char *expected = expected_text(output, spec->name, qid);
    if (!expected)
        return 0;
    char ours[64];
    snprintf(ours, sizeof ours, spec->measure->kind == MEASURE_MEAN ? "%6.4f" : "%.0f", value);
    if (strcmp(ours, expected) != 0)
        fail_msg("%s of %s: %s, trec_eval has %s", spec->name, qid, ours, expected);
    return 1;
}

static const char *const every_measure[] = {"num_q",  "num_ret", "num_rel",  "num_rel_ret",
                                            "map",    "Rprec",   "P",        "recip_rank",
                                            "recall", "ndcg",    "ndcg_cut", NULL};

/* trec_eval's own test: `trec_eval -m all_trec -q qrels.test results.test`. */
static void agrees_with_trec_eval(void **state) {
    (void)state;
    const char *output = read_text(TEST_DATA "/trec_eval/out.test.aq");
    measure_list measures = measures_named(every_measure);
    qrels judged;
    hit_set run;
    evaluation e = evaluate_files(TEST_DATA "/trec_eval/qrels.test",
                                  TEST_DATA "/trec_eval/results.test", &measures, &judged, &run);
    assert_int_equal(e.num_queries, 3);
    size_t checked = 0;
    for (size_t m = 0; m < measures.count; m++) {
        checked += check_value(output, &measures.specs[m], "all", e.all[m]);
        for (size_t q = 0; q < e.num_queries; q++)
            checked += check_value(output, &measures.specs[m], e.qids[q],
                                   e.values[q * e.num_measures + m]);
    }
    /* 8 plain measures and 3 x 9 cutoffs for 3 queries and all; num_q for all only */
    assert_int_equal(checked, 4 * (8 + 27) - 3);
    evaluation_free(&e);
    hit_set_free(&run);
    qrels_free(&judged);
    measure_list_free(&measures);
}

/* results.trunc has more words behind the tag, and lacks a query. */
static void agrees_on_a_truncated_run(void **state) {
    (void)state;
    const char *output = read_text(TEST_DATA "/trec_eval/out.test.aqc");
    measure_list measures = measures_named(every_measure);
    qrels judged;
    hit_set run;
    evaluation e = evaluate_files(TEST_DATA "/trec_eval/qrels.test",
                                  TEST_DATA "/trec_eval/results.trunc", &measures, &judged, &run);
    size_t checked = 0;
    for (size_t m = 0; m < measures.count; m++)
        for (size_t q = 0; q < e.num_queries; q++)
            checked += check_value(output, &measures.specs[m], e.qids[q],
                                   e.values[q * e.num_measures + m]);
    assert_int_equal(checked, e.num_queries * (8 + 27 - 1));
    evaluation_free(&e);
    hit_set_free(&run);
    qrels_free(&judged);
    measure_list_free(&measures);
}

/* The order that NovelEval's file has; the values were computed independently in Python. */
static void measures_noveleval(void **state) {
    (void)state;
    measure_list measures = measures_named((const char *const[]){"ndcg_cut.10,1,5", NULL});
    qrels judged;
    hit_set run;
    evaluation e = evaluate_files(SHIPPED_DATA "/noveleval/qrels.txt",
                                  SHIPPED_DATA "/noveleval/data.json", &measures, &judged, &run);
    const double expected[] = {0.6428571428571429, 0.5824490209953035, 0.6502616115496378};
    assert_int_equal(e.num_queries, 21);
    assert_string_equal(measures.specs[2].name, "ndcg_cut_10");
    for (int m = 0; m < 3; m++)
        assert_true(fabs(e.all[m] - expected[m]) < 1e-12);
    evaluation_free(&e);
    hit_set_free(&run);
    qrels_free(&judged);
    measure_list_free(&measures);
}

static qrels judge_one(const char *docid) {
    static judgment j;
    static qrels_topic topic;
    j = (judgment){(char *)docid, 1};
    topic = (qrels_topic){.qid = "1", .judgments = &j, .count = 1, .capacity = 1};
    *id_table_at(&topic.index, docid) = 0;
    qrels q = {.topics = &topic, .count = 1, .capacity = 1};
    *id_table_at(&q.index, "1") = 0;
    return q;
}

static void breaks_ties_by_docid_unless_ordered(void **state) {
    (void)state;
    qrels judged = judge_one("a");
    hit_set run = {0};
    hit_list *list = hit_set_add(&run, "1", "");
    hit_list_add(list, "a", "", "", 1);
    hit_list_add(list, "b", "", "", 1);
    measure_list measures = measures_named((const char *const[]){"recip_rank", NULL});
    evaluation e;
    assert_int_equal(evaluate(&e, &judged, &run, &measures, NULL, NULL), DEAR_OK);
    assert_true(e.all[0] == 0.5); /* b before a */
    evaluation_free(&e);
    run.ordered = true;
    assert_int_equal(evaluate(&e, &judged, &run, &measures, NULL, NULL), DEAR_OK);
    assert_true(e.all[0] == 1);
    evaluation_free(&e);
    id_table_free(&judged.topics[0].index);
    id_table_free(&judged.index);
    hit_set_free(&run);
    measure_list_free(&measures);
}

static void needs_a_common_query(void **state) {
    (void)state;
    qrels judged = judge_one("a");
    hit_set run = {0};
    hit_set_add(&run, "1", ""); /* without hits: not ranked */
    hit_list_add(hit_set_add(&run, "2", ""), "a", "", "", 1);
    measure_list measures = measures_named((const char *const[]){"map", NULL});
    evaluation e;
    dear_error err;
    assert_int_equal(evaluate(&e, &judged, &run, &measures, NULL, &err), DEAR_ERROR_INPUT);
    id_table_free(&judged.topics[0].index);
    id_table_free(&judged.index);
    hit_set_free(&run);
    measure_list_free(&measures);
}

static void parses_measures(void **state) {
    (void)state;
    measure_list list =
        measures_named((const char *const[]){"ndcg_cut.5,1", "P.5", "ndcg_cut.5", "map", NULL});
    const char *names[] = {"map", "P_5", "ndcg_cut_1", "ndcg_cut_5"};
    assert_int_equal(list.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(list.specs[i].name, names[i]);
    const char *bad[] = {"nope",
                         "",
                         "map.5",
                         "P.",
                         "P.0",
                         "P.-1",
                         "P.5,",
                         "P.5,x",
                         "P. 5",
                         "ndcg.1",
                         "P.99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        measure_list other = {0};
        dear_error err;
        assert_int_equal(measure_list_add(&other, bad[i], &err), DEAR_ERROR_USAGE);
        if (i == 0)
            assert_non_null(strstr(err.message, "ndcg_cut"));
        measure_list_free(&other);
    }
    measure_list_free(&list);
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    qrels judged = judge_one("a");
    hit_set run = {0};
    hit_list_add(hit_set_add(&run, "1", ""), "a", "", "", 1);
    measure_list measures = measures_named(every_measure);
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        evaluation e;
        mem_fail_after(n);
        status = evaluate(&e, &judged, &run, &measures, NULL, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 100);
        evaluation_free(&e);
    }
    id_table_free(&judged.topics[0].index);
    id_table_free(&judged.index);
    hit_set_free(&run);
    measure_list_free(&measures);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_trec_eval),
        cmocka_unit_test(agrees_on_a_truncated_run),
        cmocka_unit_test(measures_noveleval),
        cmocka_unit_test(breaks_ties_by_docid_unless_ordered),
        cmocka_unit_test(needs_a_common_query),
        cmocka_unit_test(parses_measures),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
