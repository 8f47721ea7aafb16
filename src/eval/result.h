/*
 * What a run was and what it measured: the JSON file that `dear rerank`, `dear retrieve` and `dear
 * eval` fill in, and that reports and leaderboards are made of (docs/formats.md has the schema,
 * "dear-result/1").
 */
#ifndef DEAR_EVAL_RESULT_H
#define DEAR_EVAL_RESULT_H

#include "base/error.h"

#include <jansson.h>

typedef struct result_measure {
    char *name; ///< "ndcg_cut_10"
    double value;
} result_measure;

/*
 * Strings belong to the result and are NULL where the file leaves them out; no string of a result
 * that was read is empty or holds a control character. Begin with result_defaults, end with
 * result_free.
 */
typedef struct result {
    char *name;               ///< what people call it: "BM25 + SmolLM2-135M"
    char *model;              ///< the model, or models, that ranked
    char *method;             ///< "bm25", "pointwise", "listwise", "pipeline", ...
    char *dataset;            ///< "noveleval"
    char *run_path;           ///< relative to the result file and below its folder
    char *run_sha256;         ///< 64 hexadecimal digits, lower case; there when run_path is
    char *qrels_path;         ///< as run_path; NULL when the file is elsewhere
    char *qrels_sha256;       ///< there when qrels_path is; may be there alone
    size_t num_queries;       ///< 0 when unknown
    double seconds_per_query; ///< NAN when unknown
    char *machine;            ///< processor, cores
    char *version;            ///< dear's
    char *date;               ///< ISO 8601, UTC: "2026-11-23T20:15:00Z"
    result_measure *measures; ///< [num_measures], each name once
    size_t num_measures;
    size_t measures_capacity;
    json_t *responses; ///< stage 2's response classes {"ok": 21, "wrong_format": 0, ...}; or NULL
} result;

/* A result that says nothing yet. */
result result_defaults(void);
void result_free(result *r);

/*
 * Reads a result file. What is malformed, out of its range or unknown to the schema is an error
 * that names the file and the field; a path that could leave the result's folder too. On failure
 * `out` says nothing.
 */
dear_status result_read(result *out, const char *path, dear_error *err);

/* Writes what result_read reads, beside `path` and then renamed. A result that could not be read
 * back is refused with the same errors. */
dear_status result_write(const result *r, const char *path, dear_error *err);

/* Copies `value` (NULL: nothing known) into a string of the result in the place of what was there. */
dear_status result_set_text(char **field, const char *value, dear_error *err);

/* Sets a measure, in the place of the value it had. */
dear_status result_set_measure(result *r, const char *name, double value, dear_error *err);

/* The value of a measure; NAN when the result does not hold it. */
double result_get_measure(const result *r, const char *name);

#endif
