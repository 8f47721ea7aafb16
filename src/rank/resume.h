/*
 * Going on from an output that was cut off: how many of its lists are whole, and where the last
 * whole one ends. Writers end a list with the end of a line, so whatever the cut tore is behind
 * that place.
 */
#ifndef DEAR_RANK_RESUME_H
#define DEAR_RANK_RESUME_H

#include "rank/hits.h"
#include "rank/hits_format.h"

/* The lists that the output is to hold: every `step`-th of the set from `first` on, `top_k` hits of
 * each. */
typedef struct resume_plan {
    const hit_set *set;
    size_t first;
    size_t step;
    size_t top_k;
    hits_format format; ///< not a table
} resume_plan;

typedef struct resume_point {
    size_t lists; ///< whole lists
    size_t bytes; ///< where they end; what is behind is to be cut off
    bool ended;   ///< the output is complete, and there is nothing behind its end
} resume_point;

/* Reads the output at `path`. One that does not belong to the plan (another query, another number
 * of hits, a document that is no candidate) is DEAR_ERROR_INPUT. */
dear_status resume_find(resume_point *out, const char *path, const resume_plan *plan,
                        dear_error *err);

#endif
