#include "weight_writer.h"

#include "base/memory.h"
#include "random_fill.h"

/* Numbers made at a time, at most four bytes each. */
enum { CHUNK = 1 << 18 };

/* Every model of a shape is the same. */
static const uint64_t SEED = 20250601;

dear_status weight_writer_open(weight_writer *w, double bytes, dear_error *err) {
    *w = (weight_writer){.random = SEED, .buffer = mem_alloc_aligned(CHUNK * sizeof(float))};
    if (!w->buffer)
        return error_memory(err);
    progress_start(&w->bar, stderr, "writing", "B", bytes);
    return DEAR_OK;
}

dear_status write_bytes(output_file *out, const void *bytes, size_t count, dear_error *err) {
    if (fwrite(bytes, 1, count, out->stream) != count)
        return error_errno(err, out->part_path);
    return DEAR_OK;
}

dear_status weight_writer_put(weight_writer *w, output_file *out, const weight *item,
                              dear_error *err) {
    int64_t left = item->rows * item->columns;
    while (left > 0) {
        int64_t count = left < CHUNK ? left : CHUNK;
        size_t bytes;
        tensor_shape_bytes(item->type, 1, &count, &bytes);
        random_fill(&w->random, item->type, item->mean, item->spread, count, w->buffer);
        TRY(write_bytes(out, w->buffer, bytes, err));
        w->written += (double)bytes;
        progress_update(&w->bar, w->written);
        left -= count;
    }
    return DEAR_OK;
}

void weight_writer_close(weight_writer *w) {
    progress_finish(&w->bar);
    mem_free(w->buffer);
    *w = (weight_writer){0};
}
