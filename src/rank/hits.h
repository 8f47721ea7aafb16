/*
 * Ranked lists in memory: a query and its candidate passages ("hits"), as first-stage retrieval
 * hands them over and as reranking gives them back.
 */
#ifndef DEAR_RANK_HITS_H
#define DEAR_RANK_HITS_H

#include "base/error.h"

#include <jansson.h>

/* One candidate. Strings are owned, never NULL ("" when absent). */
typedef struct hit {
    char *docid;
    char *title;
    char *text;
    double score; ///< larger is more relevant
    int64_t rank; ///< from 1, in the order that the input gave
} hit;

typedef struct hit_list {
    char *qid;
    char *query;
    hit *hits;
    size_t count;
    size_t capacity;
    json_t *answers; ///< DPR's list of answers, carried through; or NULL
} hit_list;

/* All queries of a set, in the order that the input names them. */
typedef struct hit_set {
    hit_list *lists;
    size_t count;
    size_t capacity;
} hit_set;

/* Adds an empty list; NULL when there is no memory. Strings are copied. */
hit_list *hit_set_add(hit_set *set, const char *qid, const char *query);
/* The list of that query id, or NULL. */
hit_list *hit_set_find(const hit_set *set, const char *qid);
/* Adds a candidate with the next rank. Strings are copied. False when there is no memory. */
bool hit_list_add(hit_list *list, const char *docid, const char *title, const char *text,
                  double score);
/* Sorts by score, larger first; ties keep the order they had. Ranks are numbered anew. */
void hit_list_sort(hit_list *list);
/* Keeps the first `k`. */
void hit_list_cut(hit_list *list, size_t k);
void hit_set_free(hit_set *set);

#endif
