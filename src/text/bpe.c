#include "text/bpe.h"

#include "base/memory.h"
#include "text/hash.h"
#include "text/merge_heap.h"
#include "text/utf8.h"

#include <string.h>

/* Words of up to this many symbols are merged by looking through them; longer ones with a heap. */
enum { SHORT_WORD = 32 };
#define NO_RANK UINT32_MAX
#define NO_NODE UINT32_MAX

static uint64_t pair_key(int32_t left, int32_t right) {
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static merge_rule *rule_slot(const merge_table *table, uint64_t pair) {
    for (size_t at = hash_u64(pair, table->seed) & table->mask;; at = (at + 1) & table->mask) {
        merge_rule *rule = &table->slots[at];
        if (rule->id < 0 || rule->pair == pair)
            return rule;
    }
}

static const merge_rule *find_rule(const merge_table *table, int32_t left, int32_t right) {
    static const merge_rule none = {.rank = NO_RANK, .id = -1};
    const merge_rule *rule = table->slots ? rule_slot(table, pair_key(left, right)) : &none;
    return rule->id < 0 ? &none : rule;
}

static bool table_double(merge_table *table) {
    size_t slots = table->slots ? 2 * (table->mask + 1) : 1024;
    merge_table bigger = {.slots = mem_calloc(slots, sizeof *bigger.slots),
                          .mask = slots - 1,
                          .count = table->count,
                          .seed = table->slots ? table->seed : hash_random_seed()};
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < slots; i++)
        bigger.slots[i].id = -1;
    for (size_t i = 0; table->slots && i <= table->mask; i++)
        if (table->slots[i].id >= 0)
            *rule_slot(&bigger, table->slots[i].pair) = table->slots[i];
    mem_free(table->slots);
    *table = bigger;
    return true;
}

/* Fuller than this, most pairs, which have no rule, would take long to be missed. */
static bool is_full(const merge_table *table) {
    return !table->slots || table->count >= (table->mask + 1) / 8 * 5;
}

dear_status bpe_add_merge(bpe *b, int32_t left, int32_t right, uint32_t rank, int32_t joined,
                          dear_error *err) {
    merge_table *table = &b->merges;
    if (b->vocab->flags[joined] & TOKEN_SPECIAL)
        return DEAR_OK;
    if (is_full(table) && !table_double(table))
        return error_memory(err);
    merge_rule *rule = rule_slot(table, pair_key(left, right));
    table->count += rule->id < 0;
    *rule = (merge_rule){pair_key(left, right), rank, joined};
    return DEAR_OK;
}

static bool is_mark_at(const char *text, size_t length) {
    return length >= SPACE_MARK_BYTES && memcmp(text, SPACE_MARK, SPACE_MARK_BYTES) == 0;
}

static bool begins_with_mark(const vocabulary *v, int32_t id) {
    return is_mark_at(vocabulary_text(v, id), v->entries[id].text_length);
}

static bool ends_with_mark(const vocabulary *v, int32_t id) {
    size_t length = v->entries[id].text_length;
    return length >= SPACE_MARK_BYTES &&
           is_mark_at(vocabulary_text(v, id) + length - SPACE_MARK_BYTES, SPACE_MARK_BYTES);
}

/*
 * SentencePiece sees a whole text as one word. When no rule joins a token that ends otherwise to
 * one that begins with "▁", nothing ever crosses the border between a word and the next "▁", and
 * the text may be cut there without changing its ids. The mark must be a token itself, since
 * unknown characters fuse until the next known one; and `ignore_merges` asks for the whole text.
 */
static bool marks_only_lead(const bpe *b) {
    if (b->byte_level || b->ignore_merges ||
        vocabulary_find_word(b->vocab, SPACE_MARK, SPACE_MARK_BYTES) < 0)
        return false;
    for (size_t i = 0; b->merges.slots && i <= b->merges.mask; i++) {
        const merge_rule *rule = &b->merges.slots[i];
        if (rule->id >= 0 && begins_with_mark(b->vocab, (int32_t)(uint32_t)rule->pair) &&
            !ends_with_mark(b->vocab, (int32_t)(rule->pair >> 32)))
            return false;
    }
    return true;
}

static void find_symbols(bpe *b) {
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        char name[] = {'<', '0', 'x', "0123456789ABCDEF"[i >> 4], "0123456789ABCDEF"[i & 15], '>'};
        bool alone = b->byte_level || i < 0x80;
        b->symbols[i] = alone ? vocabulary_find_word(b->vocab, &c, 1) : -1;
        b->bytes[i] = vocabulary_find(b->vocab, name, sizeof name);
    }
}

static bool append_symbol(bpe_scratch *s, size_t *count, int32_t id) {
    if (!mem_grow((void **)&s->ids, &s->ids_capacity, *count, sizeof *s->ids))
        return false;
    s->ids[(*count)++] = id;
    return true;
}

static bool bytes_to_symbols(const bpe *b, bpe_scratch *s, const char *word, size_t length,
                             size_t *count) {
    for (size_t i = 0; i < length; i++) {
        int32_t id = b->symbols[(unsigned char)word[i]];
        if (id >= 0 && !append_symbol(s, count, id))
            return false;
    }
    return true;
}

static bool has_byte_tokens(const bpe *b, const char *character, size_t width) {
    for (size_t i = 0; i < width; i++)
        if (b->bytes[(unsigned char)character[i]] < 0)
            return false;
    return b->byte_fallback;
}

/*
 * An unknown character becomes byte tokens or, failing that, an unknown token, which is held back
 * until the next known character (byte tokens overtake it, as in Hugging Face's implementation).
 */
static bool characters_to_symbols(const bpe *b, bpe_scratch *s, const char *word, size_t length,
                                  size_t *count) {
    bool unknown = false, ok = true;
    for (size_t at = 0, width; ok && at < length; at += width) {
        width = utf8_width(word[at]);
        int32_t id = width == 1 ? b->symbols[(unsigned char)word[at]]
                                : vocabulary_find_word(b->vocab, word + at, width);
        if (id >= 0) {
            ok = (!unknown || append_symbol(s, count, b->unk)) && append_symbol(s, count, id);
            unknown = false;
        } else if (has_byte_tokens(b, word + at, width)) {
            for (size_t i = 0; ok && i < width; i++)
                ok = append_symbol(s, count, b->bytes[(unsigned char)word[at + i]]);
        } else if (b->unk >= 0) {
            ok = !unknown || b->fuse_unk || append_symbol(s, count, b->unk);
            unknown = true;
        }
    }
    return ok && (!unknown || append_symbol(s, count, b->unk));
}

/* Merges in place, keeping the rule of each pair at hand; returns how many symbols are left. */
static size_t merge_short(const bpe *b, int32_t *ids, size_t count) {
    const merge_rule *rules[SHORT_WORD];
    for (size_t i = 0; i + 1 < count; i++)
        rules[i] = find_rule(&b->merges, ids[i], ids[i + 1]);
    while (count > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < count; i++)
            if (rules[i]->rank < rules[best]->rank)
                best = i;
        if (rules[best]->id < 0)
            break;
        ids[best] = rules[best]->id;
        count--;
        memmove(ids + best + 1, ids + best + 2, (count - best - 1) * sizeof *ids);
        if (best + 1 < count) {
            memmove(rules + best, rules + best + 1, (count - best - 1) * sizeof *rules);
            rules[best] = find_rule(&b->merges, ids[best], ids[best + 1]);
        }
        if (best > 0)
            rules[best - 1] = find_rule(&b->merges, ids[best - 1], ids[best]);
    }
    return count;
}

/* A symbol of a long word, in a list without those that were joined to their left neighbour. */
typedef struct merge_node {
    int32_t id;
    uint32_t previous, next;
    uint32_t rank;  ///< of the merge with the next symbol; NO_RANK when there is none
    int32_t joined; ///< what that merge gives
} merge_node;

/* Looks up the merge of a symbol with its next one and queues it. */
static bool queue_merge(const bpe *b, bpe_scratch *s, size_t *queued, uint32_t at) {
    merge_node *node = &s->nodes[at];
    node->rank = NO_RANK;
    if (node->next == NO_NODE)
        return true;
    const merge_rule *rule = find_rule(&b->merges, node->id, s->nodes[node->next].id);
    if (rule->id < 0)
        return true;
    node->rank = rule->rank;
    node->joined = rule->id;
    if (!mem_grow((void **)&s->heap, &s->heap_capacity, *queued, sizeof *s->heap))
        return false;
    merge_heap_push(s->heap, queued, (uint64_t)rule->rank << 32 | at);
    return true;
}

/* Joins a symbol with its next one; the merges on both sides are queued anew. */
static bool join_next(const bpe *b, bpe_scratch *s, size_t *queued, uint32_t at) {
    merge_node *node = &s->nodes[at];
    merge_node *right = &s->nodes[node->next];
    node->id = node->joined;
    node->next = right->next;
    right->rank = NO_RANK;
    if (node->next != NO_NODE)
        s->nodes[node->next].previous = at;
    return queue_merge(b, s, queued, at) &&
           (node->previous == NO_NODE || queue_merge(b, s, queued, node->previous));
}

static bool open_nodes(bpe_scratch *s, size_t count) {
    if (count > s->nodes_capacity) {
        merge_node *grown = mem_realloc(s->nodes, count, sizeof *grown);
        if (!grown)
            return false;
        s->nodes = grown;
        s->nodes_capacity = count;
    }
    for (size_t i = 0; i < count; i++)
        s->nodes[i] = (merge_node){.id = s->ids[i],
                                   .previous = i ? (uint32_t)i - 1 : NO_NODE,
                                   .next = i + 1 < count ? (uint32_t)i + 1 : NO_NODE,
                                   .rank = NO_RANK};
    return true;
}

/* Merges with a heap of candidates, O(n log n); a candidate is stale when its symbol's rank has
 * changed since. Returns false without memory. */
static bool merge_long(const bpe *b, bpe_scratch *s, size_t *count) {
    size_t queued = 0;
    if (!open_nodes(s, *count))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!queue_merge(b, s, &queued, (uint32_t)i))
            return false;
    while (queued > 0) {
        uint64_t top = merge_heap_pop(s->heap, &queued);
        uint32_t at = (uint32_t)top;
        if (s->nodes[at].rank == (uint32_t)(top >> 32) && !join_next(b, s, &queued, at))
            return false;
    }
    size_t left = 0;
    for (uint32_t at = 0; at != NO_NODE; at = s->nodes[at].next)
        s->ids[left++] = s->nodes[at].id;
    *count = left;
    return true;
}

static dear_status merge_word(const bpe *b, bpe_scratch *s, const char *word, size_t length,
                              token_list *out, dear_error *err) {
    size_t count = 0;
    bool ok = b->byte_level ? bytes_to_symbols(b, s, word, length, &count)
                            : characters_to_symbols(b, s, word, length, &count);
    if (count >= NO_NODE)
        return error_set(err, DEAR_ERROR_INPUT, "a word of %zu characters", count);
    if (ok && count > SHORT_WORD)
        ok = merge_long(b, s, &count);
    else if (ok)
        count = merge_short(b, s->ids, count);
    if (!ok || !token_list_append(out, s->ids, count))
        return error_memory(err);
    return DEAR_OK;
}

static dear_status encode_piece(const bpe *b, bpe_scratch *s, const char *piece, size_t length,
                                token_list *out, dear_error *err) {
    int32_t id = vocabulary_find_word(b->vocab, piece, length);
    if (id < 0 || !(b->vocab->flags[id] & TOKEN_WHOLE))
        return merge_word(b, s, piece, length, out, err);
    return token_list_push(out, id) ? DEAR_OK : error_memory(err);
}

/* Where the next word begins: at the first "▁" that does not follow another. */
static size_t next_mark(const char *text, size_t length) {
    size_t at = 0;
    while (is_mark_at(text + at, length - at))
        at += SPACE_MARK_BYTES;
    while (at < length) {
        const char *lead = memchr(text + at, SPACE_MARK[0], length - at);
        if (!lead)
            return length;
        at = (size_t)(lead - text);
        if (is_mark_at(lead, length - at))
            return at;
        at++;
    }
    return length;
}

dear_status bpe_encode(const bpe *b, bpe_scratch *scratch, const char *word, size_t length,
                       token_list *out, dear_error *err) {
    while (length > 0) {
        size_t piece = b->marks_lead ? next_mark(word, length) : length;
        TRY(encode_piece(b, scratch, word, piece, out, err));
        word += piece;
        length -= piece;
    }
    return DEAR_OK;
}

/* Marks the tokens that the BPE of their own bytes gives back. */
static dear_status find_whole_tokens(bpe *b, dear_error *err) {
    bpe_scratch scratch = {0};
    token_list ids = {0};
    dear_status status = DEAR_OK;
    for (size_t id = 0; status == DEAR_OK && id < b->vocab->size; id++) {
        const token_entry *entry = &b->vocab->entries[id];
        const char *word = b->byte_level ? vocabulary_bytes(b->vocab, (int32_t)id)
                                         : vocabulary_text(b->vocab, (int32_t)id);
        size_t length = b->byte_level ? entry->bytes_length : entry->text_length;
        if (vocabulary_find_word(b->vocab, word, length) != (int32_t)id)
            continue;
        ids.count = 0;
        if (!b->ignore_merges)
            status = merge_word(b, &scratch, word, length, &ids, err);
        if (b->ignore_merges || (ids.count == 1 && ids.ids[0] == (int32_t)id))
            b->vocab->flags[id] |= TOKEN_WHOLE;
    }
    token_list_free(&ids);
    bpe_scratch_free(&scratch);
    return status;
}

dear_status bpe_finish(bpe *b, dear_error *err) {
    find_symbols(b);
    b->marks_lead = marks_only_lead(b);
    return find_whole_tokens(b, err);
}

void bpe_free(bpe *b) {
    mem_free(b->merges.slots);
    b->merges = (merge_table){0};
}

void bpe_scratch_free(bpe_scratch *scratch) {
    mem_free(scratch->ids);
    mem_free(scratch->nodes);
    mem_free(scratch->heap);
    *scratch = (bpe_scratch){0};
}
