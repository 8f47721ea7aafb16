/*
 * What a report is about: runs by several systems over several data sets, held to the judgments and
 * to a baseline. A system is known by its label, the same on every data set.
 */
#ifndef DEAR_REPORT_STUDY_H
#define DEAR_REPORT_STUDY_H

#include "eval/compare_runs.h"
#include "eval/result.h"
#include "model/sha256.h"

/* The measures of a report, as they stand in `study.measures`. */
typedef enum study_measure {
    STUDY_NDCG_1,
    STUDY_NDCG_5,
    STUDY_NDCG_10,
    STUDY_MAP,
    STUDY_MRR,
    STUDY_MEASURES
} study_measure;

/* "nDCG@10", as people write it. */
const char *study_measure_title(study_measure m);

/* A system's run over a data set. */
typedef struct study_run {
    char *label;
    char *path;
    char sha256[SHA256_HEX + 1];
    hit_set hits;        ///< each list as it is ranked: by score, ties by docid, as trec_eval does
    evaluation measured; ///< STUDY_MEASURES over all judged queries; those it lacks count as 0
    size_t num_ranked;   ///< judged queries that it ranks
    double seconds;      ///< a query; NAN when unknown
    result about;        ///< what its result file says; empty for a plain run
    run_comparison against[STUDY_MEASURES]; ///< the baseline, when has_comparison
    bool has_comparison;
} study_run;

typedef struct study_dataset {
    char *name;
    char *qrels_path;
    char *topics_path; ///< gives queries their text; or NULL
    char qrels_sha256[SHA256_HEX + 1];
    qrels judged;
    study_run *runs; ///< [count], as they were added
    size_t count, capacity;
} study_dataset;

/* Begin with study_begin, end with study_free. */
typedef struct study {
    measure_list measures; ///< [STUDY_MEASURES]
    char *baseline;        ///< label; NULL until study_measure has chosen
    study_dataset *datasets;
    size_t count, capacity;
} study;

dear_status study_begin(study *s, dear_error *err);
void study_free(study *s);

/* Adds a data set: "noveleval", a known name (eval/datasets.h), or "NAME=QRELS" with a file. What
 * is added then belongs to it. Adding one twice is DEAR_ERROR_INPUT. */
dear_status study_add_dataset(study *s, const char *text, dear_error *err);

/* Adds a run, in any format, to the data set added last. A label that the set has already is
 * DEAR_ERROR_INPUT. */
dear_status study_add_run(study *s, const char *label, const char *path, dear_error *err);

/*
 * Adds the run of a result file to its data set, which is added if need be; the label is the
 * result's name, else its model or method. DEAR_ERROR_INPUT when the result names no run or no
 * judgments, or when these are other files now than the result says by their SHA-256.
 */
dear_status study_add_result(study *s, const char *path, dear_error *err);

/* Sets the seconds a query of the run with that label in the data set added last. */
dear_status study_set_seconds(study *s, const char *label, double seconds, dear_error *err);

/* Measures all runs and compares them with the baseline: `baseline`, or the first run's label when
 * NULL. DEAR_ERROR_INPUT when there is no run or no baseline of that label. */
dear_status study_measure_runs(study *s, const char *baseline, dear_error *err);

/* The run with that label, or NULL. */
const study_run *study_find_run(const study_dataset *set, const char *label);
const study_run *study_baseline(const study *s, const study_dataset *set);

/* Labels of all systems, [*count] in the order in which they were first added. The strings belong
 * to the study; the caller frees the array with mem_free. NULL when there is no memory. */
const char **study_labels(const study *s, size_t *count);

/* The value for a query, counted as in `measured`, and over all. */
double study_value(const study_run *r, size_t query, study_measure m);
double study_mean(const study_run *r, study_measure m);

#endif
