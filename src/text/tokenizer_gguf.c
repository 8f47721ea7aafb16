/* Tokenizers as GGUF metadata holds them. */
#include "base/memory.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* tokenizer.ggml.token_type */
enum { TYPE_NORMAL = 1, TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_USER = 4, TYPE_BYTE = 6 };

/* SentencePiece makes no piece longer than 16 characters unless told to; this bounds the work of
 * finding every way to cut a piece in two. */
enum { LONGEST_PIECE = 256 };

static int token_type(const tokenizer_gguf *g, size_t i) {
    return g->token_types ? g->token_types[i] : TYPE_NORMAL;
}

static uint32_t token_flags(const tokenizer_gguf *g, size_t i, bool sentencepiece) {
    bool named = (int64_t)i == g->bos || (int64_t)i == g->eos || (int64_t)i == g->unk;
    int type = token_type(g, i);
    if (type == TYPE_CONTROL || type == TYPE_UNKNOWN || (!g->token_types && named))
        return TOKEN_MODEL | TOKEN_ADDED | TOKEN_SPECIAL;
    if (type == TYPE_USER)
        return TOKEN_MODEL | TOKEN_ADDED;
    bool byte = sentencepiece && byte_token_value(g->tokens[i], g->token_lengths[i]) >= 0;
    return byte && (type == TYPE_BYTE || !g->token_types) ? 0 : TOKEN_MODEL;
}

static dear_status add_tokens(tokenizer *t, const tokenizer_gguf *g, bool sentencepiece,
                              dear_error *err) {
    for (size_t i = 0; i < g->num_tokens; i++) {
        const char *text = g->tokens[i];
        size_t length = g->token_lengths[i];
        if (utf8_valid_prefix(text, length) != length)
            return error_set(err, DEAR_ERROR_INPUT, "%s: token %zu is not UTF-8", g->where, i);
        TRY(vocabulary_add(&t->vocab, text, length, (int64_t)i, token_flags(g, i, sentencepiece),
                           g->where, err));
    }
    return DEAR_OK;
}

/* Added tokens are found in the text as it is, as llama.cpp finds them. */
static dear_status add_added_tokens(tokenizer *t, const tokenizer_gguf *g, dear_error *err) {
    for (size_t id = 0; id < t->vocab.size; id++) {
        uint32_t flags = t->vocab.flags[id];
        added_token shape = {.id = (int32_t)id, .special = flags & TOKEN_SPECIAL};
        if (flags & TOKEN_ADDED)
            TRY(tokenizer_add_added(t, &shape, g->where, err));
    }
    return DEAR_OK;
}

/* ---- "gpt2": byte-level BPE ---- */

static const gguf_split SPLITS[] = {
    {"llama-bpe", REGEX_LLAMA3, false, true},
    {"smollm", REGEX_GPT2, true, false},
    {"gpt-2", REGEX_GPT2, false, false},
    {"default", REGEX_GPT2, false, false},
};

const gguf_split *gguf_splits(size_t *count) {
    *count = sizeof SPLITS / sizeof *SPLITS;
    return SPLITS;
}

const gguf_split *gguf_split_named(const char *name) {
    for (size_t i = 0; i < sizeof SPLITS / sizeof *SPLITS; i++)
        if (strcmp(name, SPLITS[i].name) == 0)
            return &SPLITS[i];
    return NULL;
}

static dear_status unknown_pre(const tokenizer_gguf *g, dear_error *err) {
    strbuf known = {0};
    for (size_t i = 0; i < sizeof SPLITS / sizeof *SPLITS; i++)
        strbuf_printf(&known, "%s%s", i ? ", " : "", SPLITS[i].name);
    error_set(err, DEAR_ERROR_UNSUPPORTED,
              "%s: tokenizer.ggml.pre is \"%.60s\", which is not supported (known: %s)", g->where,
              g->pre, known.text ? known.text : "");
    strbuf_free(&known);
    return DEAR_ERROR_UNSUPPORTED;
}

static dear_status add_merges(tokenizer *t, const tokenizer_gguf *g, dear_error *err) {
    strbuf joined = {0};
    dear_status status = DEAR_OK;
    for (size_t i = 0; status == DEAR_OK && i < g->num_merges; i++) {
        const char *merge = g->merges[i];
        size_t length = g->merge_lengths[i];
        const char *space = length ? memchr(merge + 1, ' ', length - 1) : NULL;
        size_t left_length = space ? (size_t)(space - merge) : 0;
        size_t right_length = space ? length - left_length - 1 : 0;
        strbuf_clear(&joined);
        strbuf_append(&joined, merge, left_length);
        strbuf_append(&joined, merge + length - right_length, right_length);
        if (joined.failed) {
            status = error_memory(err);
            break;
        }
        int32_t left = vocabulary_find(&t->vocab, joined.text, left_length);
        int32_t right = vocabulary_find(&t->vocab, joined.text + left_length, right_length);
        int32_t whole = vocabulary_find(&t->vocab, joined.text, joined.length);
        if (left < 0 || right < 0 || whole < 0)
            status = error_set(err, DEAR_ERROR_INPUT,
                               "%s: merge %zu is not of two tokens that make a third", g->where, i);
        else
            status = bpe_add_merge(&t->bpe, left, right, (uint32_t)i, whole, err);
    }
    strbuf_free(&joined);
    return status;
}

static dear_status build_byte_level(tokenizer *t, const tokenizer_gguf *g, dear_error *err) {
    const gguf_split *pre = gguf_split_named(g->pre ? g->pre : "default");
    if (!pre)
        return unknown_pre(g, err);
    t->kind = TOKENIZER_BYTE_LEVEL;
    t->bpe.byte_level = t->decoder.byte_level = true;
    t->bpe.ignore_merges = pre->ignore_merges;
    if (pre->digits_alone)
        TRY(pretokenizer_add_split(&t->pre, REGEX_DIGIT, strlen(REGEX_DIGIT), false, SPLIT_ISOLATED,
                                   false, g->where, err));
    TRY(pretokenizer_add_split(&t->pre, pre->regex, strlen(pre->regex), false, SPLIT_ISOLATED,
                               false, g->where, err));
    TRY(add_tokens(t, g, false, err));
    TRY(vocabulary_finish(&t->vocab, true, g->where, err));
    return add_merges(t, g, err);
}

/* ---- "llama": SentencePiece's BPE ---- */

/* A piece that merging may make, with its score. */
typedef struct scored_piece {
    float score;
    int32_t id;
} scored_piece;

static int by_score_descending(const void *a, const void *b) {
    const scored_piece *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* A rule for each way to cut a piece into two pieces. */
static dear_status add_cuts(tokenizer *t, int32_t id, uint32_t rank, dear_error *err) {
    const char *text = vocabulary_text(&t->vocab, id);
    size_t length = t->vocab.entries[id].text_length;
    for (size_t cut = utf8_width(text[0]); cut < length; cut += utf8_width(text[cut])) {
        int32_t left = vocabulary_find_word(&t->vocab, text, cut);
        int32_t right = left < 0 ? -1 : vocabulary_find_word(&t->vocab, text + cut, length - cut);
        if (right >= 0)
            TRY(bpe_add_merge(&t->bpe, left, right, rank, id, err));
    }
    return DEAR_OK;
}

/*
 * SentencePiece joins the neighbours whose joined piece has the highest score, leftmost first. That
 * is BPE with the scores' order as ranks; pieces of equal score share a rank.
 */
static dear_status add_merges_by_score(tokenizer *t, const scored_piece *pieces, size_t count,
                                       const char *where, dear_error *err) {
    uint32_t rank = 0;
    for (size_t i = 0; i < count; i++) {
        rank += i > 0 && pieces[i].score != pieces[i - 1].score;
        if (t->vocab.entries[pieces[i].id].text_length > LONGEST_PIECE)
            return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: token %d is longer than %d bytes",
                             where, pieces[i].id, LONGEST_PIECE);
        TRY(add_cuts(t, pieces[i].id, rank, err));
    }
    return DEAR_OK;
}

static dear_status add_scored_merges(tokenizer *t, const tokenizer_gguf *g, dear_error *err) {
    scored_piece *pieces = mem_calloc(g->num_tokens, sizeof *pieces);
    if (!pieces)
        return error_memory(err);
    size_t count = 0;
    dear_status status = DEAR_OK;
    for (size_t i = 0; status == DEAR_OK && i < g->num_tokens; i++) {
        const token_entry *entry = &t->vocab.entries[i];
        if (!isfinite(g->scores[i]))
            status = error_set(err, DEAR_ERROR_INPUT, "%s: the score of token %zu is no number",
                               g->where, i);
        else if ((t->vocab.flags[i] & TOKEN_MODEL) && !(t->vocab.flags[i] & TOKEN_ADDED) &&
                 entry->text_length > 0)
            pieces[count++] = (scored_piece){g->scores[i], (int32_t)i};
    }
    if (status == DEAR_OK) {
        qsort(pieces, count, sizeof *pieces, by_score_descending);
        status = add_merges_by_score(t, pieces, count, g->where, err);
    }
    mem_free(pieces);
    return status;
}

static dear_status add_sentencepiece_decoder(tokenizer *t, const tokenizer_gguf *g,
                                             dear_error *err) {
    const decode_step steps[] = {
        {.kind = DECODE_REPLACE,
         .from = SPACE_MARK,
         .from_length = SPACE_MARK_BYTES,
         .to = " ",
         .to_length = 1},
        {.kind = DECODE_BYTE_FALLBACK},
        {.kind = DECODE_FUSE},
        {.kind = DECODE_STRIP, .from = " ", .from_length = 1, .start = 1},
    };
    size_t count = sizeof steps / sizeof *steps - !g->add_space_prefix;
    for (size_t i = 0; i < count; i++)
        TRY(decoder_add(&t->decoder, &steps[i], g->where, err));
    return DEAR_OK;
}

static dear_status build_sentencepiece(tokenizer *t, const tokenizer_gguf *g, dear_error *err) {
    if (!g->scores)
        return error_set(err, DEAR_ERROR_INPUT, "%s: a \"llama\" tokenizer without scores",
                         g->where);
    t->kind = TOKENIZER_BYTE_FALLBACK;
    t->bpe.byte_fallback = t->bpe.fuse_unk = true;
    t->bpe.unk = g->unk;
    if (g->add_space_prefix)
        TRY(pretokenizer_add_edit(&t->pre, EDIT_PREPEND, NULL, 0, SPACE_MARK, SPACE_MARK_BYTES,
                                  g->where, err));
    TRY(pretokenizer_add_edit(&t->pre, EDIT_REPLACE, " ", 1, SPACE_MARK, SPACE_MARK_BYTES, g->where,
                              err));
    TRY(add_tokens(t, g, true, err));
    TRY(vocabulary_finish(&t->vocab, false, g->where, err));
    TRY(add_sentencepiece_decoder(t, g, err));
    return add_scored_merges(t, g, err);
}

/* ---- both ---- */

static dear_status check_named_token(const tokenizer_gguf *g, const char *name, int32_t id,
                                     dear_error *err) {
    if (id < -1 || id >= (int64_t)g->num_tokens)
        return error_set(err, DEAR_ERROR_INPUT, "%s: the %s token is %d, in a vocabulary of %zu",
                         g->where, name, id, g->num_tokens);
    return DEAR_OK;
}

/* [BOS] text [EOS], for each text. */
static bool add_text_part(token_template *form, const tokenizer_gguf *g, int text) {
    return (!g->add_bos || g->bos < 0 || token_template_add(form, -1, g->bos)) &&
           token_template_add(form, text, -1) &&
           (!g->add_eos || g->eos < 0 || token_template_add(form, -1, g->eos));
}

static dear_status build(tokenizer *t, const tokenizer_gguf *g, dear_error *err) {
    TRY(check_named_token(g, "BOS", g->bos, err));
    TRY(check_named_token(g, "EOS", g->eos, err));
    TRY(check_named_token(g, "unknown", g->unk, err));
    t->bos = g->bos;
    t->eos = g->eos;
    if (strcmp(g->model, "gpt2") == 0)
        TRY(build_byte_level(t, g, err));
    else if (strcmp(g->model, "llama") == 0)
        TRY(build_sentencepiece(t, g, err));
    else
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s: tokenizer.ggml.model is \"%.60s\", which is not supported (known: "
                         "gpt2, llama)",
                         g->where, g->model);
    TRY(bpe_finish(&t->bpe, err));
    TRY(add_added_tokens(t, g, err));
    bool ok = add_text_part(&t->single, g, 0) && add_text_part(&t->pair, g, 0) &&
              add_text_part(&t->pair, g, 1);
    return ok ? DEAR_OK : error_memory(err);
}

dear_status tokenizer_open_gguf(tokenizer **out, const tokenizer_gguf *metadata, dear_error *err) {
    *out = NULL;
    tokenizer *t = tokenizer_new();
    dear_status status = t ? build(t, metadata, err) : error_memory(err);
    if (status == DEAR_OK)
        *out = t;
    else
        tokenizer_close(t);
    return status;
}
