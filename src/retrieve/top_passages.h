/* The k best of the passages that are offered: a heap whose root is the worst of them. */
#ifndef DEAR_RETRIEVE_TOP_PASSAGES_H
#define DEAR_RETRIEVE_TOP_PASSAGES_H

#include <stddef.h>
#include <stdint.h>

typedef struct found_passage {
    uint32_t passage; ///< from 0
    uint32_t score;
} found_passage;

typedef struct top_passages {
    found_passage *heap; ///< [k], of the caller's
    size_t count, k;
} top_passages;

/* The score that a passage must exceed; 0 as long as there is room. */
static inline uint32_t top_passages_least(const top_passages *t) {
    return t->count < t->k ? 0 : t->heap[0].score;
}

/* Offers a passage; those offered earlier win over those of the same score offered later. */
void top_passages_offer(top_passages *t, uint32_t passage, uint32_t score);

/* Best first. It is no heap afterwards. */
void top_passages_sort(top_passages *t);

#endif
