/*
 * BM25 as a ranking function of FTS5. Called a row at a time, as FTS5's own is, a ranking function
 * costs more by the calls than by its sums. This one is called once a query, on the first row that
 * matches: it takes each term's posting list whole from FTS5, unless an earlier query has, and ranks
 * by retrieve/max_score.h.
 */
#ifndef DEAR_RETRIEVE_RANKING_FUNCTION_H
#define DEAR_RETRIEVE_RANKING_FUNCTION_H

#include "base/error.h"
#include "base/strbuf.h"
#include "retrieve/analyzer.h"
#include "retrieve/bm25.h"
#include "retrieve/max_score.h"

#include <sqlite3.h>

/* RANKING_FUNCTION(table, query): the query is a ranked_query, bound as a pointer of this type. */
#define RANKING_FUNCTION "dear_bm25"

/* A query, and what the function found for it. Used again from query to query. */
typedef struct ranked_query {
    const bm25 *model;
    postings_cache *cache;
    strbuf match;      ///< FTS5's expression: the terms, each in quotes, joined by OR
    char **words;      ///< [num_terms] the different terms, in the order of `match`
    query_term *terms; ///< [num_terms] in that order until they are ranked
    postings **own;    ///< [num_terms] lists that the cache did not keep; or NULL
    size_t num_terms, terms_capacity;
    id_table index;       ///< word to place in `words`
    found_passage *found; ///< [num_found], best first
    size_t num_found, k, found_capacity;
    int shift;      ///< of their scores (retrieve/max_score.h)
    uint32_t *sums; ///< [SCORE_BLOCK] zeros
} ranked_query;

/* Makes an empty query; what is given must live longer. */
dear_status ranked_query_open(ranked_query *q, const bm25 *model, postings_cache *cache,
                              dear_error *err);

/* Analyses the text of the next query, which is to find at most `k` passages. */
dear_status ranked_query_begin(ranked_query *q, const analysis *a, const char *text, size_t k,
                               dear_error *err);

double ranked_query_score(const ranked_query *q, const found_passage *f);

void ranked_query_close(ranked_query *q);

/* Makes the function known to a connection; returns SQLite's code. */
int ranking_function_register(sqlite3 *db);

#endif
