/* What must hold of every measure, on random rankings (the same ones every time). */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "eval/evaluation.h"
#include "unit/rank/scratch_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 60, NUM_DOCIDS = 40, MAX_SCORE = 12, MAX_QUERIES = 5 };

static uint64_t random_state = 1;

/* From 0 to `bound` - 1 (xorshift64*, Marsaglia 2003, Vigna 2016). */
static int random_below(int bound) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (int)((random_state * 0x2545F4914F6CDD1DULL >> 33) % (uint64_t)bound);
}

/* Judgments and a run with many ties. */
typedef struct sample {
    qrels judged;
    hit_set run;
    int num_queries;
} sample;

static void docid_print(char *out, int number) {
    sprintf(out, "doc%02d", number);
}

static void judge(sample *s, int largest) {
    strbuf text = {0};
    for (int q = 0; q < s->num_queries; q++) {
        strbuf_printf(&text, "%d 0 doc00 %d\n", q, largest); /* something is relevant */
        for (int d = 1; d < NUM_DOCIDS; d++)
            if (random_below(3))
                strbuf_printf(&text, "%d 0 doc%02d %d\n", q, d, random_below(largest + 2) - 1);
    }
    dear_error err;
    if (qrels_read(&s->judged, scratch_write("qrels", text.text), &err) != DEAR_OK)
        fail_msg("%s", err.message);
    strbuf_free(&text);
}

static hit_list *add_list(hit_set *run, int q) {
    char qid[16];
    sprintf(qid, "%d", q);
    return hit_set_add(run, qid, "");
}

static void add_hit(hit_list *list, int docid, double score) {
    char text[16];
    docid_print(text, docid);
    assert_true(hit_list_add(list, text, "", "", score));
}

static sample sample_make(int largest) {
    sample s = {.num_queries = 1 + random_below(MAX_QUERIES)};
    judge(&s, largest);
    for (int q = 0; q < s.num_queries; q++) {
        hit_list *list = add_list(&s.run, q);
        add_hit(list, NUM_DOCIDS - 1, random_below(MAX_SCORE));
        for (int d = 0; d < NUM_DOCIDS - 1; d++)
            if (random_below(2))
                add_hit(list, d, random_below(MAX_SCORE));
    }
    return s;
}

static void sample_free(sample *s) {
    qrels_free(&s->judged);
    hit_set_free(&s->run);
}

static measure_list measures_named(const char *const *names) {
    measure_list list = {0};
    dear_error err;
    for (; *names; names++)
        if (measure_list_add(&list, *names, &err) != DEAR_OK)
            fail_msg("%s", err.message);
    measure_list_sort(&list);
    return list;
}

static measure_list every_measure(void) {
    return measures_named(
        (const char *const[]){"all_trec", "recip_rank_cut.1,3,10", "hole_cut.1,3,10", NULL});
}

static evaluation measured(const sample *s, const hit_set *run, const measure_list *measures,
                           const evaluation_options *options) {
    evaluation e;
    dear_error err;
    if (evaluate(&e, &s->judged, run, measures, options, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return e;
}

static void assert_same(const evaluation *a, const evaluation *b, const measure_list *measures) {
    assert_int_equal(a->num_queries, b->num_queries);
    for (size_t i = 0; i < a->num_queries * a->num_measures; i++) {
        const char *name = measures->specs[i % a->num_measures].name;
        if (a->values[i] != b->values[i])
            fail_msg("%s: %.17g and %.17g", name, a->values[i], b->values[i]);
        if (a->texts[i] && strcmp(a->texts[i], b->texts[i]) != 0)
            fail_msg("%s: %s and %s", name, a->texts[i], b->texts[i]);
    }
    for (size_t m = 0; m < a->num_measures; m++)
        if (a->all[m] != b->all[m])
            fail_msg("%s of all: %.17g and %.17g", measures->specs[m].name, a->all[m], b->all[m]);
}

/* Makes the hits of one list those of another, in some other way. */
typedef void hits_changer(hit_list *to, const hit_list *from, const qrels_topic *topic);

/* The measures of the sample's run under `options` are those of the changed run. */
static void check_changed_run(hits_changer *change, const evaluation_options *options) {
    measure_list measures = every_measure();
    for (int trial = 0; trial < TRIALS; trial++) {
        sample s = sample_make(3);
        hit_set changed = {0};
        for (int q = 0; q < s.num_queries; q++)
            change(add_list(&changed, q), &s.run.lists[q],
                   qrels_find(&s.judged, s.run.lists[q].qid));
        evaluation a = measured(&s, &s.run, &measures, options);
        evaluation b = measured(&s, &changed, &measures, NULL);
        assert_same(&a, &b, &measures);
        evaluation_free(&a);
        evaluation_free(&b);
        hit_set_free(&changed);
        sample_free(&s);
    }
    measure_list_free(&measures);
}

static void copy_hit(hit_list *to, const hit *h, double score) {
    assert_true(hit_list_add(to, h->docid, "", "", score));
}

static void permute(hit_list *to, const hit_list *from, const qrels_topic *topic) {
    (void)topic;
    size_t order[NUM_DOCIDS];
    for (size_t i = 0; i < from->count; i++) {
        size_t j = (size_t)random_below((int)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (size_t i = 0; i < from->count; i++)
        copy_hit(to, &from->hits[order[i]], from->hits[order[i]].score);
}

static void scale_and_shift(hit_list *to, const hit_list *from, const qrels_topic *topic) {
    (void)topic;
    for (size_t i = 0; i < from->count; i++)
        copy_hit(to, &from->hits[i], 0.25 * from->hits[i].score - 7); /* exact */
}

static int better_first(const void *a, const void *b) {
    const hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return strcmp(y->docid, x->docid);
}

enum { SHORT_LIST = 6 };

static void cut(hit_list *to, const hit_list *from, const qrels_topic *topic) {
    (void)topic;
    hit hits[NUM_DOCIDS];
    memcpy(hits, from->hits, from->count * sizeof *hits);
    qsort(hits, from->count, sizeof *hits, better_first);
    for (size_t i = 0; i < from->count && i < SHORT_LIST; i++)
        copy_hit(to, &hits[i], hits[i].score);
}

static void drop_unjudged(hit_list *to, const hit_list *from, const qrels_topic *topic) {
    for (size_t i = 0; i < from->count; i++)
        if (qrels_relevance(topic, from->hits[i].docid, -1) >= 0)
            copy_hit(to, &from->hits[i], from->hits[i].score);
    if (to->count == 0) /* judged, and never relevant */
        fail_msg("the sample has no judged hit");
}

static void order_of_lines_does_not_matter(void **state) {
    (void)state;
    check_changed_run(permute, NULL);
}

static void scale_of_scores_does_not_matter(void **state) {
    (void)state;
    check_changed_run(scale_and_shift, NULL);
}

static void max_ret_is_a_cut_run(void **state) {
    (void)state;
    evaluation_options options = evaluation_defaults();
    options.max_ret = SHORT_LIST;
    check_changed_run(cut, &options);
}

static void judged_only_is_a_run_without_the_others(void **state) {
    (void)state;
    evaluation_options options = evaluation_defaults();
    options.judged_only = true;
    check_changed_run(drop_unjudged, &options);
}

static void values_are_in_their_range(void **state) {
    (void)state;
    measure_list measures = every_measure();
    for (int trial = 0; trial < TRIALS; trial++) {
        sample s = sample_make(3);
        evaluation_options options = evaluation_defaults();
        options.gain = trial % 2 ? GAIN_EXP : GAIN_LINEAR;
        options.relevance_level = 1 + trial % 3;
        evaluation e = measured(&s, &s.run, &measures, &options);
        for (size_t i = 0; i < e.num_queries * e.num_measures; i++) {
            const measure *m = measures.specs[i % e.num_measures].measure;
            double most = m->kind == MEASURE_COUNT ? NUM_DOCIDS : 1 + 1e-12;
            bool utility = strcmp(m->name, "utility") == 0;
            if (!(e.values[i] >= (utility ? -NUM_DOCIDS : 0)) ||
                !(e.values[i] <= (utility ? NUM_DOCIDS : most)))
                fail_msg("%s is %g", m->name, e.values[i]);
        }
        evaluation_free(&e);
        sample_free(&s);
    }
    measure_list_free(&measures);
}

/* The run of all judged documents, the most relevant first. */
static hit_set ideal_run(const sample *s) {
    hit_set run = {0};
    for (int q = 0; q < s->num_queries; q++) {
        hit_list *list = add_list(&run, q);
        const qrels_topic *topic = qrels_find(&s->judged, list->qid);
        for (size_t i = 0; i < topic->count; i++)
            assert_true(hit_list_add(list, topic->judgments[i].docid, "", "",
                                     topic->judgments[i].relevance));
    }
    return run;
}

static void ideal_order_is_worth_1(void **state) {
    (void)state;
    measure_list measures = measures_named((const char *const[]){
        "ndcg", "ndcg_cut.1,3,10,100", "ndcg_rel", "Rndcg", "G", "binG", "map", "Rprec", "bpref",
        "recip_rank", "recip_rank_cut.1", "success.1", "relative_P.1,5", "set_recall",
        "iprec_at_recall.0,0.5,1", "recall.100", NULL});
    for (int trial = 0; trial < TRIALS; trial++) {
        sample s = sample_make(3);
        hit_set ideal = ideal_run(&s);
        evaluation e = measured(&s, &ideal, &measures, NULL);
        for (size_t i = 0; i < e.num_queries * e.num_measures; i++)
            if (fabs(e.values[i] - 1) > 1e-12) /* sums of at most 40 terms, in two orders */
                fail_msg("%s is %.17g", measures.specs[i % e.num_measures].name, e.values[i]);
        evaluation_free(&e);
        hit_set_free(&ideal);
        sample_free(&s);
    }
    measure_list_free(&measures);
}

static void gains_agree(void **state) {
    (void)state;
    measure_list plain = measures_named((const char *const[]){"ndcg", "ndcg_cut", NULL});
    measure_list given = measures_named((const char *const[]){"ndcg.1=1,2=3,3=7", NULL});
    evaluation_options exponential = evaluation_defaults();
    exponential.gain = GAIN_EXP;
    for (int trial = 0; trial < TRIALS; trial++) {
        sample binary = sample_make(1), graded = sample_make(3);
        evaluation a = measured(&binary, &binary.run, &plain, NULL);
        evaluation b = measured(&binary, &binary.run, &plain, &exponential);
        assert_same(&a, &b, &plain);
        evaluation c = measured(&graded, &graded.run, &plain, &exponential);
        evaluation d = measured(&graded, &graded.run, &given, NULL);
        for (size_t q = 0; q < c.num_queries; q++)
            assert_true(c.values[q * c.num_measures] == d.values[q]);
        evaluation_free(&a);
        evaluation_free(&b);
        evaluation_free(&c);
        evaluation_free(&d);
        sample_free(&binary);
        sample_free(&graded);
    }
    measure_list_free(&plain);
    measure_list_free(&given);
}

/* What all queries come to follows from the values of each, and what the run lacks counts as 0. */
static void a_query_moves_the_mean_as_it_must(void **state) {
    (void)state;
    measure_list measures = every_measure();
    evaluation_options complete = evaluation_defaults();
    complete.complete = true;
    for (int trial = 0; trial < TRIALS; trial++) {
        sample s = sample_make(3);
        if (s.num_queries < 2) {
            sample_free(&s);
            continue;
        }
        evaluation whole = measured(&s, &s.run, &measures, NULL);
        hit_list_cut(&s.run.lists[0], 0); /* query 0, the first in the order of ids too */
        evaluation less = measured(&s, &s.run, &measures, NULL);
        evaluation filled = measured(&s, &s.run, &measures, &complete);
        double n = (double)whole.num_queries;
        assert_int_equal(less.num_queries, whole.num_queries - 1);
        assert_int_equal(filled.num_queries, whole.num_queries);
        for (size_t m = 0; m < measures.count; m++) {
            if (measures.specs[m].measure->kind != MEASURE_MEAN)
                continue;
            assert_true(fabs(whole.all[m] - (less.all[m] * (n - 1) + whole.values[m]) / n) < 1e-12);
            assert_true(fabs(filled.all[m] - less.all[m] * (n - 1) / n) < 1e-12);
        }
        evaluation_free(&whole);
        evaluation_free(&less);
        evaluation_free(&filled);
        sample_free(&s);
    }
    measure_list_free(&measures);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_lines_does_not_matter),
        cmocka_unit_test(scale_of_scores_does_not_matter),
        cmocka_unit_test(max_ret_is_a_cut_run),
        cmocka_unit_test(judged_only_is_a_run_without_the_others),
        cmocka_unit_test(values_are_in_their_range),
        cmocka_unit_test(ideal_order_is_worth_1),
        cmocka_unit_test(gains_agree),
        cmocka_unit_test(a_query_moves_the_mean_as_it_must),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
