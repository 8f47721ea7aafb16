/* A PEFT directory: what stands before the first zero byte is adapter_config.json, the rest
 * adapter_model.safetensors. */
#define _GNU_SOURCE
#include "model/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/dear-fuzz-adapter-XXXXXX";
static char config_path[64], weights_path[64];

static void remove_directory(void) {
    unlink(config_path);
    unlink(weights_path);
    rmdir(directory);
}

static void make_directory(void) {
    if (config_path[0])
        return;
    if (!mkdtemp(directory))
        abort();
    snprintf(config_path, sizeof config_path, "%s/adapter_config.json", directory);
    snprintf(weights_path, sizeof weights_path, "%s/adapter_model.safetensors", directory);
    atexit(remove_directory);
}

static void write_file(const char *path, const uint8_t *data, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    float rows[3 * 4] = {0};
    adapter *a;
    dear_error err;
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t config_size = zero ? (size_t)(zero - data) : size;
    make_directory();
    write_file(config_path, data, config_size);
    write_file(weights_path, data + config_size + (zero != NULL),
               size - config_size - (zero != NULL));
    if (adapter_open(&a, directory, &err) == DEAR_OK) {
        for (size_t i = 0; i < adapter_count(a); i++)
            adapter_add(a, adapter_name_at(a, i), 3, 4, 0, 3, rows, &err);
        adapter_close(a);
    }
    return 0;
}
