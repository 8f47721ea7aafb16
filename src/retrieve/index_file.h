/*
 * An index: one SQLite file (docs/formats.md has its tables). The posting lists are an FTS5 table's,
 * whose tokenizer is retrieve/analyzer.h; which analysis that is, an index knows itself.
 */
#ifndef DEAR_RETRIEVE_INDEX_FILE_H
#define DEAR_RETRIEVE_INDEX_FILE_H

#include "base/error.h"
#include "retrieve/analyzer.h"

#include <sqlite3.h>
#include <stdint.h>

enum {
    LENGTH_BLOCK = 1024,      ///< passages whose lengths make up one row
    PASSAGE_LIMIT = INT32_MAX ///< passages of an index
};

/* What the table "collection" says. */
typedef struct index_facts {
    analysis analysis;
    bool texts;       ///< titles and texts are kept
    int64_t passages; ///< numbered from 1
    int64_t terms;    ///< of all passages together
    uint64_t docids;  ///< digest of the docids in their order
    bool complete;    ///< indexing has come to its end
} index_facts;

/* Zero-initialize; end with index_file_close. It must stay where it is: SQLite points into it. */
typedef struct index_file {
    sqlite3 *db;
    char *path;
    index_facts facts;
    int analysed_terms; ///< that the tokenizer gave for the text indexed last
} index_file;

/* Makes a new index of no passages at `path`, where no file is. */
dear_status index_file_create(index_file *f, const char *path, analysis a, bool texts,
                              dear_error *err);

/* Opens an index that is still being made, to go on with it. */
dear_status index_file_reopen(index_file *f, const char *path, dear_error *err);

/* Opens a complete index for reading, and trusts nothing in it: another file, another version,
 * tables that this program does not make, facts that cannot be are DEAR_ERROR_INPUT. */
dear_status index_file_open(index_file *f, const char *path, dear_error *err);

/* Writes the facts. */
dear_status index_file_save(index_file *f, dear_error *err);

void index_file_close(index_file *f);

/* Statements. `sql` is for messages of this program's own mistakes too. */
dear_status index_file_run(index_file *f, const char *sql, dear_error *err);
dear_status index_file_prepare(index_file *f, sqlite3_stmt **out, const char *sql, dear_error *err);

/* The sentence for what SQLite complained of last on this connection. */
dear_status index_file_error(const index_file *f, dear_error *err);

/* The sentence for contents that cannot be. */
dear_status index_file_damaged(const index_file *f, const char *what, dear_error *err);

#endif
