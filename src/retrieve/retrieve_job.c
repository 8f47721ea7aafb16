#include "retrieve/retrieve_job.h"

#include "base/file.h"
#include "base/memory.h"
#include "compute/cpu.h"

#include <stdatomic.h>

enum { BATCH_A_THREAD = 32 };

/* A job under way. */
typedef struct run {
    const retrieve_job *job;
    output_file out;
    searcher **searchers; ///< [threads]
    int threads;
    bool texts;
} run;

/* Queries begin to end, and the first failure among them. */
typedef struct batch {
    size_t begin, end;
    atomic_size_t next;
    size_t failed; ///< the first query that failed; `end` when none has
    dear_error err;
} batch;

static bool has_texts(hits_format format) {
    return format != HITS_FORMAT_TREC && format != HITS_FORMAT_TSV;
}

/* A table shows what there is; a format that other programs read must be whole. */
static dear_status check_texts(const retrieve_job *job, dear_error *err) {
    if (!has_texts(job->format) || job->format == HITS_FORMAT_TABLE ||
        retriever_has_texts(job->index))
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_USAGE,
                     "the index keeps no texts, which format %s has; write trec or tsv, and give "
                     "texts to the next command by --corpus",
                     hits_format_name(job->format));
}

static void note_failure(batch *b, size_t query, const dear_error *err) {
#pragma omp critical
    if (query < b->failed) {
        b->failed = query;
        b->err = *err;
    }
}

/* What each thread does: the next query, until there is none. */
static void search_some(run *r, batch *b, searcher *s) {
    for (size_t i; (i = atomic_fetch_add(&b->next, 1)) < b->end;) {
        hit_list *list = &r->job->queries->lists[i];
        dear_error err;
        if (searcher_search(s, list, list->query, r->job->top_k, r->texts, &err) != DEAR_OK)
            note_failure(b, i, &err);
    }
}

static dear_status search_batch(run *r, size_t begin, size_t end, dear_error *err) {
    batch b = {.begin = begin, .end = end, .failed = end};
    atomic_init(&b.next, begin);
#pragma omp parallel for num_threads(r->threads) schedule(static, 1)
    for (int t = 0; t < r->threads; t++)
        search_some(r, &b, r->searchers[t]);
    if (b.failed == end)
        return DEAR_OK;
    return error_set(err, b.err.status, "%s", b.err.message);
}

static dear_status write_batch(run *r, size_t begin, size_t end, dear_error *err) {
    const retrieve_job *job = r->job;
    for (size_t i = begin; i < end; i++) {
        hit_list *list = &job->queries->lists[i];
        TRY(hits_write_list(r->out.stream, job->format, list, i, job->tag, err));
        hit_list_cut(list, 0);
    }
    return DEAR_OK;
}

static dear_status search_all(run *r, dear_error *err) {
    const retrieve_job *job = r->job;
    size_t count = job->queries->count, step = (size_t)r->threads * BATCH_A_THREAD;
    TRY(hits_write_begin(r->out.stream, job->format, err));
    for (size_t begin = 0; begin < count; begin += step) {
        size_t end = count - begin < step ? count : begin + step;
        if (job->progress && !job->progress(job->progress_context, begin))
            return error_set(err, DEAR_ERROR_CANCELLED, "stopped after %zu of %zu queries", begin,
                             count);
        TRY(search_batch(r, begin, end, err));
        TRY(write_batch(r, begin, end, err));
    }
    return hits_write_end(r->out.stream, job->format, err);
}

static dear_status write_output(run *r, dear_error *err) {
    TRY(output_file_open(&r->out, r->job->output, err));
    dear_status status = search_all(r, err);
    if (status == DEAR_OK)
        return output_file_commit(&r->out, err);
    output_file_discard(&r->out, false);
    return status;
}

static dear_status open_searchers(run *r, dear_error *err) {
    r->searchers = mem_calloc((size_t)r->threads, sizeof(searcher *));
    if (!r->searchers)
        return error_memory(err);
    for (int t = 0; t < r->threads; t++)
        TRY(searcher_open(&r->searchers[t], r->job->index, err));
    return DEAR_OK;
}

dear_status retrieve_job_run(const retrieve_job *job, dear_error *err) {
    TRY(check_texts(job, err));
    int threads = compute_threads();
    run r = {.job = job,
             .threads = job->queries->count < (size_t)threads ? (int)job->queries->count : threads,
             .texts = has_texts(job->format) && retriever_has_texts(job->index)};
    dear_status status = open_searchers(&r, err);
    if (status == DEAR_OK)
        status = write_output(&r, err);
    for (int t = 0; t < r.threads && r.searchers; t++)
        searcher_close(r.searchers[t]);
    mem_free(r.searchers);
    return status;
}
