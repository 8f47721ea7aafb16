#include "eval/measures.h"

#include "base/memory.h"
#include "base/strbuf.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static size_t relevant_until(const ranking *r, size_t cutoff) {
    size_t found = 0;
    for (size_t i = 0; i < smaller(r->num_ret, cutoff); i++)
        found += r->relevances[i] >= r->relevance_level;
    return found;
}

static double num_ret(const ranking *r, size_t cutoff) {
    (void)cutoff;
    return (double)r->num_ret;
}

static double num_rel(const ranking *r, size_t cutoff) {
    (void)cutoff;
    return (double)r->num_rel;
}

static double num_rel_ret(const ranking *r, size_t cutoff) {
    (void)cutoff;
    return (double)r->num_rel_ret;
}

/* Mean over the relevant documents of the precision at their ranks (0 for those not ranked). */
static double average_precision(const ranking *r, size_t cutoff) {
    (void)cutoff;
    double sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < r->num_ret; i++)
        if (r->relevances[i] >= r->relevance_level)
            sum += (double)++found / (double)(i + 1);
    return share(sum, (double)r->num_rel);
}

/* Precision at as many documents as are relevant. */
static double r_precision(const ranking *r, size_t cutoff) {
    (void)cutoff;
    return share((double)relevant_until(r, r->num_rel), (double)r->num_rel);
}

static double reciprocal_rank(const ranking *r, size_t cutoff) {
    (void)cutoff;
    for (size_t i = 0; i < r->num_ret; i++)
        if (r->relevances[i] >= r->relevance_level)
            return 1.0 / (double)(i + 1);
    return 0;
}

/* Divided by the cutoff, also when fewer were ranked. */
static double precision_at(const ranking *r, size_t cutoff) {
    return (double)relevant_until(r, cutoff) / (double)cutoff;
}

static double recall_at(const ranking *r, size_t cutoff) {
    return share((double)relevant_until(r, cutoff), (double)r->num_rel);
}

static double gain_of(int32_t relevance, gain_kind kind) {
    if (relevance <= 0)
        return 0;
    return kind == GAIN_EXP ? exp2(relevance) - 1 : relevance;
}

/* Discounted cumulative gain. */
static double dcg(const int32_t *relevances, size_t count, gain_kind kind) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += gain_of(relevances[i], kind) / log2((double)(i + 2));
    return sum;
}

static double ndcg_at(const ranking *r, size_t cutoff) {
    return share(dcg(r->relevances, smaller(r->num_ret, cutoff), r->gain),
                 dcg(r->ideal, smaller(r->num_ideal, cutoff), r->gain));
}

static double ndcg(const ranking *r, size_t cutoff) {
    (void)cutoff;
    return ndcg_at(r, SIZE_MAX);
}

static const measure all[] = {
    {"num_q", MEASURE_QUERIES, false, NULL, "queries that are both ranked and judged"},
    {"num_ret", MEASURE_COUNT, false, num_ret, "documents ranked"},
    {"num_rel", MEASURE_COUNT, false, num_rel, "documents judged relevant"},
    {"num_rel_ret", MEASURE_COUNT, false, num_rel_ret, "relevant documents ranked"},
    {"map", MEASURE_MEAN, false, average_precision, "mean average precision"},
    {"Rprec", MEASURE_MEAN, false, r_precision, "precision at the number of relevant documents"},
    {"recip_rank", MEASURE_MEAN, false, reciprocal_rank, "1 / rank of the first relevant document"},
    {"P", MEASURE_MEAN, true, precision_at, "precision at cutoffs"},
    {"recall", MEASURE_MEAN, true, recall_at, "recall at cutoffs"},
    {"ndcg", MEASURE_MEAN, false, ndcg, "normalized discounted cumulative gain"},
    {"ndcg_cut", MEASURE_MEAN, true, ndcg_at, "the same at cutoffs"},
};

enum { NUM_MEASURES = sizeof all / sizeof all[0] };

static const char usual_cutoffs[] = "5,10,15,20,30,100,200,500,1000";

const measure *measures_all(size_t *count) {
    *count = NUM_MEASURES;
    return all;
}

static dear_status unknown_measure(const char *text, size_t length, dear_error *err) {
    strbuf known = {0};
    for (size_t i = 0; i < NUM_MEASURES; i++)
        strbuf_printf(&known, "%s%s", i ? ", " : "", all[i].name);
    dear_status status =
        error_set(err, DEAR_ERROR_USAGE, "no measure \"%.*s\"; there are %s",
                  (int)smaller(length, 80), text, known.failed ? "others" : known.text);
    strbuf_free(&known);
    return status;
}

static dear_status find_measure(const measure **out, const char *text, size_t length,
                                dear_error *err) {
    for (size_t i = 0; i < NUM_MEASURES; i++) {
        *out = &all[i];
        if (strlen(all[i].name) == length && strncmp(all[i].name, text, length) == 0)
            return DEAR_OK;
    }
    return unknown_measure(text, length, err);
}

static dear_status add_spec(measure_list *list, const measure *m, size_t cutoff, dear_error *err) {
    for (size_t i = 0; i < list->count; i++)
        if (list->specs[i].measure == m && list->specs[i].cutoff == cutoff)
            return DEAR_OK;
    if (!mem_grow((void **)&list->specs, &list->capacity, list->count, sizeof *list->specs))
        return error_memory(err);
    measure_spec *spec = &list->specs[list->count++];
    *spec = (measure_spec){.measure = m, .cutoff = cutoff};
    if (m->has_cutoff)
        snprintf(spec->name, sizeof spec->name, "%s_%zu", m->name, cutoff);
    else
        snprintf(spec->name, sizeof spec->name, "%s", m->name);
    return DEAR_OK;
}

static dear_status add_cutoffs(measure_list *list, const measure *m, const char *text,
                               dear_error *err) {
    for (;;) {
        char *end;
        errno = 0;
        bool digit = *text >= '0' && *text <= '9';
        long cutoff = strtol(text, &end, 10);
        if (!digit || cutoff < 1 || errno != 0 || (*end && *end != ','))
            return error_set(err, DEAR_ERROR_USAGE,
                             "%s.%s: cutoffs must be whole numbers from 1, with commas between",
                             m->name, text);
        TRY(add_spec(list, m, (size_t)cutoff, err));
        if (*end == 0)
            return DEAR_OK;
        text = end + 1;
    }
}

dear_status measure_list_add(measure_list *list, const char *text, dear_error *err) {
    size_t length = strcspn(text, ".");
    const char *cutoffs = text[length] ? text + length + 1 : NULL;
    const measure *m;
    TRY(find_measure(&m, text, length, err));
    if (m->has_cutoff)
        return add_cutoffs(list, m, cutoffs ? cutoffs : usual_cutoffs, err);
    if (cutoffs)
        return error_set(err, DEAR_ERROR_USAGE, "%s: %s takes no cutoffs", text, m->name);
    return add_spec(list, m, 0, err);
}

static int table_order(const void *a, const void *b) {
    const measure_spec *x = a, *y = b;
    if (x->measure != y->measure)
        return x->measure < y->measure ? -1 : 1;
    return (x->cutoff > y->cutoff) - (x->cutoff < y->cutoff);
}

void measure_list_sort(measure_list *list) {
    if (list->count > 1)
        qsort(list->specs, list->count, sizeof *list->specs, table_order);
}

void measure_list_free(measure_list *list) {
    mem_free(list->specs);
    *list = (measure_list){0};
}
