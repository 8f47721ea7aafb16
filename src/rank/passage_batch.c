#include "rank/scorers.h"

#include "base/memory.h"

enum { MAX_BATCH_TOKENS = 8192, MAX_BATCH_PASSAGES = 256 };

dear_status cache_prefix(pointwise *p, const token_list *ids, dear_error *err) {
    if (!p->query_cache)
        TRY(kv_cache_create(&p->query_cache, llama_get_config(p->engine), (int64_t)ids->count,
                            err));
    kv_cache_truncate(p->query_cache, 0);
    llama_sequence query = {.ids = ids->ids,
                            .count = (int64_t)ids->count,
                            .cache = p->query_cache,
                            .first_row = (int64_t)ids->count};
    return llama_forward(p->engine, &query, 1, NULL, 0, err);
}

static dear_status add_passage(pointwise *p, const hit_list *list, passage_batch *b,
                               const kv_cache *prefix, passage_encoder encode, void *context,
                               dear_error *err) {
    size_t begin = b->ids.count;
    llama_sequence *s = &b->sequences[b->count];
    *s = (llama_sequence){.prefix = prefix};
    TRY(encode(p, list, b->first + b->count, &b->ids, &s->first_row, context, err));
    s->count = (int64_t)(b->ids.count - begin);
    b->offsets[b->count++] = begin;
    b->rows += s->count - s->first_row;
    return DEAR_OK;
}

/* Adds passages from `first` on until the batch is full. */
static dear_status fill_batch(pointwise *p, const hit_list *list, passage_batch *b, size_t first,
                              const kv_cache *prefix, passage_encoder encode, void *context,
                              dear_error *err) {
    b->first = first;
    b->count = 0;
    b->rows = 0;
    b->ids.count = 0;
    while (first + b->count < list->count && b->count < MAX_BATCH_PASSAGES &&
           b->ids.count < MAX_BATCH_TOKENS)
        TRY(add_passage(p, list, b, prefix, encode, context, err));
    for (size_t i = 0; i < b->count; i++)
        b->sequences[i].ids = b->ids.ids + b->offsets[i];
    return DEAR_OK;
}

static dear_status run_batch(pointwise *p, passage_batch *b, dear_error *err) {
    int64_t width = llama_get_config(p->engine)->hidden_size;
    mem_free(b->hidden);
    b->hidden = mem_alloc_aligned((size_t)(b->rows * width) * sizeof *b->hidden);
    if (!b->hidden)
        return error_memory(err);
    return llama_forward(p->engine, b->sequences, b->count, b->hidden, b->rows, err);
}

static bool wants_to_go_on(const pointwise *p, size_t scored) {
    return !p->options.progress || p->options.progress(p->options.progress_context, scored);
}

static dear_status run_all(pointwise *p, hit_list *list, passage_batch *b, const kv_cache *prefix,
                           passage_encoder encode, state_reader read, void *context,
                           dear_error *err) {
    for (size_t first = 0; first < list->count; first += b->count) {
        TRY(fill_batch(p, list, b, first, prefix, encode, context, err));
        TRY(run_batch(p, b, err));
        TRY(read(p, list, b, context, err));
        if (!wants_to_go_on(p, first + b->count))
            return error_set(err, DEAR_ERROR_CANCELLED, "stopped");
    }
    return DEAR_OK;
}

dear_status score_in_batches(pointwise *p, hit_list *list, const kv_cache *prefix,
                             passage_encoder encode, state_reader read, void *context,
                             dear_error *err) {
    passage_batch b = {.sequences = mem_calloc(MAX_BATCH_PASSAGES, sizeof *b.sequences),
                       .offsets = mem_calloc(MAX_BATCH_PASSAGES, sizeof *b.offsets)};
    dear_status status = b.sequences && b.offsets
                             ? run_all(p, list, &b, prefix, encode, read, context, err)
                             : error_memory(err);
    mem_free(b.sequences);
    mem_free(b.offsets);
    mem_free(b.hidden);
    token_list_free(&b.ids);
    return status;
}
