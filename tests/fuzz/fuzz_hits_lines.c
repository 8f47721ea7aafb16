/* Ranked lists line by line: JSON Lines, TREC, TSV, and whatever the first line looks like. */
#define _GNU_SOURCE
#include "hits_check.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const hits_format formats[] = {HITS_FORMAT_AUTO, HITS_FORMAT_JSONL, HITS_FORMAT_TREC,
                                          HITS_FORMAT_TSV};
    memory_file file = memory_file_make(data, size);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        check_reading(&(hits_input){.path = file.path, .format = formats[i]});
    close(file.fd);
    return 0;
}
