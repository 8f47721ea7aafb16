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

/* A query to be measured. */
typedef struct measured_query {
    const qrels_topic *topic;
    const hit_list *list; ///< NULL when the run does not rank it
} measured_query;

/* Fills relevances [list->count], best ranked first, and gives how many are looked at; `order` is
 * room for as many hits. */
static size_t rank_relevances(int32_t *relevances, const hit **order, const measured_query *query,
                              bool ordered, const evaluation_options *options) {
    const hit_list *list = query->list;
    for (size_t i = 0; i < list->count; i++)
        order[i] = &list->hits[i];
    if (list->count > 1 && !ordered)
        qsort(order, list->count, sizeof *order, by_score_then_docid);
    bool cut = options->max_ret && options->max_ret < list->count;
    size_t looked_at = cut ? options->max_ret : list->count, n = 0;
    for (size_t i = 0; i < looked_at; i++) {
        int32_t relevance = qrels_relevance(query->topic, order[i]->docid, UNJUDGED);
        if (relevance != UNJUDGED || !options->judged_only)
            relevances[n++] = relevance;
    }
    return n;
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

static size_t count_relevant(const int32_t *relevances, size_t count, int32_t level) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += relevances[i] >= level;
    return n;
}

/* All measures of one query. */
static dear_status measure_query(double *values, const measured_query *query, bool ordered,
                                 const measure_list *measures, const evaluation_options *options,
                                 dear_error *err) {
    size_t count = query->list ? query->list->count : 0;
    int32_t *relevances = mem_calloc(count, sizeof *relevances);
    int32_t *ideal = mem_calloc(query->topic->count, sizeof *ideal);
    const hit **order = mem_calloc(count, sizeof *order);
    dear_status status = relevances && ideal && order ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK) {
        ranking r = {.relevances = relevances,
                     .ideal = ideal,
                     .relevance_level = options->relevance_level,
                     .gain = options->gain};
        if (query->list)
            r.num_ret = rank_relevances(relevances, order, query, ordered, options);
        r.num_ideal = ideal_relevances(ideal, query->topic);
        r.num_rel = count_relevant(ideal, r.num_ideal, r.relevance_level);
        r.num_rel_ret = count_relevant(relevances, r.num_ret, r.relevance_level);
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
    return strcmp(((const measured_query *)a)->topic->qid, ((const measured_query *)b)->topic->qid);
}

/* The queries that are judged and ranked (a list without hits is not), in the order of their ids;
 * with `complete` all that are judged. */
static size_t measured_queries(measured_query *queries, const qrels *judged, const hit_set *run,
                               bool complete) {
    size_t n = 0;
    for (size_t i = 0; i < judged->count; i++) {
        const hit_list *list = hit_set_find(run, judged->topics[i].qid);
        if (list && list->count == 0)
            list = NULL;
        if (list || complete)
            queries[n++] = (measured_query){&judged->topics[i], list};
    }
    if (n > 1)
        qsort(queries, n, sizeof *queries, by_qid);
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

static dear_status measure_queries(evaluation *e, const measured_query *queries, bool ordered,
                                   const measure_list *measures, const evaluation_options *options,
                                   dear_error *err) {
    e->qids = mem_calloc(e->num_queries, sizeof *e->qids);
    e->values = mem_calloc(e->num_queries * e->num_measures, sizeof *e->values);
    e->all = mem_calloc(e->num_measures, sizeof *e->all);
    if (!e->qids || !e->values || !e->all)
        return error_memory(err);
    for (size_t q = 0; q < e->num_queries; q++) {
        e->qids[q] = queries[q].topic->qid;
        TRY(measure_query(e->values + q * e->num_measures, &queries[q], ordered, measures, options,
                          err));
    }
    sum_up(e, measures);
    return DEAR_OK;
}

evaluation_options evaluation_defaults(void) {
    return (evaluation_options){.relevance_level = 1, .gain = GAIN_LINEAR};
}

dear_status evaluate(evaluation *out, const qrels *judged, const hit_set *run,
                     const measure_list *measures, const evaluation_options *options,
                     dear_error *err) {
    *out = (evaluation){.num_measures = measures->count};
    const evaluation_options defaults = evaluation_defaults();
    options = options ? options : &defaults;
    measured_query *queries = mem_calloc(judged->count, sizeof *queries);
    if (!queries)
        return error_memory(err);
    out->num_queries = measured_queries(queries, judged, run, options->complete);
    dear_status status;
    if (out->num_queries == 0)
        status = error_set(err, DEAR_ERROR_INPUT,
                           "the run and the judgments have no query id in common");
    else
        status = measure_queries(out, queries, run->ordered, measures, options, err);
    mem_free(queries);
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
