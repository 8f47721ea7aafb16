/* The state of a training: as it stands, and with the checksum that its content should have. */
#define _GNU_SOURCE
#include "memory_file.h"
#include "train/train_state.h"

#include <openssl/sha.h>
#include <string.h>

static void load(const uint8_t *data, size_t size) {
    float a[3], b[2];
    const state_span spans[] = {{"a", a, 3}, {"b", b, 2}};
    memory_file file = memory_file_make(data, size);
    train_state state;
    dear_error damage, err = {0};
    if (train_state_load(&state, spans, 2, file.path, &damage, &err) != DEAR_OK) {
        if (!err.message[0])
            abort();
    } else if (state.step < 0 || state.epoch < 0 || state.position < 0 ||
               strlen(state.settings) > SHA256_HEX) {
        abort();
    }
    close(file.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    load(data, size);
    if (size < SHA256_DIGEST_LENGTH)
        return 0;
    uint8_t *mended = malloc(size);
    if (!mended)
        abort();
    size_t content = size - SHA256_DIGEST_LENGTH;
    memcpy(mended, data, content);
    SHA256(mended, content, mended + content);
    load(mended, size);
    free(mended);
    return 0;
}
