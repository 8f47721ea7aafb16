/* The analyzer as FTS5's tokenizer "dear", and FTS5's interface. */
#ifndef DEAR_RETRIEVE_FTS5_TOKENIZER_H
#define DEAR_RETRIEVE_FTS5_TOKENIZER_H

#include "retrieve/analyzer.h"

#include <sqlite3.h>

/* FTS5's interface on a connection; NULL when this SQLite is without it. */
fts5_api *fts5_interface(sqlite3 *db);

/*
 * Registers the tokenizer with a connection; returns SQLite's code. A document is analysed, and
 * *terms set to the number of its terms. A query's words are terms already, and taken as they are.
 * Both pointers must live as long as the connection; *a must not change once the table is in use.
 */
int fts5_tokenizer_register(sqlite3 *db, const analysis *a, int *terms);

#endif
