/*
 * The vocabulary: which text each token has, which bytes it stands for, and the id of a text or of
 * a word's bytes. Filled by vocabulary_add, then fixed by vocabulary_finish.
 */
#ifndef DEAR_TEXT_VOCABULARY_H
#define DEAR_TEXT_VOCABULARY_H

#include "base/error.h"
#include "base/strbuf.h"

/* "▁" (U+2581), which SentencePiece writes for a space. */
#define SPACE_MARK "\xE2\x96\x81"
enum { SPACE_MARK_BYTES = 3 };

enum {
    TOKEN_PRESENT = 1, ///< the id is in use (ids may have gaps)
    TOKEN_MODEL = 2,   ///< known to the BPE model, not only to the list of added tokens
    TOKEN_ADDED = 4,   ///< an added token, found in the text before anything else
    TOKEN_SPECIAL = 8, ///< an added token that steers the model (BOS, end of turn, ...)
    TOKEN_WHOLE = 16   ///< the BPE of its bytes is the token itself: such words need no merging
};

typedef struct token_entry {
    uint32_t text, text_length;   ///< as the vocabulary writes it, in `texts`, zero-terminated
    uint32_t bytes, bytes_length; ///< what it adds to a decoded text, in `raws`
} token_entry;

/* An open-addressing table from strings to ids. */
typedef struct string_slot {
    uint32_t tag;         ///< upper half of the hash
    int32_t id;           ///< -1: empty
    uint32_t key, length; ///< of the string, in `texts` or `raws`
} string_slot;

typedef struct string_table {
    string_slot *slots; ///< NULL: no entries
    size_t mask;        ///< number of slots, a power of two, minus one
    uint64_t seed;
    const strbuf *keys; ///< where the strings are: `texts` or `raws`
} string_table;

typedef struct staged_token {
    uint32_t text, length;
    int32_t id;
    uint32_t flags;
} staged_token;

typedef struct vocabulary {
    token_entry *entries; ///< [size], by id
    uint8_t *flags;       ///< [size], TOKEN_...; apart from the entries to stay in the CPU's cache
    size_t size;          ///< the largest id plus one
    bool byte_level;      ///< texts are bytes in GPT-2's printable disguise
    strbuf texts, raws;
    string_table by_text;
    string_table by_word; ///< model tokens by the bytes (byte-level) or the text that BPE sees
    staged_token *staged; ///< until finish
    size_t num_staged, staged_capacity;
} vocabulary;

/* Notes a token; `text` is valid UTF-8. Flags of repeated additions of the same text and id add
 * up; other clashes are found by finish. */
dear_status vocabulary_add(vocabulary *v, const char *text, size_t length, int64_t id,
                           uint32_t flags, const char *where, dear_error *err);

/* Builds the tables. Ids that two texts share, texts with two ids, and ids too large for the number
 * of tokens are errors. */
dear_status vocabulary_finish(vocabulary *v, bool byte_level, const char *where, dear_error *err);

void vocabulary_free(vocabulary *v);

/* The id of a token by its text, -1 without one. */
int32_t vocabulary_find(const vocabulary *v, const char *text, size_t length);

/* The id of the model token for a whole word (raw bytes if byte-level, else text), never a special
 * one; -1 without one. */
int32_t vocabulary_find_word(const vocabulary *v, const char *word, size_t length);

static inline bool vocabulary_has(const vocabulary *v, int64_t id) {
    return id >= 0 && (uint64_t)id < v->size && (v->flags[id] & TOKEN_PRESENT);
}
static inline const char *vocabulary_text(const vocabulary *v, int32_t id) {
    return v->texts.text + v->entries[id].text;
}
static inline const char *vocabulary_bytes(const vocabulary *v, int32_t id) {
    return v->raws.text + v->entries[id].bytes;
}

/* The byte of "<0x0A>"-like text, or -1. */
int byte_token_value(const char *text, size_t length);

#endif
