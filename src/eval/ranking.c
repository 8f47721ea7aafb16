#include "eval/ranking.h"

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

static int32_t relevance_of(const qrels_topic *topic, const char *docid) {
    size_t place = id_table_find(&topic->index, docid);
    if (place == ID_NONE)
        return UNJUDGED;
    int32_t relevance = topic->judgments[place].relevance;
    return relevance < 0 ? UNASSESSED : relevance;
}

static size_t count_relevant(const int32_t *relevances, size_t count, int32_t level) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += relevances[i] >= level;
    return n;
}

/* Fills relevances [list->count], best ranked first, and gives how many are left. */
static size_t rank_relevances(int32_t *relevances, const hit **order, const judged_list *query,
                              bool ordered, const evaluation_options *options) {
    const hit_list *list = query->list;
    for (size_t i = 0; i < list->count; i++)
        order[i] = &list->hits[i];
    if (list->count > 1 && !ordered)
        qsort(order, list->count, sizeof *order, by_score_then_docid);
    size_t kept = 0;
    for (size_t i = 0; i < list->count && (options->max_ret == 0 || i < options->max_ret); i++) {
        relevances[kept] = relevance_of(query->topic, order[i]->docid);
        kept += relevances[kept] >= 0 || !options->judged_only;
    }
    return kept;
}

static dear_status rank_hits(ranking *r, const judged_list *query, bool ordered,
                             const evaluation_options *options, dear_error *err) {
    size_t count = query->list ? query->list->count : 0;
    int32_t *relevances = mem_calloc(count, sizeof *relevances);
    r->relevances = relevances;
    const hit **order = mem_calloc(count, sizeof *order);
    dear_status status = relevances && order ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK && query->list)
        r->num_ret = rank_relevances(relevances, order, query, ordered, options);
    mem_free(order);
    return status;
}

static dear_status rank_judgments(ranking *r, const qrels_topic *topic, dear_error *err) {
    int32_t *ideal = mem_calloc(topic->count, sizeof *ideal);
    r->ideal = ideal;
    r->gains = mem_calloc(topic->count, sizeof *r->gains);
    if (!ideal || !r->gains)
        return error_memory(err);
    for (size_t i = 0; i < topic->count; i++)
        if (topic->judgments[i].relevance >= 0)
            ideal[r->num_judged++] = topic->judgments[i].relevance;
    if (r->num_judged > 1)
        qsort(ideal, r->num_judged, sizeof *ideal, larger_first);
    return DEAR_OK;
}

dear_status ranking_make(ranking *out, const judged_list *query, bool ordered,
                         const evaluation_options *options, dear_error *err) {
    *out = (ranking){.relevance_level = options->relevance_level,
                     .gain = options->gain,
                     .num_docs = options->num_docs};
    TRY(rank_hits(out, query, ordered, options, err));
    TRY(rank_judgments(out, query->topic, err));
    out->num_rel = count_relevant(out->ideal, out->num_judged, out->relevance_level);
    out->num_rel_ret = count_relevant(out->relevances, out->num_ret, out->relevance_level);
    return DEAR_OK;
}

void ranking_free(ranking *r) {
    mem_free((void *)r->relevances);
    mem_free((void *)r->ideal);
    mem_free(r->gains);
    *r = (ranking){0};
}

static char relevance_character(int32_t relevance) {
    if (relevance < 0)
        return relevance == UNJUDGED ? '-' : '.';
    return relevance > 9 ? '>' : (char)('0' + relevance);
}

char *ranking_string(const ranking *r, size_t count) {
    size_t shown = r->num_ret < count ? r->num_ret : count;
    char *text = mem_calloc(shown + 3, 1);
    if (!text)
        return NULL;
    text[0] = text[shown + 1] = '\'';
    for (size_t i = 0; i < shown; i++)
        text[i + 1] = relevance_character(r->relevances[i]);
    return text;
}
