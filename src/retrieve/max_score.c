#include "retrieve/max_score.h"

#include <stdlib.h>
#include <string.h>

/* A query under way. */
typedef struct ranking {
    query_term *terms;
    size_t num_terms;
    size_t essential; ///< terms before it are only looked up
    int shift;
    uint32_t *sums;
    top_passages top;
} ranking;

static uint64_t heaviest(const query_term *t) {
    return (uint64_t)t->postings->heaviest * t->count;
}

static int lighter_first(const void *a, const void *b) {
    uint64_t x = heaviest(a), y = heaviest(b);
    return (x > y) - (x < y);
}

static uint32_t weight_at(const ranking *r, const query_term *t, size_t at) {
    return (uint32_t)((uint64_t)t->postings->list[at].weight * t->count >> r->shift);
}

/* The terms by what they can give, and what each can give with those before it. */
static void order_terms(ranking *r) {
    uint64_t bound = 0;
    qsort(r->terms, r->num_terms, sizeof *r->terms, lighter_first);
    for (size_t i = 0; i < r->num_terms; i++)
        bound += heaviest(&r->terms[i]);
    while (bound >> r->shift > UINT32_MAX)
        r->shift++;
    bound = 0;
    for (size_t i = 0; i < r->num_terms; i++) {
        bound += heaviest(&r->terms[i]) >> r->shift;
        r->terms[i].bound = bound;
        r->terms[i].at = 0;
    }
}

static void settle_essential(ranking *r) {
    uint32_t least = top_passages_least(&r->top);
    while (r->essential < r->num_terms && r->terms[r->essential].bound <= least)
        r->essential++;
}

/* The first passage that an essential term has from where its list goes on; UINT32_MAX when there is
 * none. */
static uint32_t next_passage(const ranking *r) {
    uint32_t next = UINT32_MAX;
    for (size_t i = r->essential; i < r->num_terms; i++) {
        const query_term *t = &r->terms[i];
        if (t->at < t->postings->count && t->postings->list[t->at].passage < next)
            next = t->postings->list[t->at].passage;
    }
    return next;
}

/* Adds what a term gives to the passages of a block. */
static void add_term(ranking *r, query_term *t, uint32_t begin, uint32_t end) {
    const posting *list = t->postings->list;
    size_t at = t->at, count = t->postings->count;
    if (t->count == 1 && r->shift == 0)
        for (; at < count && list[at].passage < end; at++)
            r->sums[list[at].passage - begin] += list[at].weight;
    else
        for (; at < count && list[at].passage < end; at++)
            r->sums[list[at].passage - begin] += weight_at(r, t, at);
    t->at = at;
}

/* Moves the list on to the first posting that is not before `passage`, by doubling steps. */
static void seek(query_term *t, uint32_t passage) {
    const posting *list = t->postings->list;
    size_t count = t->postings->count, low = t->at, step = 1;
    while (low + step < count && list[low + step].passage < passage) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < count ? low + step : count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].passage < passage)
            low = middle + 1;
        else
            high = middle;
    }
    t->at = low;
}

/* The whole score of a passage, given what essential terms gave; or less, once it cannot reach the
 * best. */
static uint32_t complete(ranking *r, uint32_t passage, uint32_t sum) {
    uint32_t least = top_passages_least(&r->top);
    for (size_t i = r->essential; i-- > 0;) {
        query_term *t = &r->terms[i];
        if (sum + t->bound <= least)
            return 0;
        seek(t, passage);
        if (t->at < t->postings->count && t->postings->list[t->at].passage == passage)
            sum += weight_at(r, t, t->at);
    }
    return sum;
}

/* The largest of 32 sums. */
static uint32_t largest(const uint32_t *sums) {
    uint32_t most = 0;
    for (size_t i = 0; i < 32; i++)
        most = sums[i] > most ? sums[i] : most;
    return most;
}

/* Takes the block's passages that can be among the best. */
static void take_block(ranking *r, uint32_t begin) {
    uint64_t others = r->essential ? r->terms[r->essential - 1].bound : 0;
    for (size_t i = 0; i < SCORE_BLOCK; i += 32) {
        uint32_t most = largest(r->sums + i);
        if (most == 0 || most + others <= top_passages_least(&r->top))
            continue;
        for (size_t j = i; j < i + 32; j++) {
            uint32_t sum = r->sums[j], passage = begin + (uint32_t)j;
            if (sum && sum + others > top_passages_least(&r->top))
                top_passages_offer(&r->top, passage, complete(r, passage, sum));
        }
    }
    memset(r->sums, 0, SCORE_BLOCK * sizeof *r->sums);
}

size_t max_score(query_term *terms, size_t num_terms, uint32_t *sums, found_passage *found,
                 size_t k, int *shift) {
    ranking r = {.terms = terms, .num_terms = num_terms, .sums = sums, .top = {found, 0, k}};
    order_terms(&r);
    for (;;) {
        settle_essential(&r);
        uint32_t next = next_passage(&r);
        if (next == UINT32_MAX)
            break;
        uint32_t begin = next / SCORE_BLOCK * SCORE_BLOCK;
        for (size_t i = r.essential; i < num_terms; i++)
            add_term(&r, &terms[i], begin, begin + SCORE_BLOCK);
        take_block(&r, begin);
    }
    *shift = r.shift;
    top_passages_sort(&r.top);
    return r.top.count;
}
