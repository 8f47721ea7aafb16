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

static const char *const every_measure[] = {"all_trec", "recip_rank_cut", "hole_cut", NULL};

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

static void assert_names(measure_list list, const char *const *names) {
    for (size_t i = 0; i < list.count && names[i]; i++)
        assert_string_equal(list.specs[i].name, names[i]);
    for (size_t i = 0; i < list.count; i++)
        assert_non_null(names[i]);
    assert_null(names[list.count]);
    measure_list_free(&list);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void parses_measures(void **state) {
    (void)state;
    assert_names(measures_named(NAMES("ndcg_cut.5,1", "P.5", "ndcg_cut.5", "map")),
                 NAMES("map", "P_5", "ndcg_cut_1", "ndcg_cut_5"));
    assert_names(
        measures_named(NAMES("set_F.2", "Rprec_mult.5,0.2", "11pt_avg..25,1", "set_F.0.5")),
        NAMES("Rprec_mult_0.20", "Rprec_mult_5.00", "11pt_avg_.25,1", "set_F_0.5", "set_F_2"));
    assert_names(measures_named(NAMES("ndcg.2=1,1=0.5", "relstring", "rbp", "rbp.0.5")),
                 NAMES("relstring", "ndcg_2=1,1=0.5", "rbp_0.50"));
    assert_names(measures_named(NAMES("success", "success.3", "success")), NAMES("success_3"));
}

static void knows_the_names_of_ir_measures(void **state) {
    (void)state;
    assert_names(measures_named(NAMES("nDCG@10", "ndcg@5", "P@5", "R@100", "Recall@10", "MRR@10",
                                      "RR", "AP", "MAP@100", "Success@1", "Hole@5", "IPrec@0.1")),
                 NAMES("map", "recip_rank", "iprec_at_recall_0.10", "P_5", "recall_10",
                       "recall_100", "ndcg_cut_5", "ndcg_cut_10", "map_cut_100", "success_1",
                       "recip_rank_cut_10", "hole_cut_5"));
}

static void refuses_measures(void **state) {
    (void)state;
    const char *bad[] = {
        "nope",
        "",
        "map.5",
        "P.",
        "P.0",
        "P.-1",
        "P.5,",
        "P.5,x",
        "P. 5",
        "ndcg.1",
        "ndcg.1=",
        "ndcg.1=-1",
        "ndcg.1=2,",
        "ndcg.0.5=1",
        "utility.1,2",
        "utility.1,2,3,4,5",
        "rbp.nan",
        "rbp.0x1",
        "rbp.1e999",
        "set_F.",
        "P.99999999999999999999",
        "nDCG@",
        "nDCG@x",
        "@5",
        "relstring.0",
        "11pt_avg.0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
        "11pt_avg.0.1111111111111111111111111111111111111111111111111111111111111111"
        "11111111111111111111111111111111"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        measure_list other = {0};
        dear_error err;
        if (measure_list_add(&other, bad[i], &err) != DEAR_ERROR_USAGE)
            fail_msg("\"%s\" was taken", bad[i]);
        if (i == 0)
            assert_non_null(strstr(err.message, "ndcg_cut"));
        measure_list_free(&other);
    }
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
        assert_true(n < 1000);
        evaluation_free(&e);
    }
    id_table_free(&judged.topics[0].index);
    id_table_free(&judged.index);
    hit_set_free(&run);
    measure_list_free(&measures);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_noveleval),
        cmocka_unit_test(breaks_ties_by_docid_unless_ordered),
        cmocka_unit_test(needs_a_common_query),
        cmocka_unit_test(parses_measures),
        cmocka_unit_test(knows_the_names_of_ir_measures),
        cmocka_unit_test(refuses_measures),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
