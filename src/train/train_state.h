/*
 * What a training goes on from: where it is, and named arrays (parameters, moments), in one file.
 *
 *   8 bytes    "DEARTRN1"
 *   8 bytes    H, little-endian
 *   H bytes    JSON: {"step": …, "epoch": …, "position": …, "seed": …, "settings": "…", "best": …,
 *              "best_step": …, "arrays": [{"name": "…", "count": …}, …]}
 *   4 bytes    for each number of each array, float32, end to end
 *   32 bytes   SHA-256 of all before
 *
 * The last two are kept: "path" and, from the save before, "path.previous". A save is written
 * beside, flushed to the disk and renamed, so that a process killed at any moment leaves at least
 * one that is whole.
 */
#ifndef DEAR_TRAIN_TRAIN_STATE_H
#define DEAR_TRAIN_TRAIN_STATE_H

#include "base/error.h"
#include "model/sha256.h"

typedef struct train_state {
    int64_t step;     ///< updates done
    int64_t epoch;    ///< from 0
    int64_t position; ///< groups of the epoch done
    uint64_t seed;
    char settings[SHA256_HEX + 1]; ///< a hash of what must stay as it was; the caller's to compare
    double best;                   ///< the best validation so far; NAN without one
    int64_t best_step;             ///< when that was
} train_state;

/* A named array of the caller's: saved from, loaded into. */
typedef struct state_span {
    const char *name;
    float *data;
    int64_t count;
} state_span;

/* Saves; on failure what was there before can still be loaded. */
dear_status train_state_save(const train_state *state, const state_span *spans, size_t count,
                             const char *path, dear_error *err);

/*
 * Loads the newest state into `out` and into the arrays, which must be those saved: same names,
 * order and sizes, or it is DEAR_ERROR_USAGE. Where the newest is missing or damaged the one before
 * is taken, and `damage`, whose status is DEAR_OK otherwise, says what is wrong with the newest.
 * On failure the arrays are as they were.
 */
dear_status train_state_load(train_state *out, const state_span *spans, size_t count,
                             const char *path, dear_error *damage, dear_error *err);

#endif
