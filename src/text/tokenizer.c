#include "text/tokenizer.h"

#include "base/memory.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

#include <string.h>

/* Positions in a word are 32-bit; with room for the growth that normalizers bring. */
#define TEXT_LIMIT ((size_t)256 << 20)

tokenizer *tokenizer_new(void) {
    tokenizer *t = mem_calloc(1, sizeof *t);
    if (t) {
        t->bos = t->eos = -1;
        t->bpe.unk = -1;
        t->bpe.vocab = &t->vocab;
    }
    return t;
}

void tokenizer_close(tokenizer *t) {
    if (!t)
        return;
    bpe_free(&t->bpe);
    vocabulary_free(&t->vocab);
    pretokenizer_free(&t->pre);
    added_tokens_free(&t->added);
    decoder_free(&t->decoder);
    mem_free(t->single.parts);
    mem_free(t->pair.parts);
    mem_free(t->chat_template);
    mem_free(t);
}

bool token_template_add(token_template *t, int text, int32_t id) {
    if (!mem_grow((void **)&t->parts, &t->capacity, t->count, sizeof *t->parts))
        return false;
    t->parts[t->count++] = (template_part){text, id};
    return true;
}

dear_status tokenizer_add_added(tokenizer *t, const added_token *shape, const char *where,
                                dear_error *err) {
    pre_scratch scratch = {0};
    const char *text = vocabulary_text(&t->vocab, shape->id);
    size_t length = t->vocab.entries[shape->id].text_length;
    const char *pattern = text;
    size_t pattern_length = length;
    dear_status status = DEAR_OK;
    if (shape->normalized)
        status = pretokenizer_normalize(&t->pre, &scratch, &pattern, &pattern_length, err);
    if (status == DEAR_OK)
        status =
            added_tokens_add(&t->added, shape, text, length, pattern, pattern_length, where, err);
    pre_scratch_free(&scratch);
    return status;
}

/* One encoding under way. */
typedef struct encoding {
    const tokenizer *t;
    trust who;
    token_list *out;
    pre_scratch pre;
    bpe_scratch bpe;
} encoding;

static dear_status take_word(void *context, const char *word, size_t length, dear_error *err) {
    encoding *e = context;
    return bpe_encode(&e->t->bpe, &e->bpe, word, length, e->out, err);
}

/* What stands between two added tokens of the normalized text. */
static dear_status encode_normalized_gap(encoding *e, const char *text, size_t length,
                                         bool at_start, dear_error *err) {
    return pretokenizer_split(&e->t->pre, &e->pre, text, length, at_start, take_word, e, err);
}

static dear_status encode_raw_gap(encoding *e, const char *text, size_t length, bool at_start,
                                  dear_error *err);

typedef dear_status (*gap_encoder)(encoding *e, const char *text, size_t length, bool at_start,
                                   dear_error *err);

/* Hands what stands between added tokens to `gap`, and puts the tokens themselves out. */
static dear_status encode_around_added(encoding *e, bool normalized, const char *text,
                                       size_t length, bool at_start, gap_encoder gap,
                                       dear_error *err) {
    added_match match = {0};
    size_t taken = 0;
    while (added_tokens_find(&e->t->added, normalized, &e->who, text, length, &match)) {
        if (match.begin > taken)
            TRY(gap(e, text + taken, match.begin - taken, at_start && taken == 0, err));
        if (!token_list_push(e->out, match.token->id))
            return error_memory(err);
        taken = match.end;
    }
    if (taken < length)
        TRY(gap(e, text + taken, length - taken, at_start && taken == 0, err));
    return DEAR_OK;
}

/* What stands between two added tokens of the text as it is. */
static dear_status encode_raw_gap(encoding *e, const char *text, size_t length, bool at_start,
                                  dear_error *err) {
    TRY(pretokenizer_normalize(&e->t->pre, &e->pre, &text, &length, err));
    return encode_around_added(e, true, text, length, at_start, encode_normalized_gap, err);
}

/* Appends the ids of valid UTF-8; leaves `out` as it was when it fails. */
static dear_status encode_valid(const tokenizer *t, trust who, const char *text, size_t length,
                                token_list *out, dear_error *err) {
    if (length > TEXT_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "a text of %zu bytes is over the %zu MiB limit",
                         length, TEXT_LIMIT >> 20);
    size_t before = out->count;
    encoding e = {.t = t, .who = who, .out = out};
    dear_status status = encode_around_added(&e, false, text, length, true, encode_raw_gap, err);
    pre_scratch_free(&e.pre);
    bpe_scratch_free(&e.bpe);
    if (status != DEAR_OK)
        out->count = before;
    return status;
}

dear_status tokenizer_encode_spans(const tokenizer *t, const char *text, size_t length,
                                   const text_span *spans, size_t num_spans, token_list *out,
                                   dear_error *err) {
    return encode_valid(t, (trust){TRUST_SPANS, spans, num_spans}, text, length, out, err);
}

static dear_status encode_text(const tokenizer *t, const char *text, size_t length, unsigned flags,
                               token_list *out, dear_error *err) {
    trust who = {.kind = flags & TOKENIZER_PARSE_SPECIAL ? TRUST_ALL : TRUST_NONE};
    if (utf8_valid_prefix(text, length) == length)
        return encode_valid(t, who, text, length, out, err);
    strbuf repaired = {0};
    dear_status status = utf8_append_repaired(&repaired, text, length)
                             ? encode_valid(t, who, repaired.text, repaired.length, out, err)
                             : error_memory(err);
    strbuf_free(&repaired);
    return status;
}

typedef struct text_slice {
    const char *text;
    size_t length;
} text_slice;

static dear_status encode_template(const tokenizer *t, const token_template *form,
                                   const text_slice *texts, unsigned flags, token_list *out,
                                   dear_error *err) {
    size_t before = out->count;
    dear_status status = DEAR_OK;
    for (size_t i = 0; status == DEAR_OK && i < form->count; i++) {
        const template_part *part = &form->parts[i];
        if (part->text >= 0)
            status =
                encode_text(t, texts[part->text].text, texts[part->text].length, flags, out, err);
        else if ((flags & TOKENIZER_ADD_SPECIAL) && !token_list_push(out, part->id))
            status = error_memory(err);
    }
    if (status != DEAR_OK)
        out->count = before;
    return status;
}

dear_status tokenizer_encode(const tokenizer *t, const char *text, size_t length, unsigned flags,
                             token_list *out, dear_error *err) {
    return encode_template(t, &t->single, &(text_slice){text, length}, flags, out, err);
}

dear_status tokenizer_encode_pair(const tokenizer *t, const char *a, size_t a_length, const char *b,
                                  size_t b_length, unsigned flags, token_list *out,
                                  dear_error *err) {
    const text_slice texts[] = {{a, a_length}, {b, b_length}};
    return encode_template(t, &t->pair, texts, flags, out, err);
}

static dear_status check_id(const tokenizer *t, int32_t id, dear_error *err) {
    if (!vocabulary_has(&t->vocab, id))
        return error_set(err, DEAR_ERROR_INPUT, "token id %d is not in the vocabulary (0 to %zu)",
                         id, t->vocab.size - 1);
    return DEAR_OK;
}

dear_status tokenizer_decode(const tokenizer *t, const int32_t *ids, size_t count,
                             bool skip_special, strbuf *out, dear_error *err) {
    for (size_t i = 0; i < count; i++)
        TRY(check_id(t, ids[i], err));
    return decoder_run(&t->decoder, &t->vocab, ids, count, skip_special, out, err);
}

dear_status tokenizer_token_bytes(const tokenizer *t, int32_t id, strbuf *out, dear_error *err) {
    TRY(check_id(t, id, err));
    const token_entry *entry = &t->vocab.entries[id];
    bool ok = t->vocab.flags[id] & TOKEN_SPECIAL
                  ? strbuf_append(out, vocabulary_text(&t->vocab, id), entry->text_length)
                  : strbuf_append(out, vocabulary_bytes(&t->vocab, id), entry->bytes_length);
    return ok ? DEAR_OK : error_memory(err);
}

tokenizer_kind tokenizer_get_kind(const tokenizer *t) {
    return t->kind;
}

size_t tokenizer_vocab_size(const tokenizer *t) {
    return t->vocab.size;
}

int32_t tokenizer_bos(const tokenizer *t) {
    return t->bos;
}

int32_t tokenizer_eos(const tokenizer *t) {
    return t->eos;
}

bool tokenizer_is_special(const tokenizer *t, int32_t id) {
    return vocabulary_has(&t->vocab, id) && (t->vocab.flags[id] & TOKEN_SPECIAL);
}

int32_t tokenizer_find(const tokenizer *t, const char *token) {
    return vocabulary_find(&t->vocab, token, strlen(token));
}

const char *tokenizer_token(const tokenizer *t, int32_t id) {
    return vocabulary_has(&t->vocab, id) ? vocabulary_text(&t->vocab, id) : NULL;
}

const char *tokenizer_chat_template(const tokenizer *t) {
    return t->chat_template;
}
