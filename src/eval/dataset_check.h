/* Holding the files of a data set that are here to what the catalogue says of them. */
#ifndef DEAR_EVAL_DATASET_CHECK_H
#define DEAR_EVAL_DATASET_CHECK_H

#include "eval/datasets.h"

/* What the file of a part holds; -1 for what that part does not tell. Hits and answers are not
 * counted. */
dear_status dataset_count(dataset_counts *found, dataset_part part, const char *path,
                          dear_error *err);

/*
 * Reads the file of a part and sets *found to what it holds. What is not as the catalogue says (the
 * checksum, where it is known; a count) is DEAR_ERROR_INPUT that names the file and the difference;
 * what the catalogue does not know is not held against it.
 */
dear_status dataset_check(dataset_counts *found, const dataset_entry *set, dataset_part part,
                          const char *path, dear_error *err);

#endif
