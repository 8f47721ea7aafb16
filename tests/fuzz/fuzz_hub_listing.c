/* A hub's listing of a repository: whatever it says, only safe names and whole checksums come out. */
#include "model/hub_listing.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const hub_file *file) {
    const hub_checksum *expected = &file->expected;
    size_t digits = hub_digest_length(expected->kind);
    if (!hub_file_name_is_safe(file->name) || strchr(file->name, '/') || file->name[0] == '.')
        abort();
    if (expected->size < 0 || strlen(expected->hex) != digits)
        abort();
}

static void check_listing(hub_listing *listing) {
    int64_t bytes = 0;
    for (size_t f = 0; f < listing->count; f++) {
        check_file(&listing->files[f]);
        bytes += listing->files[f].expected.size;
    }
    if (listing->count == 0 || bytes != listing->bytes)
        abort();
    hub_listing_free(listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const choices[] = {NULL, "a.gguf"};
    const char *json = (const char *)data;
    hub_listing listing;
    dear_error err;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (hub_listing_parse(&listing, json, size, "org/name", choices[i], &err) == DEAR_OK)
            check_listing(&listing);
    if (hub_listing_parse_file(&listing, json, size, "org/name", "config.json", &err) == DEAR_OK)
        check_listing(&listing);
    return 0;
}
