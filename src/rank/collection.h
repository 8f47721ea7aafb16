/*
 * Queries and corpora: files that give a title and a text to an id. Only the ids that were asked
 * for are kept, so a corpus may be far larger than memory.
 */
#ifndef DEAR_RANK_COLLECTION_H
#define DEAR_RANK_COLLECTION_H

#include "base/error.h"
#include "rank/id_table.h"
#include "rank/record_reader.h"

typedef struct collection_entry {
    char *id;
    char *title; ///< NULL until found
    char *text;  ///< NULL until found
    size_t line; ///< where it was found
} collection_entry;

/* Zero-initialize; end with collection_free. */
typedef struct collection {
    id_table ids;              ///< id to place in `entries`
    collection_entry *entries; ///< [count]
    size_t count;
    size_t capacity;
} collection;

/* Asks for an id. */
dear_status collection_want(collection *c, const char *id, dear_error *err);

/* Reads the file, in any format of rank/record_reader.h, and keeps what was asked for. An id that
 * was asked for and stands there twice is an error, as is a record that is malformed. */
dear_status collection_read(collection *c, collection_kind kind, const char *path, dear_error *err);

/* What was found for an id; NULL when the file does not have it. */
const collection_entry *collection_find(const collection *c, const char *id);

void collection_free(collection *c);

#endif
