/* The verbs of `dear models`: each gets its arguments from its own name on. */
#ifndef DEAR_CLI_MODELS_H
#define DEAR_CLI_MODELS_H

#include "base/error.h"

int models_list(int argc, char **argv);
int models_info(int argc, char **argv);
int models_pull(int argc, char **argv);

/* Bytes of a model's file, or of the files in its directory. */
dear_status model_size(double *bytes, const char *path, dear_error *err);

/* "98.4 MB" in `out`. */
enum { SIZE_TEXT = 32 };
void format_size(char out[SIZE_TEXT], double bytes);

#endif
