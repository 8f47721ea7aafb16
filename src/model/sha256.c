#include "model/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>

static dear_status hash_stream(EVP_MD_CTX *digest, FILE *stream, const char *path,
                               dear_error *err) {
    unsigned char chunk[1 << 14];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, stream)) > 0;)
        if (EVP_DigestUpdate(digest, chunk, n) != 1)
            return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: hashing failed", path);
    return ferror(stream) ? error_errno(err, path) : DEAR_OK;
}

static void print_digits(char hex[SHA256_HEX + 1], const unsigned char *digest) {
    for (size_t i = 0; i < SHA256_HEX / 2; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static dear_status write_digits(char hex[SHA256_HEX + 1], EVP_MD_CTX *digest, const char *path,
                                dear_error *err) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    if (EVP_DigestFinal_ex(digest, bytes, NULL) != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: hashing failed", path);
    print_digits(hex, bytes);
    return DEAR_OK;
}

static dear_status hash_file(char hex[SHA256_HEX + 1], EVP_MD_CTX *digest, const char *path,
                             dear_error *err) {
    if (EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "OpenSSL offers no SHA-256 here");
    FILE *stream = fopen(path, "rbe");
    if (!stream)
        return error_errno(err, path);
    dear_status status = hash_stream(digest, stream, path, err);
    fclose(stream);
    return status == DEAR_OK ? write_digits(hex, digest, path, err) : status;
}

dear_status sha256_file(char hex[SHA256_HEX + 1], const char *path, dear_error *err) {
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!digest)
        return error_memory(err);
    hex[0] = 0;
    dear_status status = hash_file(hex, digest, path, err);
    EVP_MD_CTX_free(digest);
    return status;
}

dear_status sha256_bytes(char hex[SHA256_HEX + 1], const void *bytes, size_t length,
                         dear_error *err) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    hex[0] = 0;
    if (EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL) != 1)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "OpenSSL offers no SHA-256 here");
    print_digits(hex, digest);
    return DEAR_OK;
}
