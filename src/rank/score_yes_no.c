/*
 * Relevance by asking (Liang et al., 2022): the log-odds of "Yes" against "No" as the next token,
 * within the model's chat template where it has one.
 */
#include "base/memory.h"
#include "rank/encode_text.h"
#include "rank/scorers.h"

#include <string.h>

enum { KEPT_FREE = 3 };

static const char question[] =
    "\nDoes the passage answer the query? Reply with one word, Yes or No.";

/* What stands where the user's words go when a template is rendered to be taken apart. */
static const char user_words[] = "\x01user\x01";

/* Appends the tokens of text that the program or the model's template wrote. */
static dear_status encode_own(const tokenizer *t, const char *text, size_t length, token_list *out,
                              dear_error *err) {
    return tokenizer_encode(t, text, length, TOKENIZER_PARSE_SPECIAL, out, err);
}

/* The template's own text before and after one user's message, as tokens. */
static dear_status take_template_apart(pointwise *p, const char *jinja, dear_error *err) {
    chat_template kind;
    TRY(chat_template_recognise(&kind, jinja, err));
    chat_message message = {"user", user_words};
    chat_options options = chat_options_for(p->tok, "26 Jul 2024");
    strbuf text = {0};
    dear_status status = chat_template_render(kind, &message, 1, &options, &text, err);
    const char *words = status == DEAR_OK ? strstr(text.text, user_words) : NULL;
    if (status == DEAR_OK && !words)
        status = error_set(err, DEAR_ERROR_UNSUPPORTED, "the chat template drops the user's words");
    if (status == DEAR_OK)
        status = encode_own(p->tok, text.text, (size_t)(words - text.text), &p->turn_before, err);
    if (status == DEAR_OK) {
        words += strlen(user_words);
        status = encode_own(p->tok, words, strlen(words), &p->turn_after, err);
    }
    strbuf_free(&text);
    return status;
}

static dear_status plain_turn(pointwise *p, dear_error *err) {
    static const char answer[] = "\nAnswer:";
    if (tokenizer_bos(p->tok) >= 0 && !token_list_push(&p->turn_before, tokenizer_bos(p->tok)))
        return error_memory(err);
    return encode_own(p->tok, answer, sizeof answer - 1, &p->turn_after, err);
}

static dear_status first_token(pointwise *p, const char *word, int32_t *id, dear_error *err) {
    token_list ids = {0};
    dear_status status = encode_own(p->tok, word, strlen(word), &ids, err);
    *id = ids.count ? ids.ids[0] : -1;
    token_list_free(&ids);
    return status;
}

dear_status yes_no_open(pointwise *p, dear_error *err) {
    const char *jinja = model_chat_template(p->m);
    bool byte_level = tokenizer_get_kind(p->tok) == TOKENIZER_BYTE_LEVEL;
    bool spaced = !jinja && byte_level; /* "Answer: Yes" against a turn that begins with "Yes" */
    TRY(jinja ? take_template_apart(p, jinja, err) : plain_turn(p, err));
    TRY(first_token(p, spaced ? " Yes" : "Yes", &p->yes, err));
    TRY(first_token(p, spaced ? " No" : "No", &p->no, err));
    if (p->yes < 0 || p->no < 0 || p->yes == p->no)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: the tokenizer does not tell \"Yes\" from \"No\"", model_path(p->m));
    return DEAR_OK;
}

static dear_status encode_passage(pointwise *p, const hit_list *list, size_t index, token_list *ids,
                                  int64_t *first_row, void *context, dear_error *err) {
    (void)context;
    const hit *h = &list->hits[index];
    strbuf text = {0};
    strbuf_printf(&text, h->title[0] ? " %s " : " %s", h->title);
    strbuf_puts(&text, h->text);
    size_t before = ids->count;
    TRY(encode_text(p->tok, &text, (size_t)(p->options.p_max_len - KEPT_FREE), ids, err));
    TRY(encode_own(p->tok, question, sizeof question - 1, ids, err));
    if (!token_list_append(ids, p->turn_after.ids, p->turn_after.count))
        return error_memory(err);
    *first_row = (int64_t)(ids->count - before) - 1;
    return DEAR_OK;
}

static dear_status read_odds(pointwise *p, hit_list *list, const passage_batch *batch,
                             void *context, dear_error *err) {
    float *logits = context;
    int64_t width = llama_get_config(p->engine)->hidden_size;
    for (size_t i = 0; i < batch->count; i++) {
        TRY(llama_logits(p->engine, batch->hidden + (int64_t)i * width, 1, logits, err));
        list->hits[batch->first + i].score = (double)logits[p->yes] - (double)logits[p->no];
    }
    return DEAR_OK;
}

static dear_status cache_query(pointwise *p, const char *query, dear_error *err) {
    token_list ids = {0};
    if (!token_list_append(&ids, p->turn_before.ids, p->turn_before.count))
        return error_memory(err);
    strbuf text = {0};
    strbuf_printf(&text, "Query: %s\nPassage:", query);
    dear_status status = encode_text(p->tok, &text, NO_TOKEN_LIMIT, &ids, err);
    if (status == DEAR_OK)
        status = cache_prefix(p, &ids, err);
    token_list_free(&ids);
    return status;
}

dear_status score_by_yes_no(pointwise *p, hit_list *list, dear_error *err) {
    size_t vocab = (size_t)llama_get_config(p->engine)->vocab_size;
    float *logits = mem_alloc_aligned(vocab * sizeof *logits);
    dear_status status = logits ? cache_query(p, list->query, err) : error_memory(err);
    if (status == DEAR_OK)
        status = score_in_batches(p, list, p->query_cache, encode_passage, read_odds, logits, err);
    mem_free(logits);
    return status;
}
