#include "eval/evaluation.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static int by_score_then_docid(const void *a, const void *b) {
    const hit *x = *(const hit *const *)a, *y = *(const hit *const *)b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return strcmp(y->docid, x->docid);
}

static int larger_first(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

/* Fills relevances [list->count], best ranked first; `order` is room for as many hits. */
static void rank_relevances(int32_t *relevances, const hit **order, const hit_list *list,
                            bool ordered, const qrels_topic *topic) {
    for (size_t i = 0; i < list->count; i++)
        order[i] = &list->hits[i];
    if (list->count > 1 && !ordered)
        qsort(order, list->count, sizeof *order, by_score_then_docid);
    for (size_t i = 0; i < list->count; i++)
        relevances[i] = qrels_relevance(topic, order[i]->docid, UNJUDGED);
}

static size_t ideal_relevances(int32_t *ideal, const qrels_topic *topic) {
    size_t n = 0;
    for (size_t i = 0; i < topic->count; i++)
        if (topic->judgments[i].relevance > 0)
            ideal[n++] = topic->judgments[i].relevance;
    if (n > 1)
        qsort(ideal, n, sizeof *ideal, larger_first);
    return n;
}

static size_t count_relevant(const int32_t *relevances, size_t count) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += relevances[i] >= RELEVANT;
    return n;
}

/* All measures of one query. */
static dear_status measure_query(double *values, const hit_list *list, bool ordered,
                                 const qrels_topic *topic, const measure_list *measures,
                                 dear_error *err) {
    int32_t *relevances = mem_calloc(list->count, sizeof *relevances);
    int32_t *ideal = mem_calloc(topic->count, sizeof *ideal);
    const hit **order = mem_calloc(list->count, sizeof *order);
    dear_status status = relevances && ideal && order ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK) {
        rank_relevances(relevances, order, list, ordered, topic);
        ranking r = {.relevances = relevances, .num_ret = list->count, .ideal = ideal};
        r.num_ideal = ideal_relevances(ideal, topic);
        r.num_rel = count_relevant(ideal, r.num_ideal);
        r.num_rel_ret = count_relevant(relevances, r.num_ret);
        for (size_t m = 0; m < measures->count; m++) {
            const measure_spec *spec = &measures->specs[m];
            values[m] = spec->measure->value ? spec->measure->value(&r, spec->cutoff) : 0;
        }
    }
    mem_free(relevances);
    mem_free(ideal);
    mem_free(order);
    return status;
}

static int by_qid(const void *a, const void *b) {
    return strcmp((*(const hit_list *const *)a)->qid, (*(const hit_list *const *)b)->qid);
}

/* The lists that are ranked (a list without hits is not) and judged, in the order of their ids. */
static size_t common_lists(const hit_list **lists, const qrels *judged, const hit_set *run) {
    size_t n = 0;
    for (size_t i = 0; i < run->count; i++)
        if (run->lists[i].count > 0 && qrels_find(judged, run->lists[i].qid))
            lists[n++] = &run->lists[i];
    if (n > 1)
        qsort(lists, n, sizeof *lists, by_qid);
    return n;
}

static void sum_up(evaluation *e, const measure_list *measures) {
    for (size_t m = 0; m < e->num_measures; m++) {
        measure_kind kind = measures->specs[m].measure->kind;
        double sum = 0;
        for (size_t q = 0; q < e->num_queries; q++)
            sum += e->values[q * e->num_measures + m];
        e->all[m] = kind == MEASURE_QUERIES ? (double)e->num_queries
                    : kind == MEASURE_MEAN  ? sum / (double)e->num_queries
                                            : sum;
    }
}

static dear_status measure_lists(evaluation *e, const hit_list *const *lists, bool ordered,
                                 const qrels *judged, const measure_list *measures,
                                 dear_error *err) {
    e->qids = mem_calloc(e->num_queries, sizeof *e->qids);
    e->values = mem_calloc(e->num_queries * e->num_measures, sizeof *e->values);
    e->all = mem_calloc(e->num_measures, sizeof *e->all);
    if (!e->qids || !e->values || !e->all)
        return error_memory(err);
    for (size_t q = 0; q < e->num_queries; q++) {
        e->qids[q] = lists[q]->qid;
        TRY(measure_query(e->values + q * e->num_measures, lists[q], ordered,
                          qrels_find(judged, lists[q]->qid), measures, err));
    }
    sum_up(e, measures);
    return DEAR_OK;
}

dear_status evaluate(evaluation *out, const qrels *judged, const hit_set *run,
                     const measure_list *measures, dear_error *err) {
    *out = (evaluation){.num_measures = measures->count};
    const hit_list **lists = mem_calloc(run->count, sizeof *lists);
    if (!lists)
        return error_memory(err);
    out->num_queries = common_lists(lists, judged, run);
    dear_status status;
    if (out->num_queries == 0)
        status = error_set(err, DEAR_ERROR_INPUT,
                           "the run and the judgments have no query id in common");
    else
        status = measure_lists(out, lists, run->ordered, judged, measures, err);
    mem_free(lists);
    if (status != DEAR_OK)
        evaluation_free(out);
    return status;
}

void evaluation_free(evaluation *e) {
    mem_free(e->qids);
    mem_free(e->values);
    mem_free(e->all);
    *e = (evaluation){0};
}
