/* What the writers of ranked lists share. Internal to src/rank. */
#ifndef DEAR_RANK_HITS_WRITE_H
#define DEAR_RANK_HITS_WRITE_H

#include "rank/hits.h"

#include <stdio.h>

/* A table for people, as wide as the terminal that `stream` is (100 columns if it is none): rank
 * before and after, score, docid, first words. No control character of a document gets through. */
dear_status hits_write_table(FILE *stream, const hit_list *list, size_t index, dear_error *err);

#endif
