/* Any bytes as a safetensors file. */
#define _GNU_SOURCE
#include "memory_file.h"

#include "model/safetensors.h"

enum { SOME = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static float numbers[SOME];
    memory_file file = memory_file_make(data, size);
    safetensors *s;
    dear_error err;
    if (safetensors_open(&s, file.path, &err) == DEAR_OK) {
        for (size_t i = 0; i < safetensors_count(s); i++) {
            const tensor *t = safetensors_at(s, i);
            if (!tensor_type_known(t->type))
                continue;
            int64_t count = (int64_t)(t->bytes / tensor_block_bytes(t->type));
            tensor_widen(t->type, t->data, count < SOME ? count : SOME, numbers);
        }
        safetensors_close(s);
    }
    close(file.fd);
    return 0;
}
