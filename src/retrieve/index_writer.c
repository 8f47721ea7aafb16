#define _GNU_SOURCE
#include "retrieve/index_writer.h"

#include <endian.h>
#include <string.h>

static int64_t block_of(int64_t number) {
    return (number - 1) / LENGTH_BLOCK;
}

/* The lengths in the block that the next passage goes to. */
static dear_status load_lengths(index_writer *w, dear_error *err) {
    int64_t passages = w->file->facts.passages;
    size_t bytes = (size_t)(passages % LENGTH_BLOCK) * sizeof *w->lengths;
    if (bytes == 0)
        return DEAR_OK;
    sqlite3_stmt *statement;
    TRY(index_file_prepare(w->file, &statement, "SELECT terms FROM lengths WHERE block = ?", err));
    sqlite3_bind_int64(statement, 1, block_of(passages));
    bool found = sqlite3_step(statement) == SQLITE_ROW &&
                 (size_t)sqlite3_column_bytes(statement, 0) == bytes;
    if (found)
        memcpy(w->lengths, sqlite3_column_blob(statement, 0), bytes);
    sqlite3_finalize(statement);
    return found ? DEAR_OK : index_file_damaged(w->file, "lengths of passages are missing", err);
}

static dear_status prepare(index_writer *w, dear_error *err) {
    TRY(index_file_prepare(w->file, &w->add_docid, "INSERT INTO docids(number, docid) VALUES(?, ?)",
                           err));
    TRY(index_file_prepare(w->file, &w->add_text,
                           "INSERT INTO texts(number, title, text) VALUES(?, ?, ?)", err));
    TRY(index_file_prepare(w->file, &w->add_postings,
                           "INSERT INTO postings(rowid, text) VALUES(?, ?)", err));
    TRY(index_file_prepare(w->file, &w->add_lengths,
                           "REPLACE INTO lengths(block, terms) VALUES(?, ?)", err));
    TRY(load_lengths(w, err));
    return index_file_run(w->file, "BEGIN IMMEDIATE", err);
}

dear_status index_writer_open(index_writer *w, index_file *file, dear_error *err) {
    *w = (index_writer){.file = file};
    dear_status status = prepare(w, err);
    if (status != DEAR_OK)
        index_writer_close(w);
    return status;
}

/* Runs a statement that gives no rows. */
static dear_status step(index_writer *w, sqlite3_stmt *statement, dear_error *err) {
    int code = sqlite3_step(statement);
    dear_status status = code == SQLITE_DONE ? DEAR_OK : index_file_error(w->file, err);
    sqlite3_reset(statement);
    return status;
}

static dear_status duplicate_error(index_writer *w, const char *docid, dear_error *err) {
    sqlite3_stmt *statement;
    TRY(index_file_prepare(w->file, &statement, "SELECT number FROM docids WHERE docid = ?", err));
    sqlite3_bind_text(statement, 1, docid, -1, SQLITE_STATIC);
    int64_t number = 0;
    if (sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return error_set(err, DEAR_ERROR_INPUT, "\"%s\" is there twice (first as passage %lld)", docid,
                     (long long)number);
}

static dear_status store_docid(index_writer *w, int64_t number, const record *passage,
                               dear_error *err) {
    sqlite3_bind_int64(w->add_docid, 1, number);
    sqlite3_bind_text(w->add_docid, 2, passage->id, -1, SQLITE_STATIC);
    dear_status status = step(w, w->add_docid, err);
    bool duplicate = sqlite3_extended_errcode(w->file->db) == SQLITE_CONSTRAINT_UNIQUE;
    return status != DEAR_OK && duplicate ? duplicate_error(w, passage->id, err) : status;
}

static dear_status store_text(index_writer *w, int64_t number, const record *passage,
                              dear_error *err) {
    if (!w->file->facts.texts)
        return DEAR_OK;
    sqlite3_bind_int64(w->add_text, 1, number);
    sqlite3_bind_text(w->add_text, 2, passage->title, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->add_text, 3, passage->text, -1, SQLITE_STATIC);
    return step(w, w->add_text, err);
}

/* Title and text are one field. */
static dear_status index_text(index_writer *w, int64_t number, const record *passage,
                              dear_error *err) {
    strbuf_clear(&w->text);
    strbuf_printf(&w->text, "%s\n", passage->title);
    if (!strbuf_puts(&w->text, passage->text))
        return error_memory(err);
    sqlite3_bind_int64(w->add_postings, 1, number);
    sqlite3_bind_text64(w->add_postings, 2, w->text.text, w->text.length, SQLITE_STATIC,
                        SQLITE_UTF8);
    w->file->analysed_terms = 0;
    return step(w, w->add_postings, err);
}

static dear_status write_lengths(index_writer *w, dear_error *err) {
    int64_t passages = w->file->facts.passages;
    int64_t count = passages - block_of(passages) * LENGTH_BLOCK;
    sqlite3_bind_int64(w->add_lengths, 1, block_of(passages));
    sqlite3_bind_blob(w->add_lengths, 2, w->lengths, (int)count * (int)sizeof *w->lengths,
                      SQLITE_STATIC);
    return step(w, w->add_lengths, err);
}

dear_status index_writer_add(index_writer *w, const record *passage, dear_error *err) {
    index_facts *facts = &w->file->facts;
    int64_t number = facts->passages + 1;
    if (number > PASSAGE_LIMIT)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "more than %d passages", PASSAGE_LIMIT);
    TRY(store_docid(w, number, passage, err));
    TRY(store_text(w, number, passage, err));
    TRY(index_text(w, number, passage, err));
    w->lengths[(number - 1) % LENGTH_BLOCK] = htole32((uint32_t)w->file->analysed_terms);
    w->batch_bytes += strlen(passage->id) + w->text.length;
    facts->passages = number;
    facts->terms += w->file->analysed_terms;
    facts->docids = docid_digest(facts->docids, passage->id);
    return number % LENGTH_BLOCK == 0 ? write_lengths(w, err) : DEAR_OK;
}

dear_status index_writer_commit(index_writer *w, dear_error *err) {
    if (w->file->facts.passages % LENGTH_BLOCK)
        TRY(write_lengths(w, err));
    TRY(index_file_save(w->file, err));
    TRY(index_file_run(w->file, "COMMIT", err));
    w->batch_bytes = 0;
    return index_file_run(w->file, "BEGIN IMMEDIATE", err);
}

void index_writer_close(index_writer *w) {
    sqlite3_finalize(w->add_docid);
    sqlite3_finalize(w->add_text);
    sqlite3_finalize(w->add_postings);
    sqlite3_finalize(w->add_lengths);
    if (w->file && !sqlite3_get_autocommit(w->file->db))
        sqlite3_exec(w->file->db, "ROLLBACK", NULL, NULL, NULL);
    strbuf_free(&w->text);
    *w = (index_writer){0};
}

/* FNV-1a, of the bytes and the zero behind them. */
uint64_t docid_digest(uint64_t digest, const char *docid) {
    uint64_t hash = digest ? digest : 0xcbf29ce484222325u;
    do {
        hash = (hash ^ (unsigned char)*docid) * 0x100000001b3u;
    } while (*docid++);
    return hash;
}
