/* A tokenizer that was read from tokenizer.json, as GGUF metadata. */
#include "base/memory.h"
#include "model/gguf_tokens.h"
#include "model/merge_list.h"
#include "model/tokenizer_splits.h"

#include <string.h>

typedef struct token_source {
    const tokenizer *t;
    const char *directory;
    size_t vocab_size; ///< of the model
    text_preparation preparation;
    merge_list merges;
} token_source;

static dear_status refuse(const token_source *s, const char *what, dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED,
                     "%s: GGUF cannot hold its tokenizer (%s): save the model as a folder",
                     s->directory, what);
}

/* ---- Tokens ---- */

static int32_t token_type(const token_source *s, size_t id) {
    const vocabulary *v = &s->t->vocab;
    if (!vocabulary_has(v, (int64_t)id))
        return GGUF_TOKEN_UNUSED;
    if (s->t->bpe.unk == (int32_t)id)
        return GGUF_TOKEN_UNKNOWN;
    if (v->flags[id] & TOKEN_ADDED)
        return v->flags[id] & TOKEN_SPECIAL ? GGUF_TOKEN_CONTROL : GGUF_TOKEN_USER;
    bool is_byte = !s->preparation.split && byte_token_value(vocabulary_text(v, (int32_t)id),
                                                             v->entries[id].text_length) >= 0;
    return is_byte ? GGUF_TOKEN_BYTE : GGUF_TOKEN_NORMAL;
}

static void put_token(gguf_writer *w, const vocabulary *v, size_t id) {
    if (vocabulary_has(v, (int64_t)id))
        gguf_put_string(&w->values, vocabulary_text(v, (int32_t)id), v->entries[id].text_length);
    else
        gguf_put_unused_name(w, id);
}

static void put_vocabulary(gguf_writer *w, const token_source *s) {
    gguf_put_array(w, "tokenizer.ggml.tokens", GGUF_STRING, s->vocab_size);
    for (size_t i = 0; i < s->vocab_size; i++)
        put_token(w, &s->t->vocab, i);
    gguf_put_array(w, "tokenizer.ggml.token_type", GGUF_I32, s->vocab_size);
    for (size_t i = 0; i < s->vocab_size; i++)
        gguf_put_number(&w->values, (uint64_t)token_type(s, i), 4);
}

/* GGUF says of an added token only whether it is special. */
static dear_status check_added(const token_source *s, dear_error *err) {
    for (size_t i = 0; i < s->t->added.count; i++) {
        const added_token *a = &s->t->added.tokens[i];
        if (a->lstrip || a->rstrip || a->single_word)
            return refuse(s, "an added token takes the white space beside it, or must stand alone",
                          err);
    }
    return DEAR_OK;
}

static dear_status check_size(const token_source *s, dear_error *err) {
    if (s->t->vocab.size <= s->vocab_size)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: its tokenizer has %zu tokens, more than the vocabulary of %zu",
                     s->directory, s->t->vocab.size, s->vocab_size);
}

/* ---- Merges ---- */

static void put_merge(gguf_writer *w, const vocabulary *v, const listed_merge *m) {
    size_t left = v->entries[m->left].text_length, right = v->entries[m->right].text_length;
    gguf_put_number(&w->values, left + 1 + right, 8);
    strbuf_append(&w->values, vocabulary_text(v, m->left), left);
    strbuf_putc(&w->values, ' ');
    strbuf_append(&w->values, vocabulary_text(v, m->right), right);
}

static void put_byte_level(gguf_writer *w, const token_source *s) {
    gguf_put_text(w, "tokenizer.ggml.model", "gpt2");
    gguf_put_text(w, "tokenizer.ggml.pre", s->preparation.split->name);
    put_vocabulary(w, s);
    gguf_put_array(w, "tokenizer.ggml.merges", GGUF_STRING, s->merges.count);
    for (size_t i = 0; i < s->merges.count; i++)
        put_merge(w, &s->t->vocab, &s->merges.items[i]);
}

static void put_scores(gguf_writer *w, const token_source *s, const float *scores) {
    gguf_put_array(w, "tokenizer.ggml.scores", GGUF_F32, s->vocab_size);
    for (size_t i = 0; i < s->vocab_size; i++) {
        float score = i < s->t->vocab.size ? scores[i] : GGUF_UNUSED_SCORE;
        strbuf_append(&w->values, (const char *)&score, sizeof score);
    }
}

static dear_status put_sentencepiece(gguf_writer *w, const token_source *s, dear_error *err) {
    if (s->t->bpe.unk < 0 || !s->t->bpe.byte_fallback || !s->t->bpe.fuse_unk)
        return refuse(s, "without byte fallback and an unknown token", err);
    float *scores = mem_calloc(s->t->vocab.size, sizeof *scores);
    if (!scores)
        return error_memory(err);
    dear_status status = DEAR_OK;
    if (!merge_list_scores(scores, &s->merges, &s->t->vocab))
        status = refuse(s, "its merges are not those that SentencePiece does by scores", err);
    gguf_put_text(w, "tokenizer.ggml.model", "llama");
    gguf_put_text(w, "tokenizer.ggml.pre", "default");
    put_vocabulary(w, s);
    if (status == DEAR_OK)
        put_scores(w, s, scores);
    gguf_put_bool(w, "tokenizer.ggml.add_space_prefix", s->preparation.add_space_prefix);
    mem_free(scores);
    return status;
}

/* ---- Special tokens ---- */

static void put_id(gguf_writer *w, const char *key, int32_t id) {
    if (id >= 0)
        gguf_put_u32(w, key, id);
}

/* The post-processor's template must be [BOS] text [EOS]. */
static dear_status put_template(gguf_writer *w, const token_source *s, int32_t bos, int32_t eos,
                                dear_error *err) {
    const token_template *form = &s->t->single;
    size_t at = 0;
    bool begins = at < form->count && form->parts[at].text < 0 && form->parts[at].id == bos;
    at += begins;
    bool has_text = at < form->count && form->parts[at].text == 0;
    at += has_text;
    bool ends = at < form->count && form->parts[at].text < 0 && form->parts[at].id == eos;
    at += ends;
    if (!has_text || at != form->count)
        return refuse(s, "it adds other tokens than a BOS in front and an EOS behind", err);
    gguf_put_bool(w, "tokenizer.ggml.add_bos_token", begins);
    gguf_put_bool(w, "tokenizer.ggml.add_eos_token", ends);
    return DEAR_OK;
}

static bool is_end_of_message(const tokenizer *t, int32_t id) {
    const char *text = tokenizer_token(t, id);
    return text && strcmp(text, "<|eom_id|>") == 0;
}

/* Further tokens that end a generation: GGUF has places for an end of turn and one of a message. */
static dear_status put_more_ends(gguf_writer *w, const token_source *s, const llama_config *c,
                                 int32_t eos, dear_error *err) {
    int32_t turn = -1, message = -1;
    for (int i = 0; i < c->num_eos; i++) {
        int32_t id = c->eos[i], *place = is_end_of_message(s->t, id) ? &message : &turn;
        if (id == eos)
            continue;
        if (*place >= 0)
            place = place == &turn ? &message : &turn;
        if (*place >= 0)
            return refuse(s, "more than three tokens end a text", err);
        *place = id;
    }
    put_id(w, "tokenizer.ggml.eot_token_id", turn);
    put_id(w, "tokenizer.ggml.eom_token_id", message);
    return DEAR_OK;
}

static dear_status put_special(gguf_writer *w, const token_source *s, const llama_config *c,
                               dear_error *err) {
    int32_t bos = tokenizer_bos(s->t) >= 0 ? tokenizer_bos(s->t) : c->bos;
    int32_t eos = tokenizer_eos(s->t) >= 0 ? tokenizer_eos(s->t) : c->num_eos ? c->eos[0] : -1;
    put_id(w, "tokenizer.ggml.bos_token_id", bos);
    put_id(w, "tokenizer.ggml.eos_token_id", eos);
    put_id(w, "tokenizer.ggml.unknown_token_id", s->t->bpe.unk);
    TRY(put_template(w, s, bos, eos, err));
    TRY(put_more_ends(w, s, c, eos, err));
    if (tokenizer_chat_template(s->t))
        gguf_put_text(w, "tokenizer.chat_template", tokenizer_chat_template(s->t));
    return DEAR_OK;
}

/* ---- All ---- */

static dear_status put_all(gguf_writer *w, token_source *s, const llama_config *c,
                           dear_error *err) {
    TRY(check_size(s, err));
    TRY(check_added(s, err));
    TRY(tokenizer_splits_read(&s->preparation, s->t, s->directory, err));
    TRY(merge_list_make(&s->merges, s->t, err));
    if (s->preparation.split)
        put_byte_level(w, s);
    else
        TRY(put_sentencepiece(w, s, err));
    return put_special(w, s, c, err);
}

dear_status gguf_put_tokens(gguf_writer *w, const tokenizer *t, const char *directory,
                            const llama_config *c, dear_error *err) {
    token_source s = {.t = t, .directory = directory, .vocab_size = (size_t)c->vocab_size};
    dear_status status = put_all(w, &s, c, err);
    merge_list_free(&s.merges);
    return status;
}
