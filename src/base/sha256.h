/* SHA-256 (FIPS 180-4), through OpenSSL. */
#ifndef DEAR_BASE_SHA256_H
#define DEAR_BASE_SHA256_H

#include "base/error.h"

enum { SHA256_HEX_LENGTH = 64 };

/* The digest of a file's bytes as 64 lower-case hexadecimal digits and a zero. */
dear_status sha256_file(char hex[SHA256_HEX_LENGTH + 1], const char *path, dear_error *err);

#endif
