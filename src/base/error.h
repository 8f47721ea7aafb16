/* Failures: one status and one sentence, written where the failure is seen. */
#ifndef DEAR_BASE_ERROR_H
#define DEAR_BASE_ERROR_H

#include "dear/dear.h"

/*
 * Records `status` and the formatted sentence in `err` (which may be NULL) and returns `status`,
 * so that a failing function can end with `return error_set(err, DEAR_ERROR_INPUT, ...)`.
 */
dear_status error_set(dear_error *err, dear_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message that `err` holds and returns its status. */
dear_status error_prefix(dear_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The sentence for a failed system call: "`path`: strerror(errno)". */
dear_status error_errno(dear_error *err, const char *path);

/* The sentence for a failed allocation. */
dear_status error_memory(dear_error *err);

/* clang's analyzer sees one file at a time: for it alone, that these return a failure is spelt out. */
#ifdef __clang_analyzer__
#define error_set(err, status, ...) ((void)error_set(err, status, __VA_ARGS__), (status))
#define error_errno(err, path) ((void)error_errno(err, path), DEAR_ERROR_IO)
#define error_memory(err) ((void)error_memory(err), DEAR_ERROR_MEMORY)
#endif

/* Returns from the enclosing function when `call` fails. For calls that leave nothing to free. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        dear_status try_status = (call);                                                           \
        if (try_status != DEAR_OK)                                                                 \
            return try_status;                                                                     \
    } while (0)

#endif
