/* Passages of a training group on their way through the student. */
#ifndef DEAR_TRAIN_GROUP_SCORES_H
#define DEAR_TRAIN_GROUP_SCORES_H

#include "train/student.h"
#include "train/training_group.h"

/* Room for one group; zero-initialize, end with group_scores_free. */
typedef struct group_scores {
    student_passage *passages; ///< [count], borrowed from the group
    float *scores;             ///< [count]
    float *teacher;            ///< [count], NAN where there is none
    float *gradient;           ///< [count]
    size_t count, capacity;
} group_scores;

/* Scores the passages that were drawn, or all of a group from which none were drawn. With `learning`,
 * student_backward may follow; `step` draws the dropout. */
dear_status group_score(group_scores *room, student *s, const training_group *group, bool learning,
                        uint64_t step, dear_error *err);
void group_scores_free(group_scores *room);

#endif
