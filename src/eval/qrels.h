/*
 * Relevance judgments in TREC's format: "qid iteration docid relevance", columns apart by white
 * space, the second ignored; lines that begin with "#" are comments, blank lines are passed over.
 * In BEIR's form the first line is the header "query-id corpus-id score", and lines have these three
 * columns (https://github.com/beir-cellar/beir).
 */
#ifndef DEAR_EVAL_QRELS_H
#define DEAR_EVAL_QRELS_H

#include "base/error.h"
#include "rank/id_table.h"

typedef struct judgment {
    char *docid;
    int32_t relevance; ///< 0 or less is not relevant
} judgment;

/* The judgments of one query. */
typedef struct qrels_topic {
    char *qid;
    judgment *judgments;
    size_t count;
    size_t capacity;
    id_table index; ///< docid to place in `judgments`
} qrels_topic;

typedef struct qrels {
    qrels_topic *topics; ///< [count], as the file names them
    size_t count;
    size_t capacity;
    id_table index; ///< qid to place in `topics`
} qrels;

/* Reads a file (.gz and "-" too). A line that is malformed and a document that is judged twice for
 * a query are errors that name the line. The caller ends it with qrels_free. */
dear_status qrels_read(qrels *out, const char *path, dear_error *err);
void qrels_free(qrels *q);

/* The judgments of a query, or NULL. */
const qrels_topic *qrels_find(const qrels *q, const char *qid);

/* The relevance of a document; `unjudged` when it has no judgment. */
int32_t qrels_relevance(const qrels_topic *topic, const char *docid, int32_t unjudged);

#endif
