/* Published results: whatever the file says, only named numbers from 0 to 1 come out. */
#include "eval/published.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    published p;
    dear_error err = {0};
    if (published_parse(&p, (const char *)data, size, "fuzz", &err) != DEAR_OK) {
        if (!err.message[0] || p.rows)
            abort();
        return 0;
    }
    for (size_t i = 0; i < p.count; i++) {
        const published_row *row = &p.rows[i];
        if (!row->system[0] || !row->dataset[0] || !row->measure[0] || !row->source[0])
            abort();
        if (!(row->value >= 0 && row->value <= 1) || row->seconds <= 0)
            abort();
    }
    published_free(&p);
    return 0;
}
