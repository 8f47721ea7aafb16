/* Posting lists in memory, and those of a set of queries kept for the next ones. */
#ifndef DEAR_RETRIEVE_POSTINGS_H
#define DEAR_RETRIEVE_POSTINGS_H

#include "rank/id_table.h"

#include <pthread.h>
#include <stdbool.h>

typedef struct posting {
    uint32_t passage; ///< from 0
    uint32_t weight;  ///< what the term gives to the passage's score (retrieve/bm25.h)
} posting;

typedef struct postings {
    char *term;
    posting *list; ///< [count], passages ascending
    size_t count;
    size_t capacity;
    uint32_t heaviest; ///< the largest weight
} postings;

postings *postings_new(const char *term);
void postings_free(postings *p);

/* Lists that stay until the cache ends, as long as they fit into its memory; for any number of
 * threads. The words that queries share come early, and are those whose lists are long. */
typedef struct postings_cache {
    pthread_mutex_t lock;
    id_table index; ///< term to place in `lists`
    postings **lists;
    size_t count, capacity;
    size_t bytes, limit;
} postings_cache;

void postings_cache_open(postings_cache *c, size_t limit);

/* The term's list, which must not be changed; NULL when it is not there. */
const postings *postings_cache_find(postings_cache *c, const char *term);

/* Hands a list over. False when it stays the caller's: it does not fit, it is there already, or
 * there is no memory for it. */
bool postings_cache_keep(postings_cache *c, postings *p);

void postings_cache_close(postings_cache *c);

#endif
