/* The verbs of `dear data`: each gets its arguments from its own name on. */
#ifndef DEAR_CLI_DATA_H
#define DEAR_CLI_DATA_H

#include "eval/datasets.h"

#include <argp.h>

int data_list(int argc, char **argv);
int data_info(int argc, char **argv);
int data_get(int argc, char **argv);
int data_print_path(int argc, char **argv);

/* The part called `name`, or the end of the program with wrong usage. */
dataset_part parse_dataset_part(struct argp_state *state, const char *name);

/* "9,260" in `out`; "?" for what is not known (-1). */
enum { COUNT_TEXT = 32 };
const char *format_count(char out[COUNT_TEXT], int64_t count);

#endif
