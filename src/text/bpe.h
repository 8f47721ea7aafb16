/*
 * Byte pair encoding of one word: start from single bytes or characters and join, again and again,
 * the neighbouring pair whose merge has the lowest rank, leftmost first.
 */
#ifndef DEAR_TEXT_BPE_H
#define DEAR_TEXT_BPE_H

#include "text/tokenizer.h"
#include "text/vocabulary.h"

/* What joining two tokens gives. */
typedef struct merge_rule {
    uint64_t pair; ///< left id << 32 | right id
    uint32_t rank; ///< lower joins first
    int32_t id;    ///< the joined token; -1: no rule
} merge_rule;

/* Open addressing by pair. */
typedef struct merge_table {
    merge_rule *slots; ///< NULL: no rules
    size_t mask, count;
    uint64_t seed;
} merge_table;

typedef struct bpe {
    const vocabulary *vocab;
    merge_table merges;
    bool byte_level;      ///< symbols are bytes; else characters
    bool byte_fallback;   ///< an unknown character becomes its bytes' tokens
    bool fuse_unk;        ///< neighbouring unknown characters become one unknown token
    bool ignore_merges;   ///< a word that is a token is that token, whatever merging would give
    bool marks_lead;      ///< no merge joins something to a following "▁": cut words before marks
    int32_t unk;          ///< -1: unknown characters leave nothing
    int32_t symbols[256]; ///< id of each byte (byte_level) or of each ASCII character; -1: none
    int32_t bytes[256];   ///< id of <0x00> ... <0xFF>, -1: none
} bpe;

/* Working memory of an encoding, kept from word to word. Zero-initialize. */
typedef struct bpe_scratch {
    int32_t *ids;
    size_t ids_capacity;
    struct merge_node *nodes;
    size_t nodes_capacity;
    uint64_t *heap; ///< rank << 32 | position
    size_t heap_capacity;
} bpe_scratch;

/* Adds a rule; a later one for the same pair replaces an earlier. Rules that would make a special
 * token are left out: those are never made from plain text. */
dear_status bpe_add_merge(bpe *b, int32_t left, int32_t right, uint32_t rank, int32_t joined,
                          dear_error *err);

/* After the last rule: looks up the single bytes and characters, and finds which tokens are whole.
 */
dear_status bpe_finish(bpe *b, dear_error *err);

/* Appends the ids of a word: raw bytes if byte-level, else characters. */
dear_status bpe_encode(const bpe *b, bpe_scratch *scratch, const char *word, size_t length,
                       token_list *out, dear_error *err);

void bpe_free(bpe *b);
void bpe_scratch_free(bpe_scratch *scratch);

#endif
