/* How a training goes: a line that tells it to people, and a log of every update. */
#ifndef DEAR_CLI_TRAIN_PROGRESS_H
#define DEAR_CLI_TRAIN_PROGRESS_H

#include "train/pointwise_trainer.h"
#include "train/train_log.h"

typedef struct train_progress {
    const char *directory; ///< gets log.jsonl, and the curve when all is done
    bool quiet;            ///< set by the caller
    bool terminal;
    train_log *log;
    double started; ///< clock_seconds()
    int64_t from;   ///< updates done when this run began
    double told;    ///< clock_seconds() of the last line
} train_progress;

/* Opens the log, what stands there of the first `done` updates kept. */
dear_status train_progress_begin(train_progress *p, int64_t done, const dear_error *damage,
                                 dear_error *err);
dear_status train_progress_show(train_progress *p, const update_report *u, dear_error *err);
/* Draws the log as DIRECTORY/curve.svg. */
dear_status train_progress_draw(train_progress *p, dear_error *err);
void train_progress_close(train_progress *p);

#endif
