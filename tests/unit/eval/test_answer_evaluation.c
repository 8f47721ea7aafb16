#include "cmocka_setup.h"

#include "base/memory.h"
#include "eval/answer_evaluation.h"

#include <math.h>
#include <string.h>

/* Questions b (answered at rank 2), a (nowhere), c (without answers); d is not in the run. */
static int make_run(void **state) {
    static hit_set run;
    run = (hit_set){0};
    hit_list *list = hit_set_add(&run, "b", "");
    bool made =
        list && hit_list_add(list, "1", "", "no", 2) && hit_list_add(list, "2", "", "yes", 1);
    for (const char *qid = "a\0c\0"; *qid && made; qid += 2) {
        list = hit_set_add(&run, qid, "");
        made = list && hit_list_add(list, "1", "", "no", 2);
    }
    *state = &run;
    return made ? 0 : -1;
}

static int free_run(void **state) {
    hit_set_free(*state);
    return 0;
}

static dear_status make_answers(answer_set *set) {
    *set = (answer_set){0};
    json_t *yes = json_string("yes");
    dear_status status = DEAR_OK;
    for (const char *qid = "a\0b\0d\0"; *qid && status == DEAR_OK; qid += 2)
        status = answer_set_add(set, qid, NULL, yes, "x", NULL);
    json_decref(yes);
    return status;
}

static evaluation evaluate_run(const hit_set *run, const answer_set *set, measure_list *measures,
                               bool complete) {
    static const size_t cutoffs[] = {1, 2};
    evaluation e;
    assert_int_equal(answer_measures(measures, cutoffs, 2, NULL), DEAR_OK);
    assert_int_equal(evaluate_answers(&e, set, run, measures, complete, NULL), DEAR_OK);
    return e;
}

static void questions_of_both_are_measured(void **state) {
    answer_set set;
    measure_list measures;
    assert_int_equal(make_answers(&set), DEAR_OK);
    evaluation e = evaluate_run(*state, &set, &measures, false);
    assert_string_equal(measures.specs[3].name, "accuracy_2");
    assert_int_equal(e.num_queries, 2);
    assert_string_equal(e.qids[0], "a");
    assert_string_equal(e.qids[1], "b");
    assert_string_equal(e.texts[1], "0");
    assert_string_equal(e.texts[e.num_measures + 1], "2");
    assert_true(e.all[0] == 2 && e.all[2] == 0 && e.all[3] == 0.5);
    evaluation_free(&e);
    measure_list_free(&measures);
    answer_set_free(&set);
}

static void complete_counts_what_the_run_lacks(void **state) {
    answer_set set;
    measure_list measures;
    assert_int_equal(make_answers(&set), DEAR_OK);
    evaluation e = evaluate_run(*state, &set, &measures, true);
    assert_int_equal(e.num_queries, 3);
    assert_string_equal(e.qids[2], "d");
    assert_true(e.all[0] == 3 && fabs(e.all[3] - 1.0 / 3) < 1e-12);
    evaluation_free(&e);
    measure_list_free(&measures);
    answer_set_free(&set);
}

static void no_common_question_is_an_error(void **state) {
    answer_set none = {0};
    measure_list measures;
    evaluation e;
    dear_error err;
    assert_int_equal(answer_measures(&measures, NULL, 0, &err), DEAR_OK);
    assert_int_equal(evaluate_answers(&e, &none, *state, &measures, true, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "no question in common"));
    measure_list_free(&measures);
}

static void survives_every_failed_allocation(void **state) {
    static const size_t cutoffs[] = {1, 2};
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        answer_set set = {0};
        measure_list measures = {0};
        evaluation e = {0};
        mem_fail_after(n);
        status = make_answers(&set);
        if (status == DEAR_OK)
            status = answer_measures(&measures, cutoffs, 2, NULL);
        if (status == DEAR_OK)
            status = evaluate_answers(&e, &set, *state, &measures, true, NULL);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        assert_true(n < 200);
        evaluation_free(&e);
        measure_list_free(&measures);
        answer_set_free(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_of_both_are_measured),
        cmocka_unit_test(complete_counts_what_the_run_lacks),
        cmocka_unit_test(no_common_question_is_an_error),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_run, free_run);
}
