/*
 * Training data: groups (train/training_group.h) in files of JSON Lines, plain or gzip. They are
 * read one by one where they are needed; in memory is where each begins, 20 bytes a group.
 *
 * An epoch's order is an exact shuffle, and a group's draw is made anew in each epoch. Both follow
 * from seed, epoch and position alone: a run that goes on from any position goes on as if it had
 * never stopped.
 */
#ifndef DEAR_TRAIN_GROUP_DATA_H
#define DEAR_TRAIN_GROUP_DATA_H

#include "train/training_group.h"

#include <stdio.h>

typedef struct group_data_options {
    size_t group_size; ///< passages to draw for a group, at least 2; 0: whole groups in the files'
                       ///< order, nothing drawn (to validate on)
    uint64_t seed;
    bool first;        ///< take the first passages of a group instead of drawing
    bool need_teacher; ///< each passage must have a teacher's score
    FILE *progress;    ///< where a bar shows how far checking the files is; NULL: nowhere
} group_data_options;

typedef struct group_data group_data;

/*
 * Opens files ("-" is standard input), all of whose groups are read once to see that they are whole:
 * better a training that does not begin than one that ends on its third day. Fails, naming file and
 * line, on what is no group, and when there is none at all.
 */
dear_status group_data_open(group_data **out, const char *const *paths, size_t count,
                            const group_data_options *options, dear_error *err);

/* Groups in all files together. */
size_t group_data_groups(const group_data *data);

/* Reads the group at `position` (below group_data_groups) of an epoch (from 0). The caller ends it
 * with training_group_free. Calls for the same epoch are quick; another epoch is shuffled first. */
dear_status group_data_read(group_data *data, uint64_t epoch, size_t position, training_group *out,
                            dear_error *err);

void group_data_close(group_data *data);

#endif
