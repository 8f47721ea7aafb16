/* A file of queries as a set of lists that have no candidates yet. */
#ifndef DEAR_RETRIEVE_QUERY_FILE_H
#define DEAR_RETRIEVE_QUERY_FILE_H

#include "rank/hits.h"

/* Reads what rank/record_reader.h reads, in the file's order. A query id that is there twice, and a
 * file of no queries, are DEAR_ERROR_INPUT. The caller ends the set with hit_set_free. */
dear_status query_file_read(hit_set *out, const char *path, dear_error *err);

#endif
