/*
 * Search in an index. A retriever is what all threads share: the passages' lengths and the posting
 * lists that earlier queries asked for. Each thread searches with a searcher of its own, which has
 * its own connection to the file.
 */
#ifndef DEAR_RETRIEVE_RETRIEVER_H
#define DEAR_RETRIEVE_RETRIEVER_H

#include "rank/hits.h"

#include <stdbool.h>

typedef struct retriever retriever;
typedef struct searcher searcher;

/* Opens an index, to be searched by BM25 with these parameters (retrieve/bm25.h): k1 >= 0,
 * 0 <= b <= 1. What is not a whole index is DEAR_ERROR_INPUT. */
dear_status retriever_open(retriever **out, const char *path, double k1, double b, dear_error *err);

/* True when the index keeps titles and texts. */
bool retriever_has_texts(const retriever *r);

void retriever_close(retriever *r);

/* The retriever must live longer. */
dear_status searcher_open(searcher **out, retriever *r, dear_error *err);

/* Adds the `k` >= 1 best passages to a list, best first, those of equal scores in the order of the
 * corpus. Titles and texts are empty unless `texts`. A query without a term of the index finds
 * nothing. */
dear_status searcher_search(searcher *s, hit_list *list, const char *query, size_t k, bool texts,
                            dear_error *err);

void searcher_close(searcher *s);

#endif
