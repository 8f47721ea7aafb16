/* The readers behind hits_read, one for each family of formats. Internal to src/rank. */
#ifndef DEAR_RANK_HITS_READ_H
#define DEAR_RANK_HITS_READ_H

#include "base/file.h"
#include "rank/hits.h"
#include "rank/hits_format.h"

/*
 * Readers append to `set`. What the file does not hold they leave open for hits_read to fill in or
 * to refuse: a query, title or text is NULL, a score is NAN. On failure the caller frees the set.
 */

/* A JSON document: an array of RankGPT's or DPR's elements (HITS_FORMAT_AUTO: whichever the
 * first element is). */
dear_status hits_read_json(hit_set *set, const json_t *document, hits_format format,
                           const char *where, dear_error *err);

/* Lines of a file, with the first one looked at before its format is known. */
typedef struct hits_lines {
    line_reader *reader;
    char *line; ///< the line in hand, zero-terminated; NULL at the end
    size_t length;
    const char *path; ///< for messages
    size_t number;    ///< of the line in hand, from 1
} hits_lines;

/* Goes on to the next line that is not blank. */
dear_status hits_lines_next(hits_lines *lines, dear_error *err);

/* Reads from the line in hand to the end: JSONL, TREC or TSV. */
dear_status hits_read_lines(hit_set *set, hits_lines *lines, hits_format format, dear_error *err);

/* Reads the line in hand alone, which it may change; needs no reader. */
dear_status hits_read_line(hit_set *set, const hits_lines *lines, hits_format format,
                           dear_error *err);

#endif
