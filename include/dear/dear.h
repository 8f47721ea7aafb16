/*
 * libdear: rerank search results with LLaMA-family models.
 *
 * This is the library's public interface. Everything else in the source tree is private to it.
 *
 * A reranker is opened once and scores any number of queries:
 *
 *     dear_reranker *reranker;
 *     dear_error err;
 *     if (dear_reranker_open(&reranker, NULL, &err) != DEAR_OK)
 *         return fail(err.message);
 *     dear_passage passages[] = {{NULL, "Paris is in France."},
 *                                {NULL, "Llamas live in the Andes."}};
 *     double scores[2];
 *     size_t order[2];
 *     if (dear_reranker_score(reranker, "where do llamas live", passages, 2, scores, &err) ==
 *         DEAR_OK)
 *         dear_rank(scores, 2, order); // order[0] == 1
 *     dear_reranker_close(reranker);
 *
 * A reranker works on all cores by itself and serves one call at a time: give each thread of a
 * program its own, or a lock around one.
 *
 * Conventions that hold everywhere:
 *
 *  - A function that can fail returns a dear_status and takes, as its last argument, a dear_error
 *    that the caller owns (NULL if the message is not wanted). On failure nothing is left behind:
 *    output pointers are NULL and nothing needs to be freed.
 *  - The library never prints and never exits. It reports through dear_error and through callbacks.
 *  - Strings are UTF-8, zero-terminated. Scores are finite; larger is more relevant.
 *  - Handles are opaque, made by `..._open` and ended by `..._close`, which accepts NULL.
 */
#ifndef DEAR_DEAR_H
#define DEAR_DEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEAR_VERSION "0.1.0"

#define DEAR_API __attribute__((visibility("default")))

/* What a call came to. The order is stable: values are never renumbered. */
typedef enum dear_status {
    DEAR_OK = 0,
    DEAR_ERROR_INPUT,  /* a file or text is malformed: the message names file and place */
    DEAR_ERROR_IO,     /* the operating system refused: missing file, full disk, no permission */
    DEAR_ERROR_MEMORY, /* out of memory */
    DEAR_ERROR_UNSUPPORTED, /* well-formed, but not something this version handles */
    DEAR_ERROR_USAGE,       /* the caller asked for something contradictory */
    DEAR_ERROR_NETWORK,     /* a download failed */
    DEAR_ERROR_CANCELLED    /* a progress callback or a signal asked to stop */
} dear_status;

/* The story of a failure, in one sentence without a trailing newline. Owned by the caller. */
typedef struct dear_error {
    dear_status status;
    char message[1024];
} dear_error;

/* The number type that matrices are multiplied in. */
typedef enum dear_precision {
    DEAR_PRECISION_AUTO = 0, /* the faster of f32 and, for a model in quantized groups, int8 */
    DEAR_PRECISION_F32,
    DEAR_PRECISION_BF16, /* half the memory of f32 */
    DEAR_PRECISION_INT8  /* a quarter, or as a file in quantized groups holds it */
} dear_precision;

/* How a model says what a passage is worth. */
typedef enum dear_scorer {
    DEAR_SCORER_AUTO = 0, /* the score head if there is one, else query likelihood */
    DEAR_SCORER_HEAD,     /* the score head's logit at the pair's last token */
    DEAR_SCORER_QLM,      /* mean log-probability of the query's tokens after the passage */
    DEAR_SCORER_YES_NO    /* log-odds of "Yes" against "No" */
} dear_scorer;

/* Zero-initialize, then set what should differ from the default. */
typedef struct dear_reranker_options {
    const char *model;        /* directory, .gguf, adapter directory or known name; NULL: default */
    const char *adapter;      /* PEFT LoRA directory to merge; NULL: none */
    dear_precision precision; /* default: auto */
    dear_scorer scorer;       /* default: auto */
    int threads;              /* default 0: the cores available; holds for the whole process */
    int q_max_len;            /* tokens kept of a query; default 0: 32 */
    int p_max_len;            /* tokens kept of a passage; default 0: 196 */
} dear_reranker_options;

/* A passage as it is borrowed for one call; a NULL title is an empty one. */
typedef struct dear_passage {
    const char *title;
    const char *text;
} dear_passage;

typedef struct dear_reranker dear_reranker;

/* Loads a model; `options` may be NULL. The caller ends it with dear_reranker_close. */
DEAR_API dear_status dear_reranker_open(dear_reranker **out, const dear_reranker_options *options,
                                        dear_error *err);
DEAR_API void dear_reranker_close(dear_reranker *reranker);

/* Writes the score of each passage. A score does not depend on the other passages. */
DEAR_API dear_status dear_reranker_score(dear_reranker *reranker, const char *query,
                                         const dear_passage *passages, size_t count,
                                         double *scores /* [count] */, dear_error *err);

/* Writes the indices of `scores` from best to worst; equals keep their order. Returns
 * DEAR_ERROR_MEMORY when there is none. */
DEAR_API dear_status dear_rank(const double *scores, size_t count, size_t *order /* [count] */);

/* The library's version, "MAJOR.MINOR.PATCH". */
DEAR_API const char *dear_version(void);

#ifdef __cplusplus
}
#endif
#endif
