/* Checking a fetched file against what the hub announced. */
#ifndef DEAR_MODEL_HUB_CHECKSUM_H
#define DEAR_MODEL_HUB_CHECKSUM_H

#include "base/error.h"

/* A hub names small files by git's hash of them and large ones (LFS) by their SHA-256. */
typedef enum hub_digest {
    HUB_DIGEST_GIT_BLOB, ///< SHA-1 of "blob SIZE\0" and the content, 40 digits
    HUB_DIGEST_SHA256    ///< 64 digits
} hub_digest;

enum { HUB_DIGEST_MAX_LENGTH = 64 };

/* What a file must be. */
typedef struct hub_checksum {
    int64_t size; ///< bytes
    hub_digest kind;
    char hex[HUB_DIGEST_MAX_LENGTH + 1]; ///< lower case
} hub_checksum;

/* Hexadecimal digits of a digest of that kind. */
size_t hub_digest_length(hub_digest kind);

/* Told how many bytes were read so far; returning false stops the check. */
typedef bool (*hub_checksum_progress)(void *context, int64_t done);

/*
 * Reads the file and sets *matches to whether it is as expected; a file that is not there does not
 * match. DEAR_ERROR_CANCELLED when `progress` (or NULL) said so.
 */
dear_status hub_checksum_file(bool *matches, const char *path, const hub_checksum *expected,
                              hub_checksum_progress progress, void *context, dear_error *err);

#endif
