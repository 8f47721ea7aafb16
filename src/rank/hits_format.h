/*
 * Reading and writing ranked lists in the formats of the field.
 *
 *  rankgpt  [{"query", "hits": [{"content", "qid", "docid", "rank", "score"}]}]. A content of the
 *           form "Title: … Content: …" is split into title and text when read, and joined again
 *           when written. The query's id is its "qid", else its first hit's, else its index.
 *  dpr      [{"question", "answers", "ctxs": [{"id", "title", "text", "score"}]}] (DPR, Rankify);
 *           the query's id is its "id", else its index
 *  jsonl    one {"query_id", "query", "docid", "title", "text"} a line (Tevatron, DeAR); "score" if
 *           there is one
 *  trec     "qid Q0 docid rank score tag"; "#" begins a comment line
 *  tsv      "qid\tdocid\tscore" (DeAR)
 *  table    for people; written only
 *
 * Every file may be gzip. The format is told from the content when it is HITS_FORMAT_AUTO.
 *
 * Order and scores. JSON formats are ranked by the order of their lists; TREC and TSV runs by
 * score, ties by the rank column, then by line. A list without any scores gets 1/rank. Whoever
 * reads a TREC or TSV run ranks it by score, and trec_eval breaks ties by docid, so these are
 * written with scores that fall strictly: a score that ties with the one before is lowered by one
 * float32 step, and a list whose scores contradict its order is given 1/rank. Scores are written
 * with the fewest digits that bring the same number back.
 */
#ifndef DEAR_RANK_HITS_FORMAT_H
#define DEAR_RANK_HITS_FORMAT_H

#include "rank/hits.h"

#include <stdio.h>

typedef enum hits_format {
    HITS_FORMAT_AUTO,
    HITS_FORMAT_RANKGPT, ///< "json": what stage 2 reads
    HITS_FORMAT_DPR,
    HITS_FORMAT_JSONL,
    HITS_FORMAT_TREC,
    HITS_FORMAT_TSV,
    HITS_FORMAT_TABLE
} hits_format;

/* "json" or "rankgpt", "dpr", "jsonl", "trec", "tsv", "table", "auto"; an unknown name lists them.
 */
dear_status hits_format_parse(hits_format *out, const char *name, dear_error *err);
/* The name that help and messages use. */
const char *hits_format_name(hits_format format);
/* True for formats that are one JSON array. */
bool hits_format_is_array(hits_format format);

typedef struct hits_input {
    const char *path; ///< "-" is standard input
    hits_format format;
    const char *queries_path; ///< gives queries their text where the input does not; or NULL
    const char *corpus_path;  ///< gives documents their title and text likewise; or NULL
    bool need_texts;          ///< a query or hit without a text is an error (an empty one is not)
} hits_input;

/* Reads a whole set; collection.h tells the formats of queries and corpus. A docid that a query has
 * twice, a score that is not finite, a query or document without text (when need_texts) are errors
 * that name file and line or element. The caller ends the set with hit_set_free. */
dear_status hits_read(hit_set *out, const hits_input *input, dear_error *err);

/*
 * Writes one list; `tag` is a TREC run's last column. Formats that are one JSON array need begin
 * and end around the lists; for others those write nothing. `index` counts lists from 0. An id that
 * the format cannot carry (white space in a TREC run, a tab in TSV) is an error that names it.
 *
 * What has been written can be cut at the end of any line and gone on from (rank/resume.h): a JSON
 * array stands one list a line.
 */
dear_status hits_write_begin(FILE *stream, hits_format format, dear_error *err);
dear_status hits_write_list(FILE *stream, hits_format format, const hit_list *list, size_t index,
                            const char *tag, dear_error *err);
dear_status hits_write_end(FILE *stream, hits_format format, dear_error *err);

#endif
