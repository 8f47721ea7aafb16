/* Ranked lists as a JSON array, RankGPT's or DPR's. */
#define _GNU_SOURCE
#include "hits_check.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    for (hits_format format = HITS_FORMAT_RANKGPT; format <= HITS_FORMAT_DPR; format++)
        check_reading(&(hits_input){.path = file.path, .format = format});
    close(file.fd);
    return 0;
}
