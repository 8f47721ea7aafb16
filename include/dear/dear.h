/*
 * libdear: rerank search results with LLaMA-family models.
 *
 * This is the library's public interface. Everything else in the source tree is private to it.
 *
 * Conventions that hold everywhere:
 *
 *  - A function that can fail returns a dear_status and takes, as its last argument, a dear_error
 *    that the caller owns (NULL if the message is not wanted). On failure nothing is left behind:
 *    output pointers are NULL and nothing needs to be freed.
 *  - The library never prints and never exits. It reports through dear_error and through callbacks.
 *  - Strings are UTF-8. Token ids are int32_t. Scores are finite floats, larger is more relevant.
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

/* What a call came to. The order is stable: values are never renumbered. */
typedef enum dear_status {
    DEAR_OK = 0,
    DEAR_ERROR_INPUT,       /* a file or text is malformed: the message names file and place */
    DEAR_ERROR_IO,          /* the operating system refused: missing file, full disk, no permission */
    DEAR_ERROR_MEMORY,      /* out of memory */
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

#ifdef __cplusplus
}
#endif
#endif
