#include "eval/evaluation.h"

#include "base/memory.h"
#include "eval/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All measures of one query; `texts` has room for one each. */
static dear_status measure_ranking(double *values, char **texts, const ranking *r,
                                   const measure_list *measures, dear_error *err) {
    for (size_t m = 0; m < measures->count; m++) {
        const measure_spec *spec = &measures->specs[m];
        if (spec->measure->value)
            values[m] = spec->measure->value(r, spec);
        if (spec->measure->kind != MEASURE_STRING)
            continue;
        texts[m] = ranking_string(r, spec->cutoff);
        if (!texts[m])
            return error_memory(err);
    }
    return DEAR_OK;
}

static dear_status measure_query(evaluation *e, size_t q, const judged_list *query, bool ordered,
                                 const measure_list *measures, const evaluation_options *options,
                                 dear_error *err) {
    ranking r;
    dear_status status = ranking_make(&r, query, ordered, options, err);
    size_t first = q * e->num_measures;
    if (status == DEAR_OK)
        status = measure_ranking(e->values + first, e->texts + first, &r, measures, err);
    ranking_free(&r);
    return status;
}

static int by_qid(const void *a, const void *b) {
    return strcmp(((const judged_list *)a)->topic->qid, ((const judged_list *)b)->topic->qid);
}

/* The queries that are judged and ranked (a list without hits is not), in the order of their ids;
 * with `complete` all that are judged. */
static size_t measured_queries(judged_list *queries, const qrels *judged, const hit_set *run,
                               bool complete) {
    size_t n = 0;
    for (size_t i = 0; i < judged->count; i++) {
        const hit_list *list = hit_set_find(run, judged->topics[i].qid);
        if (list && list->count == 0)
            list = NULL;
        if (list || complete)
            queries[n++] = (judged_list){&judged->topics[i], list};
    }
    if (n > 1)
        qsort(queries, n, sizeof *queries, by_qid);
    return n;
}

/* A query's part in a measure's sum. trec_eval counts what is less than 0.00001 as that in
 * geometric means. */
static double part_of_sum(measure_kind kind, double value) {
    static const double least = 1e-5;
    if (kind != MEASURE_GEOMETRIC_MEAN)
        return value;
    return log(value > least ? value : least);
}

static double over_all(const evaluation *e, size_t m, measure_kind kind) {
    double sum = 0, queries = (double)e->num_queries;
    for (size_t q = 0; q < e->num_queries; q++)
        sum += part_of_sum(kind, e->values[q * e->num_measures + m]);
    switch (kind) {
    case MEASURE_QUERIES:
        return queries;
    case MEASURE_MEAN:
        return sum / queries;
    case MEASURE_GEOMETRIC_MEAN:
        return exp(sum / queries);
    default:
        return sum;
    }
}

static dear_status measure_queries(evaluation *e, const judged_list *queries, bool ordered,
                                   const measure_list *measures, const evaluation_options *options,
                                   dear_error *err) {
    size_t num_values = e->num_queries * e->num_measures;
    e->qids = mem_calloc(e->num_queries, sizeof *e->qids);
    e->values = mem_calloc(num_values, sizeof *e->values);
    e->texts = mem_calloc(num_values, sizeof *e->texts);
    e->all = mem_calloc(e->num_measures, sizeof *e->all);
    if (!e->qids || !e->values || !e->texts || !e->all)
        return error_memory(err);
    for (size_t q = 0; q < e->num_queries; q++) {
        e->qids[q] = queries[q].topic->qid;
        TRY(measure_query(e, q, &queries[q], ordered, measures, options, err));
    }
    for (size_t m = 0; m < e->num_measures; m++)
        e->all[m] = over_all(e, m, measures->specs[m].measure->kind);
    return DEAR_OK;
}

evaluation_options evaluation_defaults(void) {
    return (evaluation_options){.relevance_level = 1, .gain = GAIN_LINEAR};
}

dear_status evaluate(evaluation *out, const qrels *judged, const hit_set *run,
                     const measure_list *measures, const evaluation_options *options,
                     dear_error *err) {
    *out = (evaluation){.num_measures = measures->count, .run_id = run->tag};
    const evaluation_options defaults = evaluation_defaults();
    options = options ? options : &defaults;
    judged_list *queries = mem_calloc(judged->count, sizeof *queries);
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
    for (size_t i = 0; e->texts && i < e->num_queries * e->num_measures; i++)
        mem_free(e->texts[i]);
    mem_free(e->qids);
    mem_free(e->values);
    mem_free(e->texts);
    mem_free(e->all);
    *e = (evaluation){0};
}
