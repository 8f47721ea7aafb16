/* Adds passages to an index that is being made, in transactions. */
#ifndef DEAR_RETRIEVE_INDEX_WRITER_H
#define DEAR_RETRIEVE_INDEX_WRITER_H

#include "base/strbuf.h"
#include "rank/record_reader.h"
#include "retrieve/index_file.h"

/* Zero-initialize; end with index_writer_close. */
typedef struct index_writer {
    index_file *file;
    sqlite3_stmt *add_docid, *add_text, *add_postings, *add_lengths;
    uint32_t lengths[LENGTH_BLOCK]; ///< of the block being filled, in little-endian order
    size_t batch_bytes;             ///< of the texts since the last commit
    strbuf text;
} index_writer;

/* Begins a transaction behind the passages that the file has. The file is borrowed. */
dear_status index_writer_open(index_writer *w, index_file *file, dear_error *err);

/* Adds a passage. A docid that the index has is DEAR_ERROR_INPUT. */
dear_status index_writer_add(index_writer *w, const record *passage, dear_error *err);

/* Puts what was added on the disk, facts and all, and begins the next transaction. */
dear_status index_writer_commit(index_writer *w, dear_error *err);

/* Ends the transaction, which is lost; what was committed stays. */
void index_writer_close(index_writer *w);

/* The digest of docids when `docid` follows those that `digest` is of (0 for none). */
uint64_t docid_digest(uint64_t digest, const char *docid);

#endif
