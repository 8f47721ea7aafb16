/*
 * Reading and writing ranked lists in the formats of the field.
 *
 *  rankgpt  [{"query", "hits": [{"content", "qid", "docid", "rank", "score"}]}]. A content of the
 *           form "Title: … Content: …" is split into title and text when read.
 *  dpr      [{"question", "answers", "ctxs": [{"id", "title", "text", "score"}]}] (DPR, Rankify)
 *  jsonl    one {"query_id", "query", "docid", "title", "text"} a line (Tevatron, DeAR); "score" if
 *           there is one
 *  trec     "qid Q0 docid rank score tag"; needs a queries and a corpus file when texts are wanted
 *  tsv      "qid\tdocid\tscore" (DeAR)
 *  table    for people; written only
 *
 * Every file may be gzip. The format is told from the content when it is HITS_FORMAT_AUTO.
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

/* "json" or "rankgpt", "dpr", "jsonl", "trec", "tsv", "table", "auto"; an unknown name lists them. */
dear_status hits_format_parse(hits_format *out, const char *name, dear_error *err);

typedef struct hits_input {
    const char *path;         ///< "-" is standard input
    hits_format format;
    const char *queries_path; ///< TSV "qid\ttext" or JSONL {"_id"|"query_id"|"id", "text"|"query"}; or NULL
    const char *corpus_path;  ///< TSV "docid\ttext" or "docid\ttitle\ttext", or JSONL {"_id"|"docid"|"id", "title", "text"|"contents"}; or NULL
    bool need_texts;          ///< a hit without a text (a docid that the corpus lacks) is an error
} hits_input;

/* Reads a whole set. A docid that a query has twice, a score that is not finite, a query without
 * text (when need_texts) are errors that name file and line or element. The caller ends the set
 * with hit_set_free. */
dear_status hits_read(hit_set *out, const hits_input *input, dear_error *err);

/* Writes one list; `tag` is a TREC run's last column. Formats that are one JSON array need begin
 * and end around the lists; for others those write nothing. `index` counts lists from 0. */
dear_status hits_write_begin(FILE *stream, hits_format format, dear_error *err);
dear_status hits_write_list(FILE *stream, hits_format format, const hit_list *list, size_t index,
                            const char *tag, dear_error *err);
dear_status hits_write_end(FILE *stream, hits_format format, dear_error *err);

#endif
