/*
 * Queries and corpora, record by record, whatever the file's size. The format is told from the
 * first line that is not empty:
 *
 *  TSV         "id\ttext"; a corpus may have "docid\ttitle\ttext". The first line tells whether
 *              there is a title column; the text, in the last one, may hold tabs. Fields that a CSV
 *              writer quoted are unquoted. MS MARCO's, and others'.
 *  JSON Lines  {"query_id"|"qid"|"_id"|"id", "query"|"question"|"text"}, or a corpus'
 *              {"docid"|"_id"|"id"|"doc_id"|"passage_id", "title", "text"|"contents"|"content"}.
 *              BEIR's, Tevatron's and Pyserini's.
 *  TREC        a corpus of <DOC> elements, a query set of <top> elements (rank/trec_sgml.h)
 *
 * Every file may be gzip, and "-" is standard input.
 */
#ifndef DEAR_RANK_RECORD_READER_H
#define DEAR_RANK_RECORD_READER_H

#include "base/error.h"

typedef enum collection_kind { COLLECTION_QUERIES, COLLECTION_CORPUS } collection_kind;

/* One query or document; the strings are valid until the next call, hold no zero bytes, and may be
 * malformed UTF-8 where the file is. */
typedef struct record {
    const char *id;    ///< not empty; NULL at the end of the file
    const char *title; ///< "" when there is none, and for queries
    const char *text;
    size_t line; ///< where it begins, from 1
} record;

typedef struct record_reader record_reader;

dear_status record_reader_open(record_reader **out, collection_kind kind, const char *path,
                               dear_error *err);

/* Gives the next record. One that is malformed is DEAR_ERROR_INPUT, named by file and line; ids are
 * not looked at for being there twice. */
dear_status record_reader_next(record_reader *r, record *out, dear_error *err);

/* The file's name as messages call it. */
const char *record_reader_path(const record_reader *r);

void record_reader_close(record_reader *r);

#endif
