/*
 * Training of stage 1: groups of a query and passages are scored by the student, a ranking loss, with a
 * teacher's distribution beside it if wanted, says which way scores should go, and AdamW moves what
 * learns. A run is a function of its options and data alone: it gives the same weights, bit for bit on
 * one machine, whether it was interrupted or not.
 *
 * An update takes `batch` groups, one after the other. Group k of a run is group k % G of epoch k / G,
 * G being the groups there are.
 */
#ifndef DEAR_TRAIN_POINTWISE_TRAINER_H
#define DEAR_TRAIN_POINTWISE_TRAINER_H

#include "train/group_data.h"
#include "train/losses.h"
#include "train/schedule.h"
#include "train/student.h"
#include "train/validation.h"

/* What an update came to, for a log and a progress line. */
typedef struct update_report {
    int64_t update, updates; ///< done, counted from 1; of all
    double loss;             ///< the batch's
    double learning_rate;
    double gradient_norm; ///< before clipping
    double spread;  ///< standard deviation of a group's scores, the batch's mean: 0 is collapse
    int64_t tokens; ///< that the update read
    double seconds; ///< that it took
    const validation *validated; ///< what the model is worth after it, or NULL
    bool best;                   ///< and that is more than ever before
} update_report;

typedef struct pointwise_training {
    training_loss loss;
    schedule rate; ///< its `updates` are the run's
    int64_t batch; ///< groups an update
    double weight_decay;
    double max_norm;          ///< gradients are clipped to; 0: never
    int64_t validate_every;   ///< updates; 0: only after the last
    int64_t checkpoint_every; ///< updates; 0: only when stopped
    const char *checkpoint;   ///< file; NULL: none are written
    const char *settings; ///< 64 digits that stand for all that decides the result; a checkpoint of
                          ///< others is refused
    uint64_t seed;
    bool resume; ///< go on from the checkpoint, if there is one

    /* Told before the first update how many are done already; if the newest checkpoint was damaged and
     * the one before it taken, what of (else NULL). */
    dear_status (*begun)(void *context, int64_t updates, const dear_error *damage, dear_error *err);
    /* Told of every update; *stop ends the run after a checkpoint (DEAR_ERROR_CANCELLED). */
    dear_status (*report)(void *context, const update_report *u, bool *stop, dear_error *err);
    /* Writes what has been learnt to where the result belongs. */
    dear_status (*save)(void *context, learner *l, dear_error *err);
    void *context;
} pointwise_training;

/* Trains. `held_out` may be NULL: then what the last update leaves is saved; else the best validated.
 * A loss or gradient that is not finite ends the run with DEAR_ERROR_INPUT, the update named. */
dear_status pointwise_train(const pointwise_training *t, student *s, learner *l, group_data *data,
                            group_data *held_out, dear_error *err);

#endif
