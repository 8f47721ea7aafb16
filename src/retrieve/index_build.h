/*
 * Making an index of corpora. It is made as "output.part" and renamed when it is whole, so that an
 * index that is there stays as it was until then. What is on the disk after a break, be it kill -9
 * or a loss of power, are the batches that were committed; a later job with `resume` goes on from
 * there.
 */
#ifndef DEAR_RETRIEVE_INDEX_BUILD_H
#define DEAR_RETRIEVE_INDEX_BUILD_H

#include "base/error.h"
#include "retrieve/analyzer.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct index_build {
    char *const *corpora; ///< [num_corpora] files that rank/record_reader.h reads
    size_t num_corpora;
    const char *output;
    analysis analysis;
    bool texts;         ///< keep titles and texts, for output formats that have them
    bool resume;        ///< go on from "output.part", if it is there
    size_t batch_bytes; ///< of text to a transaction: what a break may lose

    /* Told now and then how many passages are in; returning false stops the job. May be NULL. */
    bool (*progress)(void *context, int64_t passages);
    void *progress_context;
} index_build;

typedef struct index_result {
    int64_t passages; ///< in the index, or committed to the part file
    int64_t resumed;  ///< of those, the ones that an earlier job committed
    int64_t terms;    ///< of all passages together
    bool part_kept;   ///< they stand in "output.part", for a resume
} index_result;

/* Makes the index. A docid that is there twice and a malformed record are DEAR_ERROR_INPUT, as is a
 * part file that was begun with other settings or from other documents; DEAR_ERROR_CANCELLED when
 * `progress` stopped it. `result` is filled on failure too. */
dear_status index_build_run(const index_build *job, index_result *result, dear_error *err);

#endif
