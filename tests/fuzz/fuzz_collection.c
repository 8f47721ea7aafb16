/* Queries and corpora, TSV and JSON Lines. */
#define _GNU_SOURCE
#include "memory_file.h"
#include "rank/collection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const wanted[] = {"a", "b", "1", "2"};
    memory_file file = memory_file_make(data, size);
    for (collection_kind kind = COLLECTION_QUERIES; kind <= COLLECTION_CORPUS; kind++) {
        collection c = {0};
        dear_error err = {0};
        for (size_t i = 0; i < 4; i++)
            if (collection_want(&c, wanted[i], &err) != DEAR_OK)
                abort();
        if (collection_read(&c, kind, file.path, &err) != DEAR_OK && !err.message[0])
            abort();
        for (size_t i = 0; i < 4; i++) {
            const collection_entry *found = collection_find(&c, wanted[i]);
            if (found && (!found->title || !found->text || found->line == 0))
                abort();
        }
        collection_free(&c);
    }
    close(file.fd);
    return 0;
}
