/* Every record of a file, as queries and as a corpus: TSV, JSON Lines, TREC's markup. */
#define _GNU_SOURCE
#include "memory_file.h"
#include "rank/record_reader.h"

static void check_record(const record *found, size_t line) {
    if (!*found->id || !found->title || !found->text || found->line < line)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    for (collection_kind kind = COLLECTION_QUERIES; kind <= COLLECTION_CORPUS; kind++) {
        record_reader *reader;
        record found = {.id = "", .line = 1};
        dear_error err = {0};
        if (record_reader_open(&reader, kind, file.path, &err) != DEAR_OK)
            abort();
        dear_status status = DEAR_OK;
        while (status == DEAR_OK && found.id) {
            size_t line = found.line;
            status = record_reader_next(reader, &found, &err);
            if (status == DEAR_OK && found.id)
                check_record(&found, line);
        }
        if (status != DEAR_OK && !err.message[0])
            abort();
        record_reader_close(reader);
    }
    close(file.fd);
    return 0;
}
