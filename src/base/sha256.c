#include "base/sha256.h"

#include "base/file.h"

#include <openssl/evp.h>

dear_status sha256_file(char hex[SHA256_HEX_LENGTH + 1], const char *path, dear_error *err) {
    file_map map;
    TRY(file_map_open(&map, path, err));
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    int ok = EVP_Digest(map.data ? map.data : (const unsigned char *)"", map.size, digest, &length,
                        EVP_sha256(), NULL);
    file_map_close(&map);
    if (!ok || length * 2 != SHA256_HEX_LENGTH)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: SHA-256 is not available", path);
    for (unsigned int i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return DEAR_OK;
}
