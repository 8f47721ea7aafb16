#define _GNU_SOURCE
#include "rank/rerank_job.h"

#include "base/file.h"
#include "base/memory.h"
#include "rank/resume.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A job under way. */
typedef struct run {
    const rerank_job *job;
    rerank_result *result;
    output_file out;
    size_t passages;      ///< to score in all
    size_t passages_done; ///< scored now or before
} run;

static bool to_stdout(const rerank_job *job) {
    return !job->output || strcmp(job->output, "-") == 0;
}

static dear_status check_job(const rerank_job *job, dear_error *err) {
    if (job->shards == 0 || job->shard >= job->shards)
        return error_set(err, DEAR_ERROR_USAGE, "shard %zu/%zu: shards count from 0 to N - 1",
                         job->shard, job->shards);
    if (job->top_k == 0)
        return error_set(err, DEAR_ERROR_USAGE, "the number of candidates must be at least 1");
    if (job->resume && to_stdout(job))
        return error_set(err, DEAR_ERROR_USAGE, "only an output file can be resumed");
    if (job->resume && job->format == HITS_FORMAT_TABLE)
        return error_set(err, DEAR_ERROR_USAGE, "a table cannot be resumed");
    return DEAR_OK;
}

static size_t candidates(const run *r, size_t place) {
    size_t count = r->job->set->lists[place].count;
    return count < r->job->top_k ? count : r->job->top_k;
}

static void count_work(run *r) {
    for (size_t i = r->job->shard; i < r->job->set->count; i += r->job->shards) {
        r->result->queries++;
        r->passages += candidates(r, i);
    }
}

/* Cuts the output back to its whole lists and opens it for more. */
static dear_status reopen(run *r, const char *cut_off, const char *part, size_t bytes,
                          dear_error *err) {
    if (strcmp(cut_off, part) != 0 && rename(cut_off, part) != 0)
        return error_errno(err, cut_off);
    if (truncate(part, (off_t)bytes) != 0)
        return error_errno(err, part);
    return output_file_resume(&r->out, r->job->output, err);
}

/* Sets *ended when the output was complete already. */
static dear_status resume_from(run *r, const char *cut_off, const char *part, bool *ended,
                               dear_error *err) {
    const rerank_job *job = r->job;
    resume_plan plan = {job->set, job->shard, job->shards, job->top_k, job->format};
    resume_point point;
    TRY(resume_find(&point, cut_off, &plan, err));
    r->result->resumed = r->result->finished = point.lists;
    for (size_t i = 0; i < point.lists; i++)
        r->passages_done += candidates(r, job->shard + i * job->shards);
    *ended = point.ended && strcmp(cut_off, part) != 0;
    if (*ended)
        return DEAR_OK;
    TRY(reopen(r, cut_off, part, point.bytes, err));
    return point.bytes == 0 ? hits_write_begin(r->out.stream, job->format, err) : DEAR_OK;
}

static dear_status open_anew(run *r, dear_error *err) {
    TRY(output_file_open(&r->out, r->job->output, err));
    return hits_write_begin(r->out.stream, r->job->format, err);
}

static dear_status open_output(run *r, bool *ended, dear_error *err) {
    *ended = false;
    if (!r->job->resume)
        return open_anew(r, err);
    strbuf part = {0};
    if (!strbuf_printf(&part, "%s.part", r->job->output))
        return error_memory(err);
    dear_status status;
    if (file_exists(part.text))
        status = resume_from(r, part.text, part.text, ended, err);
    else if (file_exists(r->job->output))
        status = resume_from(r, r->job->output, part.text, ended, err);
    else
        status = open_anew(r, err);
    strbuf_free(&part);
    return status;
}

static dear_status check_scores(const hit_list *list, dear_error *err) {
    for (size_t i = 0; i < list->count; i++)
        if (!isfinite(list->hits[i].score))
            return error_set(err, DEAR_ERROR_INPUT,
                             "query \"%s\", document \"%s\": the model's score is not a number",
                             list->qid, list->hits[i].docid);
    return DEAR_OK;
}

static dear_status rerank_list(run *r, hit_list *list, dear_error *err) {
    const rerank_job *job = r->job;
    hit_list_cut(list, job->top_k);
    if (list->count)
        TRY(job->score(job->score_context, list, err));
    TRY(check_scores(list, err));
    hit_list_sort(list);
    TRY(hits_write_list(r->out.stream, job->format, list, r->result->finished, job->tag, err));
    if (fflush(r->out.stream) != 0)
        return error_errno(err, r->out.part_path ? r->out.part_path : "standard output");
    r->result->finished++;
    r->result->scored += list->count;
    r->passages_done += list->count;
    return DEAR_OK;
}

static bool wants_to_go_on(const run *r) {
    return !r->job->progress ||
           r->job->progress(r->job->progress_context, r->passages_done, r->passages);
}

static dear_status rerank_lists(run *r, dear_error *err) {
    const rerank_job *job = r->job;
    while (r->result->finished < r->result->queries) {
        size_t place = job->shard + r->result->finished * job->shards;
        dear_status status =
            wants_to_go_on(r) ? rerank_list(r, &job->set->lists[place], err) : DEAR_ERROR_CANCELLED;
        if (status == DEAR_ERROR_CANCELLED)
            return error_set(err, status, "stopped after %zu of %zu queries", r->result->finished,
                             r->result->queries);
        TRY(status);
    }
    wants_to_go_on(r); /* to show the end; there is nothing left to stop */
    return hits_write_end(r->out.stream, job->format, err);
}

/* Keeps what is finished; a part file without a list is of no use. */
static void abandon(run *r) {
    r->result->part_kept = r->out.part_path && r->result->finished > 0;
    output_file_discard(&r->out, r->result->part_kept);
}

dear_status rerank_job_run(const rerank_job *job, rerank_result *result, dear_error *err) {
    *result = (rerank_result){0};
    TRY(check_job(job, err));
    run r = {.job = job, .result = result};
    count_work(&r);
    bool ended;
    dear_status status = open_output(&r, &ended, err);
    if (status == DEAR_OK && ended)
        return DEAR_OK;
    if (status == DEAR_OK)
        status = rerank_lists(&r, err);
    if (status == DEAR_OK)
        return output_file_commit(&r.out, err);
    abandon(&r);
    return status;
}
