/* The public reranker of dear.h: a model, its engine and stage 1 behind one handle. */
#include "base/memory.h"
#include "compute/cpu.h"
#include "rank/pointwise.h"

#include <stdlib.h>

struct dear_reranker {
    model *m;
    llama *engine;
    pointwise *stage1;
};

/* Both enums name the same things; the public ones stay as they are when ours grow. */
static precision precision_of(dear_precision p) {
    static const precision ours[] = {
        [DEAR_PRECISION_AUTO] = PRECISION_AUTO,
        [DEAR_PRECISION_F32] = PRECISION_F32,
        [DEAR_PRECISION_BF16] = PRECISION_BF16,
        [DEAR_PRECISION_INT8] = PRECISION_INT8,
    };
    return ours[p];
}

static scorer scorer_of(dear_scorer s) {
    static const scorer ours[] = {
        [DEAR_SCORER_AUTO] = SCORER_AUTO,
        [DEAR_SCORER_HEAD] = SCORER_HEAD,
        [DEAR_SCORER_QLM] = SCORER_QLM,
        [DEAR_SCORER_YES_NO] = SCORER_YES_NO,
    };
    return ours[s];
}

static dear_status check_options(const dear_reranker_options *o, dear_error *err) {
    if ((unsigned)o->precision > DEAR_PRECISION_INT8 || (unsigned)o->scorer > DEAR_SCORER_YES_NO)
        return error_set(err, DEAR_ERROR_USAGE, "unknown precision or scorer");
    if (o->threads < 0 || o->q_max_len < 0 || o->p_max_len < 0)
        return error_set(err, DEAR_ERROR_USAGE, "threads and lengths cannot be negative");
    return DEAR_OK;
}

static dear_status open_parts(dear_reranker *r, const dear_reranker_options *o, dear_error *err) {
    pointwise_options how = pointwise_defaults();
    how.scorer = scorer_of(o->scorer);
    if (o->q_max_len)
        how.q_max_len = o->q_max_len;
    if (o->p_max_len)
        how.p_max_len = o->p_max_len;
    TRY(model_open_by_name(&r->m, o->model, o->adapter, err));
    TRY(llama_open(&r->engine, r->m, precision_of(o->precision), NULL, NULL, err));
    return pointwise_open(&r->stage1, r->m, r->engine, &how, err);
}

dear_status dear_reranker_open(dear_reranker **out, const dear_reranker_options *options,
                               dear_error *err) {
    static const dear_reranker_options defaults;
    *out = NULL;
    if (!options)
        options = &defaults;
    TRY(check_options(options, err));
    if (options->threads)
        compute_set_threads(options->threads);
    dear_reranker *r = mem_calloc(1, sizeof *r);
    if (!r)
        return error_memory(err);
    dear_status status = open_parts(r, options, err);
    if (status != DEAR_OK) {
        dear_reranker_close(r);
        return status;
    }
    *out = r;
    return DEAR_OK;
}

void dear_reranker_close(dear_reranker *r) {
    if (!r)
        return;
    pointwise_close(r->stage1);
    llama_close(r->engine);
    model_close(r->m);
    mem_free(r);
}

static dear_status score_set(dear_reranker *r, hit_set *set, const char *query,
                             const dear_passage *passages, size_t count, double *scores,
                             dear_error *err) {
    hit_list *list = hit_set_add(set, "", query);
    if (!list)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        if (!hit_list_add(list, "", passages[i].title ? passages[i].title : "",
                          passages[i].text ? passages[i].text : "", 0))
            return error_memory(err);
    TRY(pointwise_score(r->stage1, list, err));
    for (size_t i = 0; i < count; i++)
        scores[i] = list->hits[i].score;
    return DEAR_OK;
}

dear_status dear_reranker_score(dear_reranker *r, const char *query, const dear_passage *passages,
                                size_t count, double *scores, dear_error *err) {
    hit_set set = {0};
    dear_status status = score_set(r, &set, query, passages, count, scores, err);
    hit_set_free(&set);
    return status;
}

typedef struct ranked {
    double score;
    size_t index;
} ranked;

static int best_first(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->index < y->index ? -1 : x->index > y->index;
}

dear_status dear_rank(const double *scores, size_t count, size_t *order) {
    ranked *all = mem_calloc(count, sizeof *all);
    if (!all)
        return DEAR_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++)
        all[i] = (ranked){scores[i], i};
    qsort(all, count, sizeof *all, best_first);
    for (size_t i = 0; i < count; i++)
        order[i] = all[i].index;
    mem_free(all);
    return DEAR_OK;
}

const char *dear_version(void) {
    return DEAR_VERSION;
}
