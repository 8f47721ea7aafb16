/*
 * How a training goes, as JSON Lines, one whole line after another so that it can be followed while
 * it is written: {"step": 10, "loss": 0.69, "lr": 1e-4, "tokens_per_second": 310, "grad_norm": 1.2,
 * "spread": 0.8, "validation": 0.61}. A number that is not finite is null; "validation" is there where one was
 * made.
 */
#ifndef DEAR_TRAIN_TRAIN_LOG_H
#define DEAR_TRAIN_TRAIN_LOG_H

#include "base/error.h"

typedef struct train_log_entry {
    int64_t step; ///< updates done
    double loss;
    double learning_rate;
    double tokens_per_second;
    double gradient_norm; ///< before clipping
    double spread;        ///< standard deviation of a group's scores, on average: 0 is collapse
    double validation;    ///< NAN where none was made
} train_log_entry;

typedef struct train_log train_log;

/*
 * Opens the log of a run that goes on from `step`: what a former run wrote up to that step stays,
 * what comes after it is cut off; step 0 begins anew. A file that is no such log is
 * DEAR_ERROR_INPUT, naming the line, and is left as it is (unless step is 0).
 */
dear_status train_log_open(train_log **out, const char *path, int64_t step, dear_error *err);

/* Adds a line and flushes it. */
dear_status train_log_add(train_log *log, const train_log_entry *entry, dear_error *err);

void train_log_close(train_log *log);

/* The entries of a log, [*count], which the caller frees with mem_free. A last line that was cut
 * off is left out. */
dear_status train_log_read(train_log_entry **out, size_t *count, const char *path, dear_error *err);

#endif
