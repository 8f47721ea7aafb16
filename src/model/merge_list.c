#include "model/merge_list.h"

#include "base/memory.h"
#include "text/utf8.h"

#include <stdlib.h>

static int by_rank(const void *a, const void *b) {
    const listed_merge *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->joined != y->joined)
        return x->joined < y->joined ? -1 : 1;
    return x->left < y->left ? -1 : x->left > y->left;
}

dear_status merge_list_make(merge_list *out, const tokenizer *t, dear_error *err) {
    const merge_table *table = &t->bpe.merges;
    *out = (merge_list){.items = mem_calloc(table->count, sizeof *out->items)};
    if (!out->items)
        return error_memory(err);
    for (size_t i = 0; table->slots && i <= table->mask; i++) {
        const merge_rule *rule = &table->slots[i];
        if (rule->id >= 0)
            out->items[out->count++] = (listed_merge){rule->rank, (int32_t)(rule->pair >> 32),
                                                      (int32_t)(uint32_t)rule->pair, rule->id};
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_rank);
    return DEAR_OK;
}

void merge_list_free(merge_list *list) {
    mem_free(list->items);
    *list = (merge_list){0};
}

/* In how many ways a token can be cut into two. */
static size_t count_cuts(const vocabulary *v, int32_t id) {
    const char *text = vocabulary_text(v, id);
    size_t length = v->entries[id].text_length, cuts = 0;
    for (size_t at = length ? utf8_width(text[0]) : 0; at < length; at += utf8_width(text[at]))
        cuts += vocabulary_find_word(v, text, at) >= 0 &&
                vocabulary_find_word(v, text + at, length - at) >= 0;
    return cuts;
}

/* What BPE may see, but for the tokens of single bytes. */
static bool is_word(const vocabulary *v, int32_t id) {
    return (v->flags[id] & TOKEN_MODEL) && !(v->flags[id] & TOKEN_ADDED) &&
           byte_token_value(vocabulary_text(v, id), v->entries[id].text_length) < 0;
}

/* The mark of a token whose score is not known yet: scores are not positive. */
enum { NOT_YET = 1 };

/* Scores of tokens that no merge makes, which so must have no cuts. */
static bool score_the_rest(float *scores, const vocabulary *v, float next) {
    for (size_t i = 0; i < v->size; i++) {
        if (scores[i] <= 0)
            continue;
        if (!is_word(v, (int32_t)i)) {
            scores[i] = 0;
            continue;
        }
        if (count_cuts(v, (int32_t)i) > 0)
            return false;
        scores[i] = next--;
    }
    return true;
}

/* The number of marks that a token is a run of; 0 for others. */
static size_t mark_run(const vocabulary *v, int32_t id) {
    const char *text = vocabulary_text(v, id);
    size_t length = v->entries[id].text_length;
    for (size_t i = 0; i < length; i++)
        if (text[i] != SPACE_MARK[i % SPACE_MARK_BYTES])
            return 0;
    return length / SPACE_MARK_BYTES;
}

/* Where the merges begin behind which all make runs of marks. */
static size_t runs_begin(const merge_list *list, const vocabulary *v) {
    size_t begin = list->count;
    while (begin > 0 && mark_run(v, list->items[begin - 1].joined) > 0)
        begin--;
    return begin;
}

/*
 * transformers lists the merges of LLaMA's runs of marks by their left part, then by their right
 * part, the longest first. Where nothing else is left to join, a run then grows from its left end, a
 * mark at a time; and so it does when the longest joined run comes first.
 */
static bool score_runs(float *scores, const listed_merge *merges, size_t count, const vocabulary *v,
                       float *next) {
    size_t longest = count ? mark_run(v, merges[0].joined) : 1, at = 0;
    for (size_t left = longest - 1; left > 0; left--)
        for (size_t right = longest - left; right > 0; right--, at++)
            if (at == count || mark_run(v, merges[at].left) != left ||
                mark_run(v, merges[at].right) != right)
                return false;
    for (size_t i = 0; i < count; i++)
        scores[merges[i].joined] = *next - (float)(longest - mark_run(v, merges[i].joined));
    *next -= (float)(longest - 1);
    return at == count;
}

/* Scores in the order of merges that stand together. */
static bool score_groups(float *scores, const listed_merge *merges, size_t count,
                         const vocabulary *v, float *next) {
    for (size_t begin = 0, end; begin < count; begin = end) {
        int32_t id = merges[begin].joined;
        for (end = begin; end < count && merges[end].joined == id;)
            end++;
        if (scores[id] != NOT_YET || end - begin != count_cuts(v, id))
            return false;
        scores[id] = (*next)--;
    }
    return true;
}

bool merge_list_scores(float *scores, const merge_list *list, const vocabulary *v) {
    float next = 0;
    size_t runs = runs_begin(list, v);
    for (size_t i = 0; i < v->size; i++)
        scores[i] = NOT_YET;
    return score_groups(scores, list->items, runs, v, &next) &&
           score_runs(scores, list->items + runs, list->count - runs, v, &next) &&
           score_the_rest(scores, v, next);
}
