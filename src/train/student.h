/*
 * The student: a learner that scores a query's passages in stage 1's ways (rank/pointwise.h), and
 * takes the gradient of those scores back. The scores are those of inference, but for a factor that a
 * loss over mean log-probabilities wants (scale).
 */
#ifndef DEAR_TRAIN_STUDENT_H
#define DEAR_TRAIN_STUDENT_H

#include "llm/learner.h"
#include "rank/pointwise.h"

typedef struct student_options {
    scorer scorer;     ///< SCORER_HEAD or SCORER_QLM
    int64_t q_max_len; ///< tokens of the query part
    int64_t p_max_len; ///< tokens of the passage part
    double scale; ///< scores are multiplied by it: 1 for the head, about 4 for log-probabilities
} student_options;

typedef struct student student;

/* `m` and `l`, a learner of `m`, must outlive it. SCORER_HEAD needs a score head that learns,
 * SCORER_QLM a model that predicts words. */
dear_status student_open(student **out, const model *m, learner *l, const student_options *options,
                         dear_error *err);
void student_close(student *s);

typedef struct student_passage {
    const char *title; ///< "" when there is none
    const char *text;
} student_passage;

/* A query and its passages. */
typedef struct student_group {
    const char *query;
    const student_passage *passages; ///< [count]
    size_t count;
} student_group;

/* The scores of a group. With `learning`, student_backward may follow; `step` draws the dropout. */
dear_status student_forward(student *s, const student_group *group, bool learning, uint64_t step,
                            float *scores /* [count] */, dear_error *err);

/* Adds to the learner's gradients what the loss's gradient with respect to the scores gives. */
dear_status student_backward(student *s, const float *dscores /* [count] */, dear_error *err);

/* Tokens of all forwards so far. */
int64_t student_tokens(const student *s);

#endif
