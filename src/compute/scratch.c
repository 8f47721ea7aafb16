#include "compute/scratch.h"

#include "base/memory.h"

struct linear_scratch {
    void *block;
    size_t bytes;
};

dear_status linear_scratch_create(linear_scratch **out, dear_error *err) {
    *out = mem_calloc(1, sizeof **out);
    return *out ? DEAR_OK : error_memory(err);
}

void linear_scratch_free(linear_scratch *s) {
    if (!s)
        return;
    mem_free(s->block);
    mem_free(s);
}

void *scratch_reserve(linear_scratch *s, size_t bytes) {
    if (s->bytes >= bytes)
        return s->block;
    mem_free(s->block);
    s->block = mem_alloc_aligned(bytes);
    s->bytes = s->block ? bytes : 0;
    return s->block;
}
