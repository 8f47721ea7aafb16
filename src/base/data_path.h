/* Where the files are that ship with the program: data sets, published results, templates. */
#ifndef DEAR_BASE_DATA_PATH_H
#define DEAR_BASE_DATA_PATH_H

#include "base/error.h"

/*
 * The path of a shipped file or folder, "noveleval/qrels.txt" say, in memory that the caller frees
 * with mem_free. Looked for in $DEAR_DATA when it is set; else in share/dear beside the program,
 * then beside its folder. DEAR_ERROR_INPUT, naming the places, when it is in none.
 */
dear_status data_path(char **out, const char *name, dear_error *err);

#endif
