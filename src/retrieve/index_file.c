#define _GNU_SOURCE
#include "retrieve/index_file.h"

#include "base/file.h"
#include "base/memory.h"
#include "retrieve/fts5_tokenizer.h"

#include <ctype.h>
#include <string.h>

enum { APPLICATION_ID = 0x44654152 /* "DeAR" */, VERSION = 1 };

/* Large pages suit posting lists, which are read from end to end; page_size comes first. */
static const char new_file[] = "PRAGMA page_size = 16384;"
                               "PRAGMA auto_vacuum = INCREMENTAL;"
                               "PRAGMA application_id = 0x44654152;"
                               "PRAGMA user_version = 1;";

static const char schema[] =
    "CREATE TABLE collection(stem INTEGER NOT NULL, stopwords TEXT NOT NULL,"
    " texts INTEGER NOT NULL, passages INTEGER NOT NULL, terms INTEGER NOT NULL,"
    " docids INTEGER NOT NULL, complete INTEGER NOT NULL) STRICT;"
    "CREATE TABLE docids(number INTEGER PRIMARY KEY, docid TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE texts(number INTEGER PRIMARY KEY, title TEXT NOT NULL,"
    " text TEXT NOT NULL) STRICT;"
    "CREATE TABLE lengths(block INTEGER PRIMARY KEY, terms BLOB NOT NULL) STRICT;"
    "CREATE VIRTUAL TABLE postings USING fts5(text, content='', columnsize=0, tokenize='dear');";

/* The memory for segments that grow, their merging (only when 64 have gathered, and at the end), and
 * leaves as large as a page of the file. */
static const char tuning[] = "INSERT INTO postings(postings, rank) VALUES('hashsize', 67108864);"
                             "INSERT INTO postings(postings, rank) VALUES('automerge', 0);"
                             "INSERT INTO postings(postings, rank) VALUES('crisismerge', 64);"
                             "INSERT INTO postings(postings, rank) VALUES('pgsz', 16000);";

static bool is_damage(int code) {
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_MISMATCH;
}

/* A failed system call. Of a write SQLite may not remember the reason: it has cleaned up since. */
static dear_status system_error(const index_file *f, dear_error *err) {
    int number = sqlite3_system_errno(f->db);
    if (number == 0 && sqlite3_extended_errcode(f->db) == SQLITE_IOERR_WRITE)
        return error_set(err, DEAR_ERROR_IO,
                         "%s: cannot be written (a full disk, or a file larger than is allowed)",
                         f->path);
    return error_set(err, DEAR_ERROR_IO, "%s: %s", f->path,
                     number ? strerror(number) : sqlite3_errmsg(f->db));
}

dear_status index_file_error(const index_file *f, dear_error *err) {
    int code = sqlite3_errcode(f->db) & 0xFF;
    if (code == SQLITE_NOMEM)
        return error_memory(err);
    if (is_damage(code))
        return index_file_damaged(f, sqlite3_errmsg(f->db), err);
    if (code == SQLITE_FULL)
        return error_set(err, DEAR_ERROR_IO, "%s: the disk is full", f->path);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return error_set(err, DEAR_ERROR_IO, "%s: another process is writing it", f->path);
    if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN)
        return system_error(f, err);
    return error_set(err, DEAR_ERROR_INPUT, "%s: %s", f->path, sqlite3_errmsg(f->db));
}

dear_status index_file_damaged(const index_file *f, const char *what, dear_error *err) {
    return error_set(err, DEAR_ERROR_INPUT, "%s: not an index, or a damaged one (%s)", f->path,
                     what);
}

dear_status index_file_run(index_file *f, const char *sql, dear_error *err) {
    return sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK ? DEAR_OK
                                                                   : index_file_error(f, err);
}

dear_status index_file_prepare(index_file *f, sqlite3_stmt **out, const char *sql,
                               dear_error *err) {
    int code = sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return code == SQLITE_OK ? DEAR_OK : index_file_error(f, err);
}

/* One number that a statement gives. */
static dear_status ask_number(index_file *f, int64_t *out, const char *sql, dear_error *err) {
    sqlite3_stmt *statement;
    TRY(index_file_prepare(f, &statement, sql, err));
    int code = sqlite3_step(statement);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    code = sqlite3_finalize(statement);
    return code == SQLITE_OK ? DEAR_OK : index_file_error(f, err);
}

/* Opens a connection, with the tokenizer; `name` is what SQLite calls the file. */
static dear_status connect(index_file *f, const char *path, const char *name, int flags,
                           dear_error *err) {
    f->path = mem_strdup(path);
    if (!f->path)
        return error_memory(err);
    int code = sqlite3_open_v2(name, &f->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return f->db ? index_file_error(f, err) : error_memory(err);
    code = fts5_tokenizer_register(f->db, &f->facts.analysis, &f->analysed_terms);
    if (code != SQLITE_OK)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "this SQLite (%s) is without FTS5",
                         sqlite3_libversion());
    return DEAR_OK;
}

/* The statements that a file's tables and indexes were made with, one after the other. */
static dear_status read_schema(index_file *f, strbuf *out, dear_error *err) {
    sqlite3_stmt *statement;
    TRY(index_file_prepare(
        f, &statement,
        "SELECT type || ':' || name || ':' || coalesce(sql, '') FROM sqlite_schema "
        "ORDER BY name",
        err));
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(statement, 0);
        strbuf_printf(out, "%s\n", line ? line : "");
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE)
        return index_file_error(f, err);
    return out->failed ? error_memory(err) : DEAR_OK;
}

/* What read_schema gives for an index that this program made. */
static dear_status expected_schema(strbuf *out, dear_error *err) {
    index_file f = {0};
    dear_status status =
        connect(&f, ":memory:", ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (status == DEAR_OK)
        status = index_file_run(&f, schema, err);
    if (status == DEAR_OK)
        status = read_schema(&f, out, err);
    index_file_close(&f);
    return status;
}

static dear_status check_schema(index_file *f, dear_error *err) {
    strbuf found = {0}, expected = {0};
    dear_status status = read_schema(f, &found, err);
    if (status == DEAR_OK)
        status = expected_schema(&expected, err);
    if (status == DEAR_OK && (!found.text || strcmp(found.text, expected.text) != 0))
        status = index_file_damaged(f, "its tables are not those of an index", err);
    strbuf_free(&found);
    strbuf_free(&expected);
    return status;
}

static dear_status check_version(index_file *f, dear_error *err) {
    int64_t application, version;
    TRY(ask_number(f, &application, "PRAGMA application_id", err));
    TRY(ask_number(f, &version, "PRAGMA user_version", err));
    if (application != APPLICATION_ID)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: not an index of dear's, but another SQLite file", f->path);
    if (version != VERSION)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: an index of version %lld, and this program reads version %d; make it "
                         "anew with `dear index`",
                         f->path, (long long)version, VERSION);
    return DEAR_OK;
}

static bool take_facts(index_facts *out, sqlite3_stmt *row) {
    const char *list = (const char *)sqlite3_column_text(row, 1);
    out->analysis.stem = sqlite3_column_int(row, 0);
    out->texts = sqlite3_column_int(row, 2);
    out->passages = sqlite3_column_int64(row, 3);
    out->terms = sqlite3_column_int64(row, 4);
    out->docids = (uint64_t)sqlite3_column_int64(row, 5);
    out->complete = sqlite3_column_int(row, 6);
    return list && stopwords_parse(&out->analysis.stopwords, list) && out->passages >= 0 &&
           out->passages <= PASSAGE_LIMIT && out->terms >= 0;
}

static dear_status read_facts(index_file *f, dear_error *err) {
    sqlite3_stmt *statement;
    TRY(index_file_prepare(f, &statement,
                           "SELECT stem, stopwords, texts, passages, terms, docids, complete "
                           "FROM collection",
                           err));
    int code = sqlite3_step(statement);
    bool good = code == SQLITE_ROW && take_facts(&f->facts, statement);
    bool read = sqlite3_finalize(statement) == SQLITE_OK;
    if (!read)
        return index_file_error(f, err);
    return good ? DEAR_OK : index_file_damaged(f, "its facts are missing or cannot be", err);
}

dear_status index_file_save(index_file *f, dear_error *err) {
    sqlite3_stmt *statement;
    TRY(index_file_prepare(
        f, &statement,
        "REPLACE INTO collection(rowid, stem, stopwords, texts, passages, terms, "
        "docids, complete) VALUES(1, ?, ?, ?, ?, ?, ?, ?)",
        err));
    const index_facts *facts = &f->facts;
    sqlite3_bind_int(statement, 1, facts->analysis.stem);
    sqlite3_bind_text(statement, 2, stopwords_name(facts->analysis.stopwords), -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 3, facts->texts);
    sqlite3_bind_int64(statement, 4, facts->passages);
    sqlite3_bind_int64(statement, 5, facts->terms);
    sqlite3_bind_int64(statement, 6, (int64_t)facts->docids);
    sqlite3_bind_int(statement, 7, facts->complete);
    sqlite3_step(statement);
    return sqlite3_finalize(statement) == SQLITE_OK ? DEAR_OK : index_file_error(f, err);
}

static dear_status check_file(index_file *f, dear_error *err) {
    TRY(check_version(f, err));
    TRY(check_schema(f, err));
    return read_facts(f, err);
}

/* One writer at a time, and a page cache that holds the docids' tree of a few million passages. */
static dear_status prepare_writing(index_file *f, dear_error *err) {
    return index_file_run(f, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;", err);
}

static dear_status make_tables(index_file *f, dear_error *err) {
    TRY(prepare_writing(f, err));
    TRY(index_file_run(f, new_file, err));
    TRY(index_file_run(f, "BEGIN IMMEDIATE", err));
    TRY(index_file_run(f, schema, err));
    TRY(index_file_run(f, tuning, err));
    TRY(index_file_save(f, err));
    return index_file_run(f, "COMMIT", err);
}

/* What a function that opens returns: nothing stays open after a failure. */
static dear_status settle(index_file *f, dear_status status) {
    if (status != DEAR_OK)
        index_file_close(f);
    return status;
}

dear_status index_file_create(index_file *f, const char *path, analysis a, bool texts,
                              dear_error *err) {
    *f = (index_file){.facts = {.analysis = a, .texts = texts}};
    dear_status status = connect(f, path, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (status == DEAR_OK)
        status = make_tables(f, err);
    return settle(f, status);
}

dear_status index_file_reopen(index_file *f, const char *path, dear_error *err) {
    *f = (index_file){0};
    dear_status status = connect(f, path, path, SQLITE_OPEN_READWRITE, err);
    if (status == DEAR_OK)
        status = prepare_writing(f, err);
    if (status == DEAR_OK)
        status = check_file(f, err);
    return settle(f, status);
}

/* "file:" and the path, escaped, read without locks and journals: an index never changes. */
static char *immutable_uri(const char *path) {
    strbuf uri = {0};
    strbuf_puts(&uri, *path == '/' ? "file://" : "file:");
    for (const char *p = path; *p; p++) {
        unsigned char c = (unsigned char)*p;
        strbuf_printf(&uri, isalnum(c) || strchr("/._-", c) ? "%c" : "%%%02X", c);
    }
    strbuf_puts(&uri, "?immutable=1");
    return strbuf_take(&uri);
}

static dear_status connect_for_reading(index_file *f, const char *path, dear_error *err) {
    char *uri = immutable_uri(path);
    if (!uri)
        return error_memory(err);
    dear_status status = connect(f, path, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    mem_free(uri);
    TRY(status);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(f->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return index_file_run(f, "PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384;", err);
}

static dear_status open_complete(index_file *f, const char *path, dear_error *err) {
    if (file_is_directory(path))
        return error_set(err, DEAR_ERROR_IO, "%s: is a directory", path);
    TRY(connect_for_reading(f, path, err));
    TRY(check_file(f, err));
    if (!f->facts.complete || f->facts.passages == 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: its making was interrupted; `dear index --resume` goes on", path);
    return DEAR_OK;
}

dear_status index_file_open(index_file *f, const char *path, dear_error *err) {
    *f = (index_file){0};
    return settle(f, open_complete(f, path, err));
}

void index_file_close(index_file *f) {
    sqlite3_close(f->db);
    mem_free(f->path);
    *f = (index_file){0};
}
