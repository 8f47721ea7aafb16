/*
 * One group of training data: a query, passages that answer it and passages that do not. Tevatron's
 * JSON, which DeAR's data has too: {"query_id": …, "query": …, "positive_passages": [{"docid": …,
 * "title": …, "text": …}, …], "negative_passages": [the same]}, here with a "teacher_score" in a
 * passage that a teacher has scored (its logit). Ids and titles may be missing.
 */
#ifndef DEAR_TRAIN_TRAINING_GROUP_H
#define DEAR_TRAIN_TRAINING_GROUP_H

#include "base/error.h"
#include "base/random.h"

typedef struct training_passage {
    char *docid; ///< "" without one
    char *title; ///< "" without one
    char *text;
    float teacher_score; ///< a logit; NAN without one
} training_passage;

/* Owns its texts; ended by training_group_free. */
typedef struct training_group {
    char *query_id; ///< "" without one
    char *query;
    training_passage *passages; ///< [num_positives + num_negatives], the positives first
    size_t num_positives;       ///< at least 1
    size_t num_negatives;       ///< at least 1
    size_t *drawn;              ///< [num_drawn] places in `passages`, a positive first
    size_t num_drawn;           ///< 0 until training_group_draw
} training_group;

/*
 * Reads the group that the JSON text is, without a draw. `where` (file:line) begins messages.
 * With `need_teacher` a passage without a teacher's score is an error.
 */
dear_status training_group_parse(training_group *out, const char *text, size_t length,
                                 bool need_teacher, const char *where, dear_error *err);

/*
 * Draws a positive and `count` - 1 negatives, no negative twice before all were drawn once, and so
 * on in rounds. With NULL for `random` it takes the first ones in their order.
 */
dear_status training_group_draw(training_group *group, size_t count, random_source *random,
                                dear_error *err);

void training_group_free(training_group *group);

#endif
