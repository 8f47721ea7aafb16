/* Passages as plain text: one a line. */
#ifndef DEAR_RANK_PASSAGES_H
#define DEAR_RANK_PASSAGES_H

#include "rank/hits.h"

/*
 * Adds each line of the file ("-" and .gz too) to the list as a passage, blank lines left out. Its
 * docid is the number of its line, after "path:" when `name_file` says so.
 */
dear_status passages_read(hit_list *list, const char *path, bool name_file, dear_error *err);

#endif
