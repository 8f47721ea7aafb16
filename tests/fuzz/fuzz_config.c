/* Any bytes as config.json and as generation_config.json: what is read holds together. */
#define _GNU_SOURCE
#include "memory_file.h"

#include "model/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    llama_config config;
    dear_error err;
    if (config_read_json(&config, file.path, &err) == DEAR_OK) {
        if (config_check(&config, "config", &err) != DEAR_OK)
            abort();
        config_read_generation(&config, file.path, &err);
        if (config.num_eos > MODEL_MAX_EOS)
            abort();
    }
    close(file.fd);
    return 0;
}
