#define _GNU_SOURCE
#include "retrieve/index_build.h"

#include "base/file.h"
#include "base/memory.h"
#include "retrieve/index_writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_STEP = 256, MERGE_PAGES = 2000 };

/* A job under way. */
typedef struct build {
    const index_build *job;
    index_result *result;
    char *part;
    index_file file;
    index_writer writer;
    int64_t skipped; ///< records that an earlier job committed
    uint64_t docids; ///< their digest
    bool begun;      ///< this job began the part
    bool refused;    ///< the part is of another corpus
} build;

static dear_status go_on(const build *b, int64_t passages, dear_error *err) {
    const index_build *job = b->job;
    if (!job->progress || job->progress(job->progress_context, passages))
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_CANCELLED, "stopped after %lld passages", (long long)passages);
}

/* Removes the part and what SQLite keeps beside it. */
static void remove_part(const build *b) {
    strbuf journal = {0};
    if (strbuf_printf(&journal, "%s-journal", b->part))
        unlink(journal.text);
    strbuf_free(&journal);
    unlink(b->part);
}

static dear_status check_settings(const build *b, dear_error *err) {
    const index_facts *facts = &b->file.facts;
    const analysis *a = &b->job->analysis;
    if (facts->analysis.stem == a->stem && facts->analysis.stopwords == a->stopwords &&
        facts->texts == b->job->texts)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: was begun with other settings (%s, %s stopwords, %s texts); go on with "
                     "those, or without --resume",
                     b->part, facts->analysis.stem ? "stemmed" : "not stemmed",
                     stopwords_name(facts->analysis.stopwords), facts->texts ? "with" : "without");
}

static dear_status open_part(build *b, dear_error *err) {
    if (file_is_directory(b->job->output))
        return error_set(err, DEAR_ERROR_IO, "%s: is a directory", b->job->output);
    if (!b->job->resume || !file_exists(b->part)) {
        remove_part(b);
        b->begun = true;
        return index_file_create(&b->file, b->part, b->job->analysis, b->job->texts, err);
    }
    TRY(index_file_reopen(&b->file, b->part, err));
    TRY(check_settings(b, err));
    b->result->resumed = b->file.facts.passages;
    return DEAR_OK;
}

/* A record that an earlier job committed: the last of them must end the digest that it left. */
static dear_status skip(build *b, const record *passage, dear_error *err) {
    b->docids = docid_digest(b->docids, passage->id);
    if (++b->skipped < b->result->resumed || b->docids == b->file.facts.docids)
        return DEAR_OK;
    b->refused = true;
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: its first %lld passages are not those of the corpus; index without "
                     "--resume",
                     b->part, (long long)b->skipped);
}

static dear_status add(build *b, const record *passage, const record_reader *reader,
                       dear_error *err) {
    dear_status status = index_writer_add(&b->writer, passage, err);
    if (status == DEAR_ERROR_INPUT)
        return error_prefix(err, "%s:%zu", record_reader_path(reader), passage->line);
    TRY(status);
    if (b->writer.batch_bytes >= b->job->batch_bytes) {
        TRY(index_writer_commit(&b->writer, err));
        b->result->passages = b->file.facts.passages;
    }
    return DEAR_OK;
}

static dear_status add_records(build *b, record_reader *reader, dear_error *err) {
    for (size_t read = 0;; read++) {
        record passage;
        TRY(record_reader_next(reader, &passage, err));
        if (!passage.id)
            return DEAR_OK;
        if (b->skipped < b->result->resumed)
            TRY(skip(b, &passage, err));
        else
            TRY(add(b, &passage, reader, err));
        if (read % PROGRESS_STEP == 0)
            TRY(go_on(b, b->file.facts.passages, err));
    }
}

static dear_status add_corpus(build *b, const char *path, dear_error *err) {
    record_reader *reader;
    TRY(record_reader_open(&reader, COLLECTION_CORPUS, path, err));
    dear_status status = add_records(b, reader, err);
    record_reader_close(reader);
    return status;
}

static dear_status add_corpora(build *b, dear_error *err) {
    for (size_t i = 0; i < b->job->num_corpora; i++)
        TRY(add_corpus(b, b->job->corpora[i], err));
    b->refused = b->skipped < b->result->resumed;
    if (b->refused)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: has %lld passages, and the corpus only %lld; index without --resume",
                         b->part, (long long)b->result->resumed, (long long)b->skipped);
    if (b->file.facts.passages == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds no documents", b->job->corpora[0]);
    return DEAR_OK;
}

/* Merges the segments of the posting lists into one, a transaction for every few megabytes. A
 * negative number of pages begins a merge of all; one that changes fewer than two rows had nothing
 * to do. */
static dear_status merge_segments(build *b, dear_error *err) {
    static const char format[] = "INSERT INTO postings(postings, rank) VALUES('merge', %d)";
    char sql[96];
    int pages = -MERGE_PAGES;
    for (int64_t changed = 2; changed >= 2; pages = MERGE_PAGES) {
        TRY(go_on(b, b->file.facts.passages, err));
        int64_t before = sqlite3_total_changes64(b->file.db);
        snprintf(sql, sizeof sql, format, pages);
        TRY(index_file_run(&b->file, sql, err));
        changed = sqlite3_total_changes64(b->file.db) - before;
    }
    return DEAR_OK;
}

static dear_status complete(build *b, dear_error *err) {
    TRY(merge_segments(b, err));
    TRY(index_file_run(&b->file, "PRAGMA incremental_vacuum", err));
    b->file.facts.complete = true;
    return index_file_save(&b->file, err);
}

static dear_status write_part(build *b, dear_error *err) {
    TRY(index_writer_open(&b->writer, &b->file, err));
    dear_status status = add_corpora(b, err);
    if (status == DEAR_OK)
        status = index_writer_commit(&b->writer, err);
    b->result->terms = b->file.facts.terms;
    if (status == DEAR_OK)
        b->result->passages = b->file.facts.passages;
    index_writer_close(&b->writer);
    return status == DEAR_OK ? complete(b, err) : status;
}

static dear_status build_index(build *b, dear_error *err) {
    dear_status status = open_part(b, err);
    b->result->passages = b->result->resumed;
    if (status == DEAR_OK)
        status = write_part(b, err);
    index_file_close(&b->file);
    if (status == DEAR_OK && rename(b->part, b->job->output) != 0)
        status = error_errno(err, b->job->output);
    b->result->part_kept = status != DEAR_OK && b->result->passages > 0 && !b->refused;
    if (status != DEAR_OK && b->begun && !b->result->part_kept)
        remove_part(b);
    return status;
}

dear_status index_build_run(const index_build *job, index_result *result, dear_error *err) {
    *result = (index_result){0};
    strbuf part = {0};
    strbuf_printf(&part, "%s.part", job->output);
    build b = {.job = job, .result = result, .part = strbuf_take(&part)};
    if (!b.part)
        return error_memory(err);
    dear_status status = build_index(&b, err);
    mem_free(b.part);
    return status;
}
