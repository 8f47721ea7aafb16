#include "rank/scorers.h"

#include "rank/pair.h"

static dear_status encode_document(pointwise *p, const hit_list *list, size_t index,
                                   token_list *ids, int64_t *first_row, void *context,
                                   dear_error *err) {
    const token_list *prefix = context;
    const hit *h = &list->hits[index];
    pair_limits limits = {p->options.q_max_len, p->options.p_max_len};
    size_t before = ids->count;
    TRY(pair_encode_document(p->tok, &limits, prefix->count, h->title, h->text, ids, err));
    *first_row = (int64_t)(ids->count - before) - 1;
    return DEAR_OK;
}

/* One state a passage, that of its last token. */
static dear_status read_scores(pointwise *p, hit_list *list, const passage_batch *batch,
                               void *context, dear_error *err) {
    (void)context;
    int64_t width = llama_get_config(p->engine)->hidden_size;
    for (size_t i = 0; i < batch->count; i++) {
        float score;
        TRY(llama_scores(p->engine, batch->hidden + (int64_t)i * width, 1, &score, err));
        list->hits[batch->first + i].score = score;
    }
    return DEAR_OK;
}

dear_status score_by_head(pointwise *p, hit_list *list, dear_error *err) {
    token_list prefix = {0};
    pair_limits limits = {p->options.q_max_len, p->options.p_max_len};
    dear_status status = pair_encode_query(p->tok, &limits, list->query, &prefix, err);
    if (status == DEAR_OK)
        status = cache_prefix(p, &prefix, err);
    if (status == DEAR_OK)
        status =
            score_in_batches(p, list, p->query_cache, encode_document, read_scores, &prefix, err);
    token_list_free(&prefix);
    return status;
}
