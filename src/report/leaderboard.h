/*
 * A folder of result files (eval/result.h), each held to what can be checked: that the run it names
 * is there and the same file, and measures what it says.
 */
#ifndef DEAR_REPORT_LEADERBOARD_H
#define DEAR_REPORT_LEADERBOARD_H

#include "eval/published.h"
#include "eval/result.h"
#include "report/document.h"

#include <stdio.h>

typedef struct leaderboard_entry {
    char *path;
    result about;
    char *doubt; ///< why it is not verified; NULL when it is
} leaderboard_entry;

/* A file that is no result. */
typedef struct leaderboard_failure {
    char *path;
    char *message;
} leaderboard_failure;

/* Zero-initialize; end with leaderboard_free. */
typedef struct leaderboard {
    leaderboard_entry *entries; ///< [num_entries]: by data set, verified first, by nDCG@10
    size_t num_entries, entry_capacity;
    leaderboard_failure *failures; ///< [num_failures], by name
    size_t num_failures, failure_capacity;
} leaderboard;

/*
 * Reads and checks every "*.json" of a folder, but those that are one JSON array, as runs are. What
 * cannot be read as a result is a failure in `out`, not one of this function, which fails when the
 * folder cannot be read. A bar on `stream` (or NULL) shows how far it is.
 */
dear_status leaderboard_read(leaderboard *out, const char *folder, FILE *stream, dear_error *err);
void leaderboard_free(leaderboard *l);

/*
 * Checks one result: *doubt, which the caller frees, says what does not hold, or is NULL when the
 * run is there with its SHA-256, the judgments are known and have theirs, and every measure comes
 * out the same to 4 digits. Fails only when memory does.
 */
dear_status leaderboard_check(char **doubt, const result *about, const char *path, dear_error *err);

/* Fills `out` with the table of results, beside `rows` as published, and of failures; on failure it
 * is empty, else the caller ends it with document_free. */
dear_status leaderboard_fill(document *out, const leaderboard *l, const published *rows,
                             dear_error *err);

#endif
