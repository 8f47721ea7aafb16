/*
 * The files that a result speaks of. They are named relative to the result file, so that a folder
 * of runs and results can be moved and published as it stands.
 */
#ifndef DEAR_EVAL_RESULT_PATHS_H
#define DEAR_EVAL_RESULT_PATHS_H

#include "eval/result.h"

/*
 * The way from the folder of `result_path` to `file`, neither of which need be there yet, in memory
 * that the caller frees with mem_free; *out is NULL when the file is not below that folder.
 */
dear_status result_relative_path(char **out, const char *result_path, const char *file,
                                 dear_error *err);

/* The way back: where the file is that a result names. The caller frees it; NULL without memory. */
char *result_file_path(const char *result_path, const char *relative);

/* Whether a result at `result_path` can speak of a run at `run_path`, which need not be there yet:
 * it is a file below the result's folder. Else DEAR_ERROR_INPUT with the way out. */
dear_status result_check_run(const char *result_path, const char *run_path, dear_error *err);

/* Sets the run's path and digest. */
dear_status result_set_run(result *r, const char *result_path, const char *run_path,
                           dear_error *err);

/* Sets the judgments' digest, and their path when they are below the result's folder. */
dear_status result_set_qrels(result *r, const char *result_path, const char *qrels_path,
                             dear_error *err);

#endif
