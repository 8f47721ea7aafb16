/*
 * The learning rate over a run: up in equal steps, then down along a line or a cosine to (nearly)
 * zero, or constant (Goyal et al., "Accurate, large minibatch SGD", 2017, for the warm-up;
 * Loshchilov and Hutter, "SGDR", ICLR 2017, for the cosine).
 */
#ifndef DEAR_TRAIN_SCHEDULE_H
#define DEAR_TRAIN_SCHEDULE_H

#include "base/error.h"

typedef enum schedule_shape { SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_CONSTANT } schedule_shape;

typedef struct schedule {
    double peak;          ///< the highest rate
    int64_t warmup;       ///< updates on the way up to it, 0 to `updates`
    int64_t updates;      ///< of the whole run
    schedule_shape shape; ///< of the way down
} schedule;

/* "linear", "cosine", "constant"; another name is DEAR_ERROR_USAGE. */
dear_status schedule_shape_parse(schedule_shape *out, const char *name, dear_error *err);
const char *schedule_shape_name(schedule_shape shape);

/*
 * The rate of update `step`, counted from 0. Warming up it is peak (step + 1) / warmup, so that the
 * first update is not lost on a rate of 0; going down, of the updates after the warm-up the first
 * has the peak, and a rate of 0 would come one after the last. No less than 0 behind the run's end.
 */
double learning_rate(const schedule *s, int64_t step);

#endif
