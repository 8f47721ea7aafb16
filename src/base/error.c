#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef error_set
#undef error_errno
#undef error_memory

dear_status error_set(dear_error *err, dear_status status, const char *format, ...) {
    if (!err)
        return status;
    va_list args;
    va_start(args, format);
    err->status = status;
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return status;
}

dear_status error_prefix(dear_error *err, const char *format, ...) {
    if (!err)
        return DEAR_ERROR_INPUT;
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->message)
        snprintf(err->message + n, sizeof err->message - (size_t)n, ": %.*s",
                 (int)(sizeof err->message - (size_t)n), old);
    return err->status;
}

dear_status error_errno(dear_error *err, const char *path) {
    return error_set(err, DEAR_ERROR_IO, "%s: %s", path, strerror(errno));
}

dear_status error_memory(dear_error *err) {
    return error_set(err, DEAR_ERROR_MEMORY, "out of memory");
}
