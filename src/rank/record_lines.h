/* A record a line: TSV and JSON Lines (rank/record_reader.h has their shapes). Internal to
 * src/rank. */
#ifndef DEAR_RANK_RECORD_LINES_H
#define DEAR_RANK_RECORD_LINES_H

#include "base/strbuf.h"
#include "rank/record_reader.h"

/* Zero-initialize, with the kind; end with record_lines_free. */
typedef struct record_lines {
    collection_kind kind;
    bool settled;    ///< the first line was seen, and told the two below
    bool jsonl;      ///< JSON Lines, else TSV
    bool has_titles; ///< TSV with three columns
    strbuf id, title, text;
} record_lines;

/* Reads one line, which is not empty and is written over; `where` ("file:line") begins messages. The
 * record's strings lie in the line or in `r`. */
dear_status record_lines_parse(record_lines *r, record *out, char *line, size_t length,
                               const char *where, dear_error *err);

void record_lines_free(record_lines *r);

#endif
