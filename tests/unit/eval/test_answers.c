#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "eval/answers.h"
#include "unit/rank/scratch_file.h"

static answer_set read_text(const char *text) {
    answer_set set;
    dear_error err;
    if (answers_read(&set, scratch_write("answers", text), &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return set;
}

/* The rank of the first of `passages` that answers the only question of a file of answers. */
static size_t rank_among(const char *answers, const char *const *passages, size_t count) {
    answer_set set = read_text(answers);
    hit_set run = {0};
    hit_list *list = hit_set_add(&run, "7", "who is it");
    for (size_t i = 0; i < count; i++) {
        char docid[24];
        snprintf(docid, sizeof docid, "d%zu", i);
        assert_true(hit_list_add(list, docid, "Marie Curie", passages[i], -(double)i));
    }
    size_t rank;
    assert_int_equal(answer_ranks(&rank, &run, &set, NULL), DEAR_OK);
    hit_set_free(&run);
    answer_set_free(&set);
    return rank;
}

static void finds_the_first_passage_that_answers(void **state) {
    (void)state;
    static const char *const passages[] = {"The mariecurie of Curie, Marie", "MARIE   CURIE.",
                                           "Marie-Curie"};
    assert_int_equal(rank_among("who is it\t['Marie Curie']\n", passages, 3), 2);
    assert_int_equal(rank_among("who is it\t['Pierre', 'marie-curie']\n", passages, 3), 3);
    assert_int_equal(rank_among("who is it\t['mariecurie of']\n", passages, 3), 1);
    assert_int_equal(rank_among("who is it\t['Marie Curie Institute']\n", passages, 3), 0);
    assert_int_equal(rank_among("who is it\t['  ', '']\n", passages, 3), 0);
    assert_int_equal(rank_among("who is it\t[]\n", passages, 3), 0);
    assert_int_equal(rank_among("who else\t['Curie']\n", passages, 3), ANSWERS_UNKNOWN);
}

static void marks_of_either_form_agree(void **state) {
    (void)state;
    static const char *const passages[] = {"Conrad Rontgen", "by R\xc3\xb6ntgen",
                                           "by Ro\xcc\x88ntgen"};
    assert_int_equal(rank_among("who is it\t['RO\xcc\x88NTGEN']\n", passages, 3), 2);
    assert_int_equal(rank_among("who is it\t['R\xc3\xb6ntgen']\n", passages, 3), 2);
}

static void knows_every_form(void **state) {
    (void)state;
    static const char *const passages[] = {"no", "it was 1990"};
    static const char *const files[] = {
        "{\"id\": 7, \"question\": \"other\", \"answers\": [\"x\", \"1990\"]}\n",
        "\n{\"question\": \"who is it\", \"answer\": [1990]}\n",
        "{\"qid\": \"7\", \"answer\": \"1990\"}\n",
        "7\t[\"1990\"]\n",
        "who is it\t['1990']\r\n",
        "who is it\t\"[\"\"1990\"\"]\"\n",
        "[{\"question\": \"who is it\", \"answers\": [\"1990\"], \"ctxs\": "
        "[{\"id\": \"a\", \"title\": \"\", \"text\": \"\", \"score\": 1}]}]",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(rank_among(files[i], passages, 2), 2);
}

static void a_question_asked_twice_takes_both_answers(void **state) {
    (void)state;
    answer_set set = read_text("who\t['a']\nwhat\t['b']\nwho\t['c', 'd']\n");
    assert_int_equal(set.count, 2);
    assert_int_equal(answers_find(&set, "0", "who")->count, 3);
    answer_set_free(&set);
}

static void the_text_decides_when_ids_agree_by_accident(void **state) {
    (void)state;
    answer_set set = read_text("{\"id\": 0, \"question\": \"who\", \"answer\": \"a\"}\n"
                               "{\"id\": 1, \"question\": \"what\", \"answer\": \"b\"}\n"
                               "{\"id\": 2, \"question\": \"what\", \"answer\": \"c\"}\n");
    assert_string_equal(answers_find(&set, "0", "what")->text, "what");
    assert_string_equal(answers_find(&set, "2", "what")->id, "2");
    assert_string_equal(answers_find(&set, "1", "what ?")->id, "1");
    assert_string_equal(answers_find(&set, "1", "")->id, "1");
    assert_null(answers_find(&set, "3", "why"));
    answer_set_free(&set);
}

static void a_run_holds_its_answers(void **state) {
    (void)state;
    hit_set run = {0};
    dear_error err;
    hit_list *list = hit_set_add(&run, "1", "who");
    assert_true(hit_list_add(list, "d", "", "it was me", 1));
    answer_set set;
    assert_int_equal(answers_of_run(&set, &run, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "holds no answers"));
    list = hit_set_find(&run, "1");
    list->answers = json_pack("[s, s]", "you", "Me");
    hit_set_add(&run, "2", "what");
    assert_int_equal(answers_of_run(&set, &run, &err), DEAR_OK);
    size_t ranks[2];
    assert_int_equal(answer_ranks(ranks, &run, &set, &err), DEAR_OK);
    assert_int_equal(ranks[0], 1);
    assert_int_equal(ranks[1], ANSWERS_UNKNOWN);
    answer_set_free(&set);
    list = hit_set_find(&run, "1");
    json_array_append_new(list->answers, json_true());
    assert_int_equal(answers_of_run(&set, &run, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "query \"1\": answers must be"));
    hit_set_free(&run);
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"", "answers: holds no answers"},
        {"\n \n", "answers: holds no answers"},
        {"who\n", "answers:1: needs a question, a tab"},
        {"\t['a']\n", "answers:1: needs a question, a tab"},
        {"who\t['a']\n\nwho\t['a\n", "answers:3: character 4 of the list"},
        {"who\ta\n", "answers:1: character 1 of the list"},
        {"{\"id\": 1}\n", "answers:1: has no \"answers\""},
        {"{\"answers\": [\"a\"]}\n", "answers:1: has neither an \"id\" nor a \"question\""},
        {"{\"id\": 1, \"answers\": {}}\n", "answers:1: answers must be a string or a list"},
        {"{\"id\": 1, \"answers\": [1.5]}\n", "answers:1: answers must be a string or a list"},
        {"{\"id\": 1, \"answers\": []}\n{\"id\": \"1\", \"answers\": []}\n",
         "answers:2: question \"1\" is there twice"},
        {"{\"id\": 1, \"answers\": []}\n[]\n", "answers:2: must be a JSON object"},
        {"{\"id\": 1, \n", "answers:1: line 1"},
        {"[{\"hits\": []}]", "answers: holds no answers"},
        {"[1]", "answers: element 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answer_set set;
        dear_error err;
        assert_int_equal(answers_read(&set, scratch_write("answers", cases[i].text), &err),
                         DEAR_ERROR_INPUT);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no \"%s\" in: %s", cases[i].named, err.message);
        assert_null(set.questions);
    }
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    static const char *const files[] = {"who\t['a', 'b']\nwhat\t['\xc3\xa9']\n",
                                        "{\"id\": 1, \"question\": \"who\", \"answers\": [1]}\n"};
    for (size_t f = 0; f < 2; f++) {
        const char *path = scratch_write("answers", files[f]);
        dear_status status = DEAR_ERROR_MEMORY;
        for (long n = 1; status != DEAR_OK; n++) {
            answer_set set;
            mem_fail_after(n);
            status = answers_read(&set, path, NULL);
            mem_fail_after(0);
            assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
            assert_true(n < 200);
            answer_set_free(&set);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_first_passage_that_answers),
        cmocka_unit_test(marks_of_either_form_agree),
        cmocka_unit_test(knows_every_form),
        cmocka_unit_test(a_question_asked_twice_takes_both_answers),
        cmocka_unit_test(the_text_decides_when_ids_agree_by_accident),
        cmocka_unit_test(a_run_holds_its_answers),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
