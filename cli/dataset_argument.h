/* Data sets' names where a file is expected: `dear eval noveleval run.trec`. */
#ifndef DEAR_CLI_DATASET_ARGUMENT_H
#define DEAR_CLI_DATASET_ARGUMENT_H

#include "eval/datasets.h"

/*
 * The file that an argument stands for: itself when there is such a file, when it is "-", and when no
 * data set is called so; else that part of the data set. The path lives as long as the program. A
 * part that is not here ends the program with the sentence that tells the way to it.
 */
const char *file_or_dataset(const char *argument, dataset_part part);

#endif
