/*
 * Ranked lists in memory: a query and its candidate passages ("hits"), as first-stage retrieval
 * hands them over and as reranking gives them back.
 */
#ifndef DEAR_RANK_HITS_H
#define DEAR_RANK_HITS_H

#include "base/error.h"
#include "rank/id_table.h"

#include <jansson.h>

/* One candidate. Its strings are valid UTF-8 and lie in one block that `docid` begins. */
typedef struct hit {
    char *docid;
    char *title; ///< "" when there is none
    char *text;
    double score;       ///< larger is more relevant
    int64_t rank;       ///< from 1, in the list as it stands
    int64_t first_rank; ///< from 1, in the order that the input gave; sorting keeps it
    size_t place;       ///< line of the input, or element of its list, from 1; for messages
} hit;

typedef struct hit_list {
    char *qid;
    char *query; ///< "" when the input has none
    hit *hits;   ///< [count], best first
    size_t count;
    size_t capacity;
    json_t *answers; ///< DPR's list of answers, carried through; or NULL
} hit_list;

/* All queries of a set, in the order that the input names them. Zero-initialize. */
typedef struct hit_set {
    hit_list *lists;
    size_t count;
    size_t capacity;
    id_table index; ///< query id to place in `lists`
    bool ordered;   ///< the order of the lists is their ranking whatever the scores say
    char *tag;      ///< the name that a TREC run gives itself in its first line; or NULL
} hit_set;

/* Adds an empty list, good until the next is added; NULL when there is no memory. Strings are
 * copied, with what is not valid UTF-8 as U+FFFD. The query id must be new to the set. */
hit_list *hit_set_add(hit_set *set, const char *qid, const char *query);

/* The list of that query id, or NULL; in constant time. */
hit_list *hit_set_find(const hit_set *set, const char *qid);

/* Moves the lists of `from` behind those of `set` and leaves `from` empty. A query id that both
 * have is DEAR_ERROR_INPUT; on failure both sets are as they were. */
dear_status hit_set_join(hit_set *set, hit_set *from, dear_error *err);

/* Adds a candidate with the next rank. Strings are copied likewise; NULL for title and text says
 * that they are not known (yet): only readers leave it so, and not for long. */
bool hit_list_add(hit_list *list, const char *docid, const char *title, const char *text,
                  double score);

/* Gives a list the text of its query. False, and nothing changed, when there is no memory. */
bool hit_list_give_query(hit_list *list, const char *query);

/* Gives a candidate its title and text. False, and nothing changed, when there is no memory. */
bool hit_give_passage(hit *h, const char *title, const char *text);

/* Sorts by score, larger first; ties keep the order of their ranks. Ranks are numbered anew. */
void hit_list_sort(hit_list *list);

/* Keeps the first `k`. */
void hit_list_cut(hit_list *list, size_t k);

void hit_set_free(hit_set *set);

#endif
