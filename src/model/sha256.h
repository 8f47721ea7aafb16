/* The SHA-256 of a file, by which results and reports say which file they mean, and of bytes (FIPS
 * 180-4). */
#ifndef DEAR_MODEL_SHA256_H
#define DEAR_MODEL_SHA256_H

#include "base/error.h"

enum { SHA256_HEX = 64 };

/* Writes 64 hexadecimal digits, lower case, and a zero. A file that cannot be read is an error that
 * names it. */
dear_status sha256_file(char hex[SHA256_HEX + 1], const char *path, dear_error *err);

/* The same of `length` bytes. */
dear_status sha256_bytes(char hex[SHA256_HEX + 1], const void *bytes, size_t length,
                         dear_error *err);

#endif
