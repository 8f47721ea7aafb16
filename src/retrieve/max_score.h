/*
 * The best passages of a query by MaxScore (Turtle and Flood, "Query evaluation: strategies and
 * optimizations", 1995), over blocks of passages: once k passages are found, the lists whose
 * heaviest weights together do not reach the last of them cannot bring in a passage by themselves,
 * and are only looked up for those that the other lists bring. The result is that of adding up all.
 */
#ifndef DEAR_RETRIEVE_MAX_SCORE_H
#define DEAR_RETRIEVE_MAX_SCORE_H

#include "retrieve/postings.h"
#include "retrieve/top_passages.h"

enum { SCORE_BLOCK = 1 << 15 }; ///< passages: their sums stay in the core's cache

typedef struct query_term {
    const postings *postings;
    uint32_t count; ///< in the query
    /* For max_score alone: */
    uint64_t bound; ///< what this term and those of smaller bounds give at most
    size_t at;      ///< where the list goes on
} query_term;

/*
 * Finds the k >= 1 best of the passages that have a term, larger scores first, equal ones in the
 * order of the passages. `found` is [k], `sums` is [SCORE_BLOCK] of zeros, and zeros again after it;
 * `terms` are put into another order. Returns how many were found; their scores are to be multiplied
 * by 2^*shift, which is 0 unless the query is so long that sums would overflow.
 */
size_t max_score(query_term *terms, size_t num_terms, uint32_t *sums, found_passage *found,
                 size_t k, int *shift);

#endif
