/* The catalogue of data sets: whatever it says, only safe names and paths come out. */
#include "eval/datasets.h"
#include "model/hub_listing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_set(const dataset_catalogue *c, const dataset_entry *set) {
    if (!hub_file_name_is_safe(set->name) || dataset_find(c, set->name) != set)
        abort();
    for (int p = 0; p < DATASET_PARTS; p++) {
        const dataset_source *source = &set->parts[p];
        if (source->place != DATASET_NOWHERE && !hub_file_path_is_safe(source->file))
            abort();
        if (source->sha256 && (strlen(source->sha256) != 64 || source->size < 0))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dataset_catalogue c;
    dear_error err = {0};
    if (dataset_catalogue_parse(&c, (const char *)data, size, "fuzz", &err) != DEAR_OK) {
        if (!err.message[0] || c.sets)
            abort();
        return 0;
    }
    for (size_t i = 0; i < c.count; i++)
        check_set(&c, &c.sets[i]);
    dataset_catalogue_free(&c);
    return 0;
}
