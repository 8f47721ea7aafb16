#include "retrieve/analyzer.h"

#include "retrieve/porter.h"
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { FOLDED_LIMIT = 32 }; /* code points that one folds to; Unicode's longest is 18 */

/* A word being gathered, folded. */
typedef struct word {
    char text[TERM_LIMIT];
    size_t length;
    bool full; ///< the rest is dropped
} word;

typedef enum kind {
    KIND_GAP,
    KIND_WORD,   ///< a letter, digit or mark
    KIND_ALONE,  ///< a word by itself
    KIND_INSIDE, ///< belongs to a word on both sides of it
} kind;

static kind kind_of_ascii(char c) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter ? KIND_WORD : c == '\'' ? KIND_INSIDE : KIND_GAP;
}

static bool is_han_or_hiragana(uint32_t code) {
    return (code >= 0x3041 && code <= 0x309F) || (code >= 0x3400 && code <= 0x4DBF) ||
           (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0x20000 && code <= 0x3FFFF);
}

static bool is_word_category(utf8proc_category_t category) {
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

static kind kind_of(uint32_t code) {
    enum { RIGHT_QUOTE = 0x2019 };
    if (code == RIGHT_QUOTE)
        return KIND_INSIDE;
    if (!is_word_category(utf8proc_category((utf8proc_int32_t)code)))
        return KIND_GAP;
    return is_han_or_hiragana(code) ? KIND_ALONE : KIND_WORD;
}

/* Reads the character at `at`; returns its bytes. */
static size_t read_character(const char *text, size_t length, size_t at, kind *k, uint32_t *code) {
    size_t bytes = 1;
    *code = (unsigned char)text[at];
    if (*code < 0x80)
        *k = kind_of_ascii(text[at]);
    else if (utf8_read(text + at, length - at, code, &bytes))
        *k = kind_of(*code);
    else
        *k = KIND_GAP;
    return bytes;
}

static void append(word *w, const char *bytes, size_t length) {
    w->full = w->full || length > TERM_LIMIT - w->length;
    if (w->full)
        return;
    memcpy(w->text + w->length, bytes, length);
    w->length += length;
}

static void append_folded(word *w, uint32_t code) {
    utf8proc_int32_t folded[FOLDED_LIMIT];
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(
        (utf8proc_int32_t)code, folded, FOLDED_LIMIT,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &boundary);
    for (utf8proc_ssize_t i = 0; i < count && count <= FOLDED_LIMIT; i++) {
        char bytes[4];
        bool accent = folded[i] >= 0x300 && folded[i] <= 0x36F;
        if (!accent && is_word_category(utf8proc_category(folded[i])))
            append(w, bytes, utf8_write((uint32_t)folded[i], bytes));
    }
}

static void append_character(word *w, kind k, uint32_t code) {
    char c = (char)code;
    if (k == KIND_INSIDE)
        append(w, "'", 1);
    else if (code >= 0x80)
        append_folded(w, code);
    else
        append(w, c >= 'A' && c <= 'Z' ? (char[]){(char)(c + 'a' - 'A')} : &c, 1);
}

/* Gathers the word that the character before `at` begins; returns where it ends. */
static size_t gather(word *w, const char *text, size_t length, size_t at) {
    while (at < length) {
        kind k, following = KIND_GAP;
        uint32_t code, next_code;
        size_t next = at + read_character(text, length, at, &k, &code);
        if (k == KIND_INSIDE && next < length)
            read_character(text, length, next, &following, &next_code);
        if (k != KIND_WORD && following != KIND_WORD)
            break;
        append_character(w, k, code);
        at = next;
    }
    return at;
}

static int hand_over(const analysis *a, word *w, size_t begin, size_t end, term_sink sink,
                     void *context) {
    if (w->length > 2 && memcmp(w->text + w->length - 2, "'s", 2) == 0)
        w->length -= 2;
    if (w->length == 0 || stopwords_have(a->stopwords, w->text, w->length))
        return 0;
    if (a->stem)
        w->length = porter_stem(w->text, w->length);
    return sink(context, w->text, w->length, begin, end);
}

analysis analysis_defaults(void) {
    return (analysis){.stem = true, .stopwords = STOPWORDS_SHORT};
}

int analyze(const analysis *a, const char *text, size_t length, term_sink sink, void *context) {
    for (size_t at = 0; at < length;) {
        kind k;
        uint32_t code;
        size_t begin = at;
        at += read_character(text, length, at, &k, &code);
        if (k == KIND_GAP || k == KIND_INSIDE)
            continue;
        word w;
        w.length = 0;
        w.full = false;
        append_character(&w, k, code);
        if (k == KIND_WORD)
            at = gather(&w, text, length, at);
        int stop = hand_over(a, &w, begin, at, sink, context);
        if (stop)
            return stop;
    }
    return 0;
}
