#include "text/pretokenize.h"

#include "text/utf8.h"

#include <string.h>

const char REGEX_GPT2[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const char REGEX_LLAMA3[] =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const char REGEX_DIGIT[] = "\\p{N}";

static dear_status too_many(const char *where, dear_error *err) {
    return error_set(err, DEAR_ERROR_UNSUPPORTED,
                     "%s: more than %d steps of normalizing or pre-tokenizing", where, MAX_STEPS);
}

dear_status pretokenizer_add_edit(pretokenizer *p, edit_kind kind, const char *from,
                                  size_t from_length, const char *to, size_t to_length,
                                  const char *where, dear_error *err) {
    if (p->num_edits == MAX_STEPS)
        return too_many(where, err);
    TRY(text_edit_make(&p->edits[p->num_edits], kind, from, from_length, to, to_length, err));
    p->num_edits++;
    return DEAR_OK;
}

dear_status pretokenizer_add_edit_step(pretokenizer *p, edit_kind kind, const char *from,
                                       size_t from_length, const char *to, size_t to_length,
                                       const char *where, dear_error *err) {
    if (p->num_steps == MAX_STEPS)
        return too_many(where, err);
    pre_step *step = &p->steps[p->num_steps];
    TRY(text_edit_make(&step->edit, kind, from, from_length, to, to_length, err));
    p->num_steps++;
    return DEAR_OK;
}

dear_status pretokenizer_add_split(pretokenizer *p, const char *pattern, size_t length,
                                   bool literal, split_behaviour behaviour, bool invert,
                                   const char *where, dear_error *err) {
    if (p->num_steps == MAX_STEPS)
        return too_many(where, err);
    pre_step *step = &p->steps[p->num_steps];
    *step = (pre_step){.behaviour = behaviour, .invert = invert};
    TRY(regex_compile(&step->split, pattern, length, literal, where, err));
    p->num_steps++;
    return DEAR_OK;
}

void pretokenizer_free(pretokenizer *p) {
    for (size_t i = 0; i < p->num_edits; i++)
        text_edit_free(&p->edits[i]);
    for (size_t i = 0; i < p->num_steps; i++) {
        regex_free(p->steps[i].split);
        text_edit_free(&p->steps[i].edit);
    }
    p->num_edits = p->num_steps = 0;
}

void pre_scratch_free(pre_scratch *scratch) {
    regex_matcher_free(&scratch->matcher);
    for (size_t i = 0; i < 2; i++)
        strbuf_free(&scratch->normalized[i]);
    for (size_t i = 0; i < MAX_STEPS; i++)
        strbuf_free(&scratch->edited[i]);
}

dear_status pretokenizer_normalize(const pretokenizer *p, pre_scratch *scratch, const char **text,
                                   size_t *length, dear_error *err) {
    for (size_t i = 0; i < p->num_edits; i++) {
        if (text_edit_is_idle(&p->edits[i], *text, *length, false))
            continue;
        /* The edit reads what the last one wrote: two buffers take turns. */
        strbuf *out = &scratch->normalized[*text == scratch->normalized[0].text];
        strbuf_clear(out);
        TRY(text_edit_apply(&p->edits[i], *text, *length, out, err));
        *text = out->text;
        *length = out->length;
    }
    return DEAR_OK;
}

typedef struct walk {
    const pretokenizer *p;
    pre_scratch *scratch;
    word_sink sink;
    void *context;
    dear_error *err;
} walk;

static dear_status walk_step(const walk *w, size_t step, const char *text, size_t length,
                             bool at_start);

/* A piece that may still grow: the bytes [begin, end) of the text that a step splits. */
typedef struct open_piece {
    size_t begin, end;
    bool ends_in_match;
} open_piece;

static bool joins(split_behaviour behaviour, const open_piece *piece, bool is_match) {
    switch (behaviour) {
    case SPLIT_MERGED_BEFORE:
        return is_match && !piece->ends_in_match;
    case SPLIT_MERGED_AFTER:
        return !is_match && piece->ends_in_match;
    case SPLIT_CONTIGUOUS:
        return is_match == piece->ends_in_match;
    default:
        return false;
    }
}

typedef struct splitting {
    const walk *w;
    size_t step;
    const char *text;
    bool at_start;
    open_piece piece;
} splitting;

static dear_status close_piece(splitting *s) {
    const pre_step *step = &s->w->p->steps[s->step];
    open_piece piece = s->piece;
    s->piece.begin = piece.end;
    if (piece.begin == piece.end || (step->behaviour == SPLIT_REMOVED && piece.ends_in_match))
        return DEAR_OK;
    return walk_step(s->w, s->step + 1, s->text + piece.begin, piece.end - piece.begin,
                     s->at_start && piece.begin == 0);
}

/* Takes the next match or gap, which begins where the last one ended. */
static dear_status add_piece(splitting *s, size_t end, bool is_match) {
    const pre_step *step = &s->w->p->steps[s->step];
    is_match ^= step->invert;
    if (s->piece.begin != s->piece.end && !joins(step->behaviour, &s->piece, is_match))
        TRY(close_piece(s));
    s->piece.end = end;
    s->piece.ends_in_match = is_match;
    return DEAR_OK;
}

/*
 * Splits by a pattern, as Oniguruma's find_iter does: an empty match right behind the last match
 * does not count, any other cuts the text where it stands.
 */
static dear_status walk_split(const walk *w, size_t step, const char *text, size_t length,
                              bool at_start) {
    splitting s = {w, step, text, at_start, {0, 0, false}};
    size_t from = 0, last_end = 0;
    bool any = false;
    while (from <= length) {
        bool found;
        size_t begin, end;
        TRY(regex_find(w->p->steps[step].split, &w->scratch->matcher, text, length, from, &found,
                       &begin, &end, w->err));
        if (!found)
            break;
        if (begin == end && any && end == last_end) {
            from += from < length ? utf8_width(text[from]) : 1;
            continue;
        }
        if (begin > s.piece.end)
            TRY(add_piece(&s, begin, false));
        TRY(add_piece(&s, end, true));
        from = last_end = end;
        any = true;
    }
    if (s.piece.end < length)
        TRY(add_piece(&s, length, false));
    return close_piece(&s);
}

static dear_status walk_edit(const walk *w, size_t step, const char *text, size_t length,
                             bool at_start) {
    const text_edit *edit = &w->p->steps[step].edit;
    if (text_edit_is_idle(edit, text, length, at_start))
        return walk_step(w, step + 1, text, length, at_start);
    strbuf *out = &w->scratch->edited[step];
    strbuf_clear(out);
    TRY(text_edit_apply(edit, text, length, out, w->err));
    return walk_step(w, step + 1, out->text, out->length, at_start);
}

static dear_status walk_step(const walk *w, size_t step, const char *text, size_t length,
                             bool at_start) {
    if (step == w->p->num_steps)
        return w->sink(w->context, text, length, w->err);
    if (w->p->steps[step].split)
        return walk_split(w, step, text, length, at_start);
    return walk_edit(w, step, text, length, at_start);
}

dear_status pretokenizer_split(const pretokenizer *p, pre_scratch *scratch, const char *text,
                               size_t length, bool at_start, word_sink sink, void *context,
                               dear_error *err) {
    walk w = {p, scratch, sink, context, err};
    return length ? walk_step(&w, 0, text, length, at_start) : DEAR_OK;
}
