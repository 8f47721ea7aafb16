#include "cmocka_setup.h"

#include "base/memory.h"
#include "rank/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GOLDEN TEST_DATA "/../golden/data/gqa-tied/"

static const char *const passages[] = {
    "Llamas graze in the Andes and carry loads over mountain paths.",
    "",
    "The group opted for push-to-talk. Friends spoke over the game's own channel.",
    "\xff\xfe not UTF-8 \x80 <|begin_of_text|> nor a turn <|eot_id|>",
    "a",
};
enum { PASSAGES = sizeof passages / sizeof passages[0] };

typedef struct ranker {
    model *m;
    llama *engine;
    pointwise *p;
} ranker;

static ranker open_ranker(const char *path, precision p, scorer how) {
    ranker r;
    dear_error err;
    pointwise_options options = pointwise_defaults();
    options.scorer = how;
    assert_int_equal(model_open(&r.m, path, NULL, &err), DEAR_OK);
    assert_int_equal(llama_open(&r.engine, r.m, p, NULL, NULL, &err), DEAR_OK);
    assert_int_equal(pointwise_open(&r.p, r.m, r.engine, &options, &err), DEAR_OK);
    return r;
}

static void close_ranker(ranker *r) {
    pointwise_close(r->p);
    llama_close(r->engine);
    model_close(r->m);
}

static double score_alone(const ranker *r, const char *query, const char *passage) {
    dear_error err;
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "q", query);
    assert_true(hit_list_add(list, "d", "", passage, 0));
    assert_int_equal(pointwise_score(r->p, list, &err), DEAR_OK);
    double score = list->hits[0].score;
    hit_set_free(&set);
    return score;
}

/* Many copies of the passages in changing order, so that batches begin anywhere. */
static void assert_independent_of_batch(const ranker *r, precision p) {
    enum { COPIES = 60 };
    dear_error err;
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "q", "where do llamas live");
    for (int i = 0; i < COPIES * PASSAGES; i++)
        assert_true(hit_list_add(list, "d", "", passages[(i + i / PASSAGES) % PASSAGES], 0));
    assert_int_equal(pointwise_score(r->p, list, &err), DEAR_OK);
    for (int i = 0; i < COPIES * PASSAGES; i++) {
        const char *passage = passages[(i + i / PASSAGES) % PASSAGES];
        double alone = score_alone(r, "where do llamas live", passage);
        if (p == PRECISION_INT8)
            assert_true(alone == list->hits[i].score);
        else
            assert_true(fabs(alone - list->hits[i].score) <= 1e-5);
    }
    hit_set_free(&set);
}

static void scores_do_not_depend_on_the_batch(void **state) {
    (void)state;
    static const struct {
        const char *path;
        scorer how;
    } kinds[] = {{GOLDEN "seqcls", SCORER_HEAD},
                 {GOLDEN "causal", SCORER_QLM},
                 {GOLDEN "causal", SCORER_YES_NO}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (precision p = PRECISION_F32; p <= PRECISION_INT8; p++) {
            ranker r = open_ranker(kinds[i].path, p, kinds[i].how);
            assert_independent_of_batch(&r, p);
            close_ranker(&r);
        }
    }
}

static void auto_takes_the_head_where_there_is_one(void **state) {
    (void)state;
    ranker r = open_ranker(GOLDEN "seqcls", PRECISION_F32, SCORER_AUTO);
    assert_int_equal(pointwise_scorer(r.p), SCORER_HEAD);
    close_ranker(&r);
    r = open_ranker(GOLDEN "causal", PRECISION_F32, SCORER_AUTO);
    assert_int_equal(pointwise_scorer(r.p), SCORER_QLM);
    close_ranker(&r);
}

static void special_tokens_in_documents_are_plain_text(void **state) {
    (void)state;
    ranker r = open_ranker(GOLDEN "seqcls", PRECISION_F32, SCORER_HEAD);
    const tokenizer *t = model_tokenizer(r.m);
    token_list ids = {0};
    dear_error err;
    assert_int_equal(pointwise_pair(r.p, "<|begin_of_text|> who", "<|eot_id|>",
                                    "<|begin_of_text|><|end_of_text|>", &ids, &err),
                     DEAR_OK);
    int special = 0;
    for (size_t i = 0; i < ids.count; i++)
        special += tokenizer_is_special(t, ids.ids[i]);
    assert_int_equal(special, 2); /* the two BOS that the format puts in */
    token_list_free(&ids);
    close_ranker(&r);
}

static void pairs_are_cut_to_their_lengths(void **state) {
    (void)state;
    ranker r = open_ranker(GOLDEN "seqcls", PRECISION_F32, SCORER_HEAD);
    strbuf text = {0};
    for (int i = 0; i < 3000; i++)
        strbuf_puts(&text, "word ");
    token_list ids = {0};
    dear_error err;
    assert_int_equal(pointwise_pair(r.p, text.text, "", text.text, &ids, &err), DEAR_OK);
    assert_int_equal(ids.count, 1 + 32 + 1 + 193);
    int32_t bos = tokenizer_bos(model_tokenizer(r.m));
    assert_int_equal(ids.ids[0], bos);
    assert_int_equal(ids.ids[33], bos);
    token_list_free(&ids);
    strbuf_free(&text);
    close_ranker(&r);
}

static void what_a_model_cannot_do_is_refused(void **state) {
    (void)state;
    dear_error err;
    pointwise *p;
    ranker head = open_ranker(GOLDEN "seqcls", PRECISION_F32, SCORER_HEAD);
    ranker causal = open_ranker(GOLDEN "causal", PRECISION_F32, SCORER_QLM);
    pointwise_options options = pointwise_defaults();
    options.scorer = SCORER_HEAD;
    assert_int_equal(pointwise_open(&p, causal.m, causal.engine, &options, &err), DEAR_ERROR_USAGE);
    assert_null(p);
    options.scorer = SCORER_QLM;
    assert_int_equal(pointwise_open(&p, head.m, head.engine, &options, &err), DEAR_ERROR_USAGE);
    options = pointwise_defaults();
    options.p_max_len = 3;
    assert_int_equal(pointwise_open(&p, head.m, head.engine, &options, &err), DEAR_ERROR_USAGE);
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "q7", "");
    assert_true(hit_list_add(list, "d", "", "text", 0));
    assert_int_equal(pointwise_score(causal.p, list, &err), DEAR_OK);
    hit_set_free(&set);
    close_ranker(&head);
    close_ranker(&causal);
}

static void running_out_of_memory_is_an_error(void **state) {
    (void)state;
    static const scorer all[] = {SCORER_QLM, SCORER_YES_NO};
    for (size_t i = 0; i < 2; i++) {
        ranker r = open_ranker(GOLDEN "causal", PRECISION_F32, all[i]);
        score_alone(&r, "warm", "up");
        bool done = false;
        for (long n = 1; !done && n < 10000; n++) {
            dear_error err;
            hit_set set = {0};
            hit_list *list = hit_set_add(&set, "q", "where do llamas live");
            assert_true(hit_list_add(list, "d", "A title", passages[0], 0));
            mem_fail_after(n);
            dear_status status = pointwise_score(r.p, list, &err);
            mem_fail_after(0);
            assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
            done = status == DEAR_OK;
            hit_set_free(&set);
        }
        assert_true(done);
        close_ranker(&r);
    }
}

static void the_public_reranker_ranks(void **state) {
    (void)state;
    dear_reranker_options options = {.model = GOLDEN "seqcls", .precision = DEAR_PRECISION_F32};
    dear_reranker *reranker;
    dear_error err;
    assert_int_equal(dear_reranker_open(&reranker, &options, &err), DEAR_OK);
    const dear_passage two[] = {{NULL, passages[0]}, {"Title", passages[2]}, {NULL, NULL}};
    double scores[3];
    assert_int_equal(dear_reranker_score(reranker, "who", two, 3, scores, &err), DEAR_OK);
    ranker r = open_ranker(GOLDEN "seqcls", PRECISION_F32, SCORER_HEAD);
    assert_true(fabs(scores[0] - score_alone(&r, "who", passages[0])) < 1e-5);
    assert_true(fabs(scores[2] - score_alone(&r, "who", "")) < 1e-5);
    close_ranker(&r);
    dear_reranker_close(reranker);
    const double ties[] = {1, 3, 1, 3};
    size_t tied[4];
    assert_int_equal(dear_rank(ties, 4, tied), DEAR_OK);
    const size_t wanted[] = {1, 3, 0, 2};
    assert_memory_equal(tied, wanted, sizeof wanted);
    options.model = "/nonexistent/model";
    assert_int_not_equal(dear_reranker_open(&reranker, &options, &err), DEAR_OK);
    assert_null(reranker);
    assert_non_null(strstr(err.message, "/nonexistent/model"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_do_not_depend_on_the_batch),
        cmocka_unit_test(auto_takes_the_head_where_there_is_one),
        cmocka_unit_test(special_tokens_in_documents_are_plain_text),
        cmocka_unit_test(pairs_are_cut_to_their_lengths),
        cmocka_unit_test(what_a_model_cannot_do_is_refused),
        cmocka_unit_test(running_out_of_memory_is_an_error),
        cmocka_unit_test(the_public_reranker_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
