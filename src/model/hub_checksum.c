#define _GNU_SOURCE
#include "model/hub_checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

size_t hub_digest_length(hub_digest kind) {
    return kind == HUB_DIGEST_SHA256 ? 64 : 40;
}

static bool begin(EVP_MD_CTX *digest, const hub_checksum *expected) {
    if (expected->kind == HUB_DIGEST_SHA256)
        return EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
    char header[32]; /* with its zero, which git hashes too */
    int length = snprintf(header, sizeof header, "blob %lld", (long long)expected->size);
    return EVP_DigestInit_ex(digest, EVP_sha1(), NULL) == 1 &&
           EVP_DigestUpdate(digest, header, (size_t)length + 1) == 1;
}

static bool agrees(EVP_MD_CTX *digest, const hub_checksum *expected) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    if (EVP_DigestFinal_ex(digest, bytes, &length) != 1)
        return false;
    for (unsigned int i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return strcmp(hex, expected->hex) == 0;
}

static dear_status hash_stream(EVP_MD_CTX *digest, int fd, const char *path,
                               hub_checksum_progress progress, void *context, dear_error *err) {
    unsigned char chunk[CHUNK];
    int64_t done = 0;
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0)
            return error_errno(err, path);
        if (EVP_DigestUpdate(digest, chunk, (size_t)n) != 1)
            return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: hashing failed", path);
        done += n;
        if (progress && !progress(context, done))
            return error_set(err, DEAR_ERROR_CANCELLED, "stopped while checking %s", path);
    }
    return DEAR_OK;
}

static dear_status check_stream(bool *matches, int fd, const char *path,
                                const hub_checksum *expected, hub_checksum_progress progress,
                                void *context, dear_error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_errno(err, path);
    if (!S_ISREG(info.st_mode) || info.st_size != expected->size)
        return DEAR_OK;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!digest)
        return error_memory(err);
    dear_status status = DEAR_OK;
    if (!begin(digest, expected))
        status = error_set(err, DEAR_ERROR_UNSUPPORTED, "OpenSSL offers no %s here",
                           expected->kind == HUB_DIGEST_SHA256 ? "SHA-256" : "SHA-1");
    if (status == DEAR_OK)
        status = hash_stream(digest, fd, path, progress, context, err);
    if (status == DEAR_OK)
        *matches = agrees(digest, expected);
    EVP_MD_CTX_free(digest);
    return status;
}

dear_status hub_checksum_file(bool *matches, const char *path, const hub_checksum *expected,
                              hub_checksum_progress progress, void *context, dear_error *err) {
    *matches = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? DEAR_OK : error_errno(err, path);
    dear_status status = check_stream(matches, fd, path, expected, progress, context, err);
    close(fd);
    return status;
}
