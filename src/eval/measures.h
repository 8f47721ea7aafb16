/*
 * Measures of a ranking, as trec_eval defines them (https://github.com/usnistgov/trec_eval). A
 * measure is one row of a table: what it is called, how it is averaged, and a function of a
 * ranking and, for some, a cutoff.
 */
#ifndef DEAR_EVAL_MEASURES_H
#define DEAR_EVAL_MEASURES_H

#include "base/error.h"

enum {
    UNJUDGED = -1 ///< relevance of a document that has no judgment
};

/* What a relevant document is worth to nDCG. */
typedef enum gain_kind {
    GAIN_LINEAR, ///< its relevance (Järvelin & Kekäläinen, 2002; trec_eval)
    GAIN_EXP     ///< 2^relevance - 1 (Burges et al., 2005)
} gain_kind;

/* What measures see of one query. */
typedef struct ranking {
    const int32_t *relevances; ///< [num_ret], best ranked first; UNJUDGED where there is none
    size_t num_ret;
    const int32_t *ideal; ///< [num_ideal], relevances > 0 of the judgments, largest first
    size_t num_ideal;
    size_t num_rel;          ///< judged relevant
    size_t num_rel_ret;      ///< of these, the ones ranked
    int32_t relevance_level; ///< relevant from here on
    gain_kind gain;
} ranking;

typedef enum measure_kind {
    MEASURE_QUERIES, ///< the number of queries; has no value for a single one
    MEASURE_COUNT,   ///< a whole number, added up over queries
    MEASURE_MEAN     ///< averaged over queries
} measure_kind;

typedef struct measure {
    const char *name; ///< "ndcg_cut"
    measure_kind kind;
    bool has_cutoff;
    double (*value)(const ranking *r, size_t cutoff); ///< NULL for MEASURE_QUERIES
    const char *what;                                 ///< one line for help
} measure;

/* All measures, in the order that trec_eval prints them; *count of them. */
const measure *measures_all(size_t *count);

/* A measure with its cutoff, ready to be computed. */
typedef struct measure_spec {
    const measure *measure;
    size_t cutoff; ///< 0 for a measure without
    char name[48]; ///< "ndcg_cut_10"
} measure_spec;

/* Zero-initialize; end with measure_list_free. */
typedef struct measure_list {
    measure_spec *specs;
    size_t count;
    size_t capacity;
} measure_list;

/*
 * Adds what `text` asks for in trec_eval's way: "map", "ndcg_cut.1,5,10", or "ndcg_cut" for the
 * cutoffs 5, 10, 15, 20, 30, 100, 200, 500 and 1000. What is there already is not added again. An
 * unknown measure is DEAR_ERROR_USAGE and lists the known ones.
 */
dear_status measure_list_add(measure_list *list, const char *text, dear_error *err);

/* Puts the measures into the order of the table, cutoffs rising. */
void measure_list_sort(measure_list *list);
void measure_list_free(measure_list *list);

#endif
