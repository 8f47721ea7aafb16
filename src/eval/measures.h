/*
 * Measures of a ranking, as trec_eval defines them (https://github.com/usnistgov/trec_eval), and a
 * few beside it. A measure is one row of a table: what it is called, how it is averaged, which
 * parameters it takes, and a function of a ranking.
 */
#ifndef DEAR_EVAL_MEASURES_H
#define DEAR_EVAL_MEASURES_H

#include "base/error.h"

enum {
    UNJUDGED = -1,  ///< relevance of a document that has no judgment
    UNASSESSED = -2 ///< of one whose judgment is below 0: pooled, but not assessed (infAP)
};

/* What a relevant document is worth to nDCG. */
typedef enum gain_kind {
    GAIN_LINEAR, ///< its relevance (Järvelin & Kekäläinen, 2002; trec_eval)
    GAIN_EXP     ///< 2^relevance - 1 (Burges et al., 2005)
} gain_kind;

/* What measures see of one query. */
typedef struct ranking {
    const int32_t *relevances; ///< [num_ret], best ranked first; UNJUDGED, UNASSESSED or from 0
    size_t num_ret;
    const int32_t *ideal; ///< [num_judged], all relevances from 0, largest first
    size_t num_judged;
    size_t num_rel;          ///< judged relevant
    size_t num_rel_ret;      ///< of these, the ones ranked
    int32_t relevance_level; ///< relevant from here on
    gain_kind gain;
    size_t num_docs; ///< in the collection; 0 when not told
    double *gains;   ///< [num_judged], room for what a measure works out
} ranking;

typedef enum measure_kind {
    MEASURE_RUN_ID,         ///< the name that the run gives itself; a text
    MEASURE_QUERIES,        ///< the number of queries
    MEASURE_COUNT,          ///< a whole number, added up over queries
    MEASURE_MEAN,           ///< averaged over queries
    MEASURE_GEOMETRIC_MEAN, ///< averaged over queries in logarithms
    MEASURE_STRING          ///< a text for each query
} measure_kind;

typedef enum measure_parameters {
    PARAMETERS_NONE,
    PARAMETERS_CUTOFFS,   ///< ranks, a measure each: P.5,10 is P_5 and P_10
    PARAMETERS_FRACTIONS, ///< from 0 on, a measure each: Rprec_mult.0.2
    PARAMETERS_NUMBERS,   ///< of one measure: utility.1,-1,0,0
    PARAMETERS_GAINS      ///< of one measure, relevance=gain: ndcg.1=3,2=9
} measure_parameters;

/* trec_eval's names for several measures. */
typedef enum measure_sets {
    SET_OFFICIAL = 1, ///< "official": what TREC reports
    SET_UNRANKED = 2, ///< "set": what does not look at the order
    SET_ALL_TREC = 4  ///< "all_trec"
} measure_sets;

struct measure_spec;

typedef struct measure {
    const char *name; ///< "ndcg_cut"
    measure_kind kind;
    measure_parameters parameters;
    const char *usual; ///< the parameters when none are given; NULL where there need be none
    size_t count;      ///< how many numbers PARAMETERS_NUMBERS must have; 0 is any
    unsigned sets;     ///< measure_sets that it is in
    double (*value)(const ranking *r, const struct measure_spec *spec); ///< NULL: no number
    const char *what;                                                   ///< one line for help
} measure;

enum { MEASURE_NUMBERS = 32, MEASURE_NAME_SIZE = 96 };

/* A measure with its parameters, ready to be computed. */
typedef struct measure_spec {
    const measure *measure;
    size_t cutoff;                   ///< of PARAMETERS_CUTOFFS
    double numbers[MEASURE_NUMBERS]; ///< of the others; gains as relevance, gain, relevance, ...
    size_t count;                    ///< of numbers
    bool usual;                      ///< parameters were not asked for by number
    char name[MEASURE_NAME_SIZE];    ///< "ndcg_cut_10"
} measure_spec;

/* All measures, in the order that trec_eval prints them; *count of them. */
const measure *measures_all(size_t *count);

/* Whether a measure has a value for each query; whether it has one over all of them. */
bool measure_has_queries(const measure *m);
bool measure_has_all(const measure *m);

/* Zero-initialize; end with measure_list_free. */
typedef struct measure_list {
    measure_spec *specs;
    size_t count;
    size_t capacity;
} measure_list;

/*
 * Adds what `text` asks for: trec_eval's "map", "ndcg_cut.1,5,10", "utility.1,-1,0,0", or a measure
 * that takes parameters without them, for its usual ones; trec_eval's sets "official", "set" and
 * "all_trec"; or ir_measures' way of writing, "nDCG@10", "RR". What is there already is not added
 * again, and a measure's usual parameters give way to those that are asked for, before or after. An
 * unknown measure is DEAR_ERROR_USAGE and lists the known ones.
 */
dear_status measure_list_add(measure_list *list, const char *text, dear_error *err);

/* Puts the measures into the order of the table, parameters rising. */
void measure_list_sort(measure_list *list);
void measure_list_free(measure_list *list);

#endif
