#include "rank/pointwise.h"

#include "base/memory.h"
#include "rank/pair.h"
#include "rank/scorers.h"

#include <math.h>
#include <string.h>

static const char *const scorer_names[] = {[SCORER_AUTO] = "auto",
                                           [SCORER_HEAD] = "head",
                                           [SCORER_QLM] = "qlm",
                                           [SCORER_YES_NO] = "yesno"};

bool scorer_parse(scorer *out, const char *name) {
    for (int s = SCORER_AUTO; s <= SCORER_YES_NO; s++) {
        if (strcmp(name, scorer_names[s]) == 0) {
            *out = (scorer)s;
            return true;
        }
    }
    return false;
}

pointwise_options pointwise_defaults(void) {
    return (pointwise_options){.scorer = SCORER_AUTO, .q_max_len = 32, .p_max_len = 196};
}

static dear_status check_options(const model *m, const pointwise_options *o, dear_error *err) {
    enum { SHORTEST_PASSAGE = 8, LONGEST = 1 << 20 };
    if (o->q_max_len < 1 || o->q_max_len > LONGEST)
        return error_set(err, DEAR_ERROR_USAGE, "q-max-len must be between 1 and %d", LONGEST);
    if (o->p_max_len < SHORTEST_PASSAGE || o->p_max_len > LONGEST)
        return error_set(err, DEAR_ERROR_USAGE, "p-max-len must be between %d and %d",
                         SHORTEST_PASSAGE, LONGEST);
    if (o->scorer == SCORER_HEAD && !model_has_score_head(m))
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: the model has no score head; score with qlm or yesno, or add an "
                         "adapter that brings one",
                         model_path(m));
    bool classifier = model_config(m)->is_classifier;
    if (classifier && (o->scorer == SCORER_QLM || o->scorer == SCORER_YES_NO))
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: the model has a score head and cannot predict words; score with head",
                         model_path(m));
    return DEAR_OK;
}

dear_status pointwise_open(pointwise **out, const model *m, llama *engine,
                           const pointwise_options *options, dear_error *err) {
    *out = NULL;
    TRY(check_options(m, options, err));
    pointwise *p = mem_calloc(1, sizeof *p);
    if (!p)
        return error_memory(err);
    p->m = m;
    p->tok = model_tokenizer(m);
    p->engine = engine;
    p->options = *options;
    if (p->options.scorer == SCORER_AUTO)
        p->options.scorer = model_has_score_head(m) ? SCORER_HEAD : SCORER_QLM;
    dear_status status = p->options.scorer == SCORER_YES_NO ? yes_no_open(p, err) : DEAR_OK;
    if (status != DEAR_OK) {
        pointwise_close(p);
        return status;
    }
    *out = p;
    return DEAR_OK;
}

void pointwise_close(pointwise *p) {
    if (!p)
        return;
    kv_cache_free(p->query_cache);
    token_list_free(&p->turn_before);
    token_list_free(&p->turn_after);
    mem_free(p);
}

scorer pointwise_scorer(const pointwise *p) {
    return p->options.scorer;
}

static dear_status score_list(pointwise *p, hit_list *list, dear_error *err) {
    switch (p->options.scorer) {
    case SCORER_QLM:
        return score_by_query_likelihood(p, list, err);
    case SCORER_YES_NO:
        return score_by_yes_no(p, list, err);
    case SCORER_HEAD:
    case SCORER_AUTO:
        break;
    }
    return score_by_head(p, list, err);
}

dear_status pointwise_score(pointwise *p, hit_list *list, dear_error *err) {
    if (list->count == 0)
        return DEAR_OK;
    dear_status status = score_list(p, list, err);
    if (status != DEAR_OK)
        return error_prefix(err, "query \"%s\"", list->qid);
    for (size_t i = 0; i < list->count; i++)
        if (!isfinite(list->hits[i].score))
            return error_set(err, DEAR_ERROR_INPUT,
                             "query \"%s\", passage \"%s\": the model gave a score that is not a "
                             "number; its weights are broken",
                             list->qid, list->hits[i].docid);
    return DEAR_OK;
}

dear_status pointwise_pair(const pointwise *p, const char *query, const char *title,
                           const char *text, token_list *out, dear_error *err) {
    pair_limits limits = {p->options.q_max_len, p->options.p_max_len};
    size_t before = out->count;
    TRY(pair_encode_query(p->tok, &limits, query, out, err));
    return pair_encode_document(p->tok, &limits, out->count - before, title, text, out, err);
}
