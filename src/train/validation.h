/* What a student is worth on groups that it does not learn from. */
#ifndef DEAR_TRAIN_VALIDATION_H
#define DEAR_TRAIN_VALIDATION_H

#include "train/group_data.h"
#include "train/student.h"

/* Means over groups, positives being what is relevant; ties rank the positive last. */
typedef struct validation {
    size_t groups;
    double ndcg; ///< nDCG@10
    double mrr;  ///< reciprocal rank of the first positive, 0 below rank 10
} validation;

/* Scores whole groups (group_data_options.group_size 0) and measures how they rank. */
dear_status validate_student(validation *out, student *s, group_data *held_out, dear_error *err);

#endif
