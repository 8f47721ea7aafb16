/* Searching for a whole set of queries, by all threads, written in the order of the set. */
#ifndef DEAR_RETRIEVE_RETRIEVE_JOB_H
#define DEAR_RETRIEVE_RETRIEVE_JOB_H

#include "rank/hits_format.h"
#include "retrieve/retriever.h"

typedef struct retrieve_job {
    retriever *index;
    hit_set *queries;   ///< lists without hits, which are filled, written and emptied again
    size_t top_k;       ///< passages of a query, >= 1
    const char *output; ///< NULL or "-" is standard output
    hits_format format;
    const char *tag; ///< last column of a TREC run

    /* Told now and then; returning false stops the job. May be NULL. */
    bool (*progress)(void *context, size_t queries_done);
    void *progress_context;
} retrieve_job;

/* Runs the job. A format that has texts needs an index that keeps them: DEAR_ERROR_USAGE.
 * DEAR_ERROR_CANCELLED when `progress` stopped it; nothing is left of the output then. */
dear_status retrieve_job_run(const retrieve_job *job, dear_error *err);

#endif
