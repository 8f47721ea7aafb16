#include "llm/generate.h"

#include "base/memory.h"

generate_options generate_defaults(void) {
    return (generate_options){.sampling = {.temperature = 0, .top_p = 1}, .max_new_tokens = 1024};
}

bool generate_is_end(const llama *l, int32_t id) {
    const llama_config *c = llama_get_config(l);
    for (int i = 0; i < c->num_eos; i++)
        if (c->eos[i] == id)
            return true;
    return false;
}

/* What a generation holds on to. */
typedef struct writer {
    llama *l;
    kv_cache *cache;
    sampler *sampling;
    float *hidden; ///< [H]
    float *logits; ///< [vocab_size]
} writer;

/* Reads `count` ids and chooses what follows them. */
static dear_status next_token(writer *w, const int32_t *ids, int64_t count, int32_t *next,
                              dear_error *err) {
    llama_sequence sequence = {
        .ids = ids, .count = count, .cache = w->cache, .first_row = count - 1};
    TRY(llama_forward(w->l, &sequence, 1, w->hidden, 1, err));
    TRY(llama_logits(w->l, w->hidden, 1, w->logits, err));
    *next = sampler_next(w->sampling, w->logits);
    return DEAR_OK;
}

static dear_status write_tokens(writer *w, const int32_t *prompt, int64_t count,
                                const generate_options *o, token_list *out, dear_error *err) {
    int32_t id = -1;
    for (int64_t written = 0; written < o->max_new_tokens; written++) {
        TRY(written == 0 ? next_token(w, prompt, count, &id, err)
                         : next_token(w, &id, 1, &id, err));
        if (!token_list_push(out, id))
            return error_memory(err);
        bool goes_on = !o->on_token || o->on_token(o->context, id);
        if (!goes_on || generate_is_end(w->l, id))
            break;
    }
    return DEAR_OK;
}

static dear_status open_writer(writer *w, int64_t prompt_length, const generate_options *o,
                               dear_error *err) {
    const llama_config *c = llama_get_config(w->l);
    int64_t expected = o->max_new_tokens < 256 ? o->max_new_tokens : 256;
    TRY(kv_cache_create(&w->cache, c, prompt_length + expected, err));
    TRY(sampler_create(&w->sampling, &o->sampling, c->vocab_size, err));
    w->hidden = mem_calloc((size_t)c->hidden_size, sizeof *w->hidden);
    w->logits = mem_calloc((size_t)c->vocab_size, sizeof *w->logits);
    return w->hidden && w->logits ? DEAR_OK : error_memory(err);
}

dear_status generate(llama *l, const int32_t *prompt, int64_t count,
                     const generate_options *options, token_list *out, dear_error *err) {
    if (count < 1)
        return error_set(err, DEAR_ERROR_USAGE, "the prompt is empty");
    writer w = {.l = l};
    dear_status status = open_writer(&w, count, options, err);
    if (status == DEAR_OK)
        status = write_tokens(&w, prompt, count, options, out, err);
    kv_cache_free(w.cache);
    sampler_free(w.sampling);
    mem_free(w.hidden);
    mem_free(w.logits);
    return status;
}
