#define _GNU_SOURCE
#include "retrieve/retriever.h"

#include "base/memory.h"
#include "retrieve/bm25.h"
#include "retrieve/index_file.h"
#include "retrieve/ranking_function.h"

#include <endian.h>
#include <string.h>

static const size_t cache_limit = (size_t)512 << 20;

struct retriever {
    index_file file;
    bm25 model;
    postings_cache cache;
};

struct searcher {
    retriever *shared;
    index_file file;
    sqlite3_stmt *rank, *docid, *text;
    ranked_query query;
};

/* One row of lengths, which must hold as many as the facts say. */
static bool take_lengths(bm25 *m, size_t block, sqlite3_stmt *row) {
    size_t begin = block * LENGTH_BLOCK;
    if (begin >= m->passages)
        return false;
    size_t count = m->passages - begin < LENGTH_BLOCK ? m->passages - begin : LENGTH_BLOCK;
    const unsigned char *bytes = sqlite3_column_blob(row, 1);
    if (sqlite3_column_int64(row, 0) != (int64_t)block ||
        (size_t)sqlite3_column_bytes(row, 1) != count * sizeof(uint32_t))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t length;
        memcpy(&length, bytes + i * sizeof length, sizeof length);
        m->norms[begin + i] = (float)le32toh(length);
    }
    return true;
}

static dear_status read_lengths(retriever *r, dear_error *err) {
    sqlite3_stmt *statement;
    TRY(index_file_prepare(&r->file, &statement, "SELECT block, terms FROM lengths ORDER BY block",
                           err));
    size_t blocks = 0;
    bool good = true;
    while (good && sqlite3_step(statement) == SQLITE_ROW)
        good = take_lengths(&r->model, blocks++, statement);
    if (sqlite3_finalize(statement) != SQLITE_OK)
        return index_file_error(&r->file, err);
    good = good && blocks == (r->model.passages + LENGTH_BLOCK - 1) / LENGTH_BLOCK;
    return good ? DEAR_OK : index_file_damaged(&r->file, "lengths of passages are missing", err);
}

static dear_status open_shared(retriever *r, const char *path, dear_error *err) {
    TRY(index_file_open(&r->file, path, err));
    const index_facts *facts = &r->file.facts;
    r->model.passages = (size_t)facts->passages;
    r->model.norms = mem_calloc(r->model.passages, sizeof *r->model.norms);
    if (!r->model.norms)
        return error_memory(err);
    TRY(read_lengths(r, err));
    bm25_set_norms(&r->model, (double)facts->terms / (double)facts->passages);
    return DEAR_OK;
}

dear_status retriever_open(retriever **out, const char *path, double k1, double b,
                           dear_error *err) {
    *out = NULL;
    retriever *r = mem_calloc(1, sizeof *r);
    if (!r)
        return error_memory(err);
    r->model.k1 = k1;
    r->model.b = b;
    postings_cache_open(&r->cache, cache_limit);
    dear_status status = open_shared(r, path, err);
    if (status == DEAR_OK)
        *out = r;
    else
        retriever_close(r);
    return status;
}

bool retriever_has_texts(const retriever *r) {
    return r->file.facts.texts;
}

void retriever_close(retriever *r) {
    if (!r)
        return;
    index_file_close(&r->file);
    postings_cache_close(&r->cache);
    mem_free(r->model.norms);
    mem_free(r);
}

static dear_status prepare(searcher *s, dear_error *err) {
    TRY(index_file_open(&s->file, s->shared->file.path, err));
    const index_facts *facts = &s->file.facts;
    if (facts->docids != s->shared->file.facts.docids)
        return error_set(err, DEAR_ERROR_IO, "%s: was replaced while it was being searched",
                         s->file.path);
    if (ranking_function_register(s->file.db) != SQLITE_OK)
        return index_file_error(&s->file, err);
    TRY(index_file_prepare(&s->file, &s->rank,
                           "SELECT " RANKING_FUNCTION "(postings, ?) FROM postings "
                           "WHERE postings MATCH ? LIMIT 1",
                           err));
    TRY(index_file_prepare(&s->file, &s->docid, "SELECT docid FROM docids WHERE number = ?", err));
    return index_file_prepare(&s->file, &s->text, "SELECT title, text FROM texts WHERE number = ?",
                              err);
}

dear_status searcher_open(searcher **out, retriever *r, dear_error *err) {
    *out = NULL;
    searcher *s = mem_calloc(1, sizeof *s);
    if (!s)
        return error_memory(err);
    s->shared = r;
    dear_status status = prepare(s, err);
    if (status == DEAR_OK)
        status = ranked_query_open(&s->query, &r->model, &r->cache, err);
    if (status == DEAR_OK)
        *out = s;
    else
        searcher_close(s);
    return status;
}

static const char *column_text(sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

/* Gives a statement the passage's row, which must be there. */
static dear_status find_row(searcher *s, sqlite3_stmt *statement, uint32_t passage,
                            dear_error *err) {
    sqlite3_bind_int64(statement, 1, (int64_t)passage + 1);
    if (sqlite3_step(statement) == SQLITE_ROW)
        return DEAR_OK;
    return sqlite3_reset(statement) == SQLITE_OK
               ? index_file_damaged(&s->file, "a passage is missing", err)
               : index_file_error(&s->file, err);
}

static dear_status add_hit(searcher *s, hit_list *list, const found_passage *f, dear_error *err) {
    TRY(find_row(s, s->docid, f->passage, err));
    bool added =
        hit_list_add(list, column_text(s->docid, 0), "", "", ranked_query_score(&s->query, f));
    sqlite3_reset(s->docid);
    return added ? DEAR_OK : error_memory(err);
}

static dear_status give_text(searcher *s, hit *h, const found_passage *f, dear_error *err) {
    TRY(find_row(s, s->text, f->passage, err));
    bool given = hit_give_passage(h, column_text(s->text, 0), column_text(s->text, 1));
    sqlite3_reset(s->text);
    return given ? DEAR_OK : error_memory(err);
}

/* Lets the ranking function fill s->query. */
static dear_status rank(searcher *s, dear_error *err) {
    if (s->query.num_terms == 0)
        return DEAR_OK;
    sqlite3_bind_pointer(s->rank, 1, &s->query, RANKING_FUNCTION, NULL);
    sqlite3_bind_text64(s->rank, 2, s->query.match.text, s->query.match.length, SQLITE_STATIC,
                        SQLITE_UTF8);
    sqlite3_step(s->rank);
    return sqlite3_reset(s->rank) == SQLITE_OK ? DEAR_OK : index_file_error(&s->file, err);
}

dear_status searcher_search(searcher *s, hit_list *list, const char *query, size_t k, bool texts,
                            dear_error *err) {
    TRY(ranked_query_begin(&s->query, &s->file.facts.analysis, query, k, err));
    TRY(rank(s, err));
    for (size_t i = 0; i < s->query.num_found; i++)
        TRY(add_hit(s, list, &s->query.found[i], err));
    size_t first = list->count - s->query.num_found;
    for (size_t i = 0; i < s->query.num_found && texts; i++)
        TRY(give_text(s, &list->hits[first + i], &s->query.found[i], err));
    return DEAR_OK;
}

void searcher_close(searcher *s) {
    if (!s)
        return;
    sqlite3_finalize(s->rank);
    sqlite3_finalize(s->docid);
    sqlite3_finalize(s->text);
    index_file_close(&s->file);
    ranked_query_close(&s->query);
    mem_free(s);
}
