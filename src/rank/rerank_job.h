/*
 * Reranking a whole set: each query's candidates are scored, sorted and written before the next
 * query begins, so that a run that is stopped or killed leaves what it finished, and a later one
 * goes on from there. What is written does not depend on how often that happened.
 */
#ifndef DEAR_RANK_RERANK_JOB_H
#define DEAR_RANK_RERANK_JOB_H

#include "rank/hits.h"
#include "rank/hits_format.h"

typedef struct rerank_job {
    hit_set *set;       ///< the candidates; finished lists are cut and sorted in place
    size_t top_k;       ///< candidates of a query that are reranked and written, >= 1
    size_t shard;       ///< this job does the queries shard, shard + shards, ... (from 0)
    size_t shards;      ///< >= 1
    const char *output; ///< NULL or "-" is standard output
    hits_format format; ///< of the output
    const char *tag;    ///< last column of a TREC run
    bool resume;        ///< goes on from "output.part", or from `output` if that was cut off

    /* Replaces the scores of the list's hits; their order stays. DEAR_ERROR_CANCELLED stops the
     * job as `progress` does. */
    dear_status (*score)(void *context, hit_list *list, dear_error *err);
    void *score_context;

    /* Told after each query; returning false stops the job. May be NULL. */
    bool (*progress)(void *context, size_t passages_done, size_t passages);
    void *progress_context;
} rerank_job;

typedef struct rerank_result {
    size_t queries;  ///< of this job
    size_t finished; ///< queries whose list is written, now or before
    size_t resumed;  ///< of those, the ones that an earlier run wrote
    size_t scored;   ///< passages scored now
    bool part_kept;  ///< finished lists stand in "output.part", for a resume
} rerank_result;

/* Runs the job. DEAR_ERROR_CANCELLED when `progress` stopped it. `result` is filled on failure
 * too. */
dear_status rerank_job_run(const rerank_job *job, rerank_result *result, dear_error *err);

#endif
