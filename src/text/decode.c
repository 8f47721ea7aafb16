#include "text/decode.h"

#include "base/memory.h"
#include "text/text_edit.h"
#include "text/utf8.h"

#include <string.h>

dear_status decoder_add(decoder *d, const decode_step *step, const char *where, dear_error *err) {
    if (d->num_steps == MAX_DECODE_STEPS)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: more than %d decoders", where,
                         MAX_DECODE_STEPS);
    decode_step *mine = &d->steps[d->num_steps];
    *mine = *step;
    mine->from = step->from ? mem_strndup(step->from, step->from_length) : NULL;
    mine->to = step->to ? mem_strndup(step->to, step->to_length) : NULL;
    d->num_steps++;
    if ((step->from && !mine->from) || (step->to && !mine->to))
        return error_memory(err);
    return DEAR_OK;
}

void decoder_free(decoder *d) {
    for (size_t i = 0; i < d->num_steps; i++) {
        mem_free((void *)d->steps[i].from);
        mem_free((void *)d->steps[i].to);
    }
    d->num_steps = 0;
}

/* Token texts one after the other, with the end of each. */
typedef struct pieces {
    strbuf text;
    size_t *ends;
    size_t count, capacity;
} pieces;

static void pieces_free(pieces *p) {
    strbuf_free(&p->text);
    mem_free(p->ends);
}

/* What was appended to the text since the last piece becomes one. */
static bool end_piece(pieces *p) {
    if (p->text.failed || !mem_grow((void **)&p->ends, &p->capacity, p->count, sizeof *p->ends))
        return false;
    p->ends[p->count++] = p->text.length;
    return true;
}

static bool add_piece(pieces *p, const char *text, size_t length) {
    return strbuf_append(&p->text, text, length) && end_piece(p);
}

static const char *piece_at(const pieces *p, size_t index, size_t *length) {
    size_t begin = index ? p->ends[index - 1] : 0;
    *length = p->ends[index] - begin;
    return p->text.text + begin;
}

static bool replace_each(const decode_step *s, const pieces *in, pieces *out) {
    bool ok = true;
    for (size_t i = 0; ok && i < in->count; i++) {
        size_t length;
        const char *text = piece_at(in, i, &length);
        bool drop = s->kind == DECODE_METASPACE && s->drop_first && i == 0;
        text_append_replaced(&out->text, text, length, s->from, s->from_length, s->to,
                             drop ? 0 : s->to_length);
        ok = end_piece(out);
    }
    return ok;
}

/* A run of bytes is one piece if it is UTF-8, else one U+FFFD for each byte. */
static bool end_byte_run(pieces *out, strbuf *run) {
    bool ok = true;
    if (utf8_valid_prefix(run->text, run->length) == run->length)
        ok = add_piece(out, run->text, run->length);
    else
        for (size_t i = 0; ok && i < run->length; i++)
            ok = add_piece(out, "\xEF\xBF\xBD", 3);
    strbuf_clear(run);
    return ok;
}

static bool join_bytes(const pieces *in, pieces *out) {
    strbuf run = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < in->count; i++) {
        size_t length;
        const char *text = piece_at(in, i, &length);
        int byte = byte_token_value(text, length);
        if (byte >= 0)
            ok = strbuf_putc(&run, (char)byte);
        else
            ok = (!run.length || end_byte_run(out, &run)) && add_piece(out, text, length);
    }
    ok = ok && (!run.length || end_byte_run(out, &run));
    strbuf_free(&run);
    return ok;
}

static bool fuse(const pieces *in, pieces *out) {
    return add_piece(out, in->text.text ? in->text.text : "", in->text.length);
}

static bool strip_each(const decode_step *s, const pieces *in, pieces *out) {
    bool ok = true;
    for (size_t i = 0; ok && i < in->count; i++) {
        size_t length;
        const char *text = piece_at(in, i, &length);
        for (size_t n = 0;
             n < s->start && length >= s->from_length && memcmp(text, s->from, s->from_length) == 0;
             n++) {
            text += s->from_length;
            length -= s->from_length;
        }
        for (size_t n = 0; n < s->stop && length >= s->from_length &&
                           memcmp(text + length - s->from_length, s->from, s->from_length) == 0;
             n++)
            length -= s->from_length;
        ok = add_piece(out, text, length);
    }
    return ok;
}

static bool run_step(const decode_step *s, const pieces *in, pieces *out) {
    switch (s->kind) {
    case DECODE_REPLACE:
    case DECODE_METASPACE:
        return replace_each(s, in, out);
    case DECODE_BYTE_FALLBACK:
        return join_bytes(in, out);
    case DECODE_FUSE:
        return fuse(in, out);
    case DECODE_STRIP:
        return strip_each(s, in, out);
    }
    return false;
}

static bool is_skipped(const vocabulary *v, int32_t id, bool skip_special) {
    return skip_special && (v->flags[id] & TOKEN_SPECIAL);
}

static dear_status decode_bytes(const vocabulary *v, const int32_t *ids, size_t count,
                                bool skip_special, strbuf *out, dear_error *err) {
    strbuf bytes = {0};
    for (size_t i = 0; i < count; i++)
        if (!is_skipped(v, ids[i], skip_special))
            strbuf_append(&bytes, vocabulary_bytes(v, ids[i]), v->entries[ids[i]].bytes_length);
    bool ok = !bytes.failed && utf8_append_repaired(out, bytes.text, bytes.length);
    strbuf_free(&bytes);
    return ok ? DEAR_OK : error_memory(err);
}

static dear_status decode_pieces(const decoder *d, const vocabulary *v, const int32_t *ids,
                                 size_t count, bool skip_special, strbuf *out, dear_error *err) {
    pieces now = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        if (!is_skipped(v, ids[i], skip_special))
            ok = add_piece(&now, vocabulary_text(v, ids[i]), v->entries[ids[i]].text_length);
    for (size_t i = 0; ok && i < d->num_steps; i++) {
        pieces next = {0};
        ok = run_step(&d->steps[i], &now, &next);
        pieces_free(&now);
        now = next;
    }
    for (size_t i = 0; ok && i < now.count; i++) {
        size_t length;
        const char *text = piece_at(&now, i, &length);
        ok = (!d->joins_with_spaces || i == 0 || strbuf_putc(out, ' ')) &&
             strbuf_append(out, text, length);
    }
    pieces_free(&now);
    return ok ? DEAR_OK : error_memory(err);
}

dear_status decoder_run(const decoder *d, const vocabulary *v, const int32_t *ids, size_t count,
                        bool skip_special, strbuf *out, dear_error *err) {
    if (d->byte_level)
        return decode_bytes(v, ids, count, skip_special, out, err);
    return decode_pieces(d, v, ids, count, skip_special, out, err);
}
