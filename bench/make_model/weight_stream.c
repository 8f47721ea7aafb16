#include "weight_stream.h"

#include "base/memory.h"
#include "base/progress.h"
#include "random_fill.h"

#include <math.h>
#include <string.h>

/* Numbers made at a time, at most four bytes each. */
enum { CHUNK = 1 << 18 };

/* Every model of a shape is the same. */
static const uint64_t SEED = 20250601;

typedef struct stream {
    uint64_t random;       ///< state of the generator
    unsigned char *buffer; ///< a chunk of a weight
    double written;        ///< bytes
    progress bar;
    weight_sink sink;
    void *context;
} stream;

/* A matrix of variance 1/columns keeps the size of what it is multiplied with, so activations stay
 * finite through any number of layers; norms are near 1. */
static void fill(stream *s, const listed_weight *w, int64_t count) {
    bool is_norm = w->num_dims == 1;
    float spread = is_norm ? 0.1f : sqrtf(3 / (float)w->info.columns);
    random_fill(&s->random, w->type, is_norm ? 1 : 0, spread, count, s->buffer);
}

static dear_status put_weight(stream *s, const listed_weight *w, dear_error *err) {
    int64_t left = w->info.rows * w->info.columns;
    while (left > 0) {
        int64_t count = left < CHUNK ? left : CHUNK;
        size_t bytes = 0;
        tensor_shape_bytes(w->type, 1, &count, &bytes);
        fill(s, w, count);
        TRY(s->sink(s->context, s->buffer, bytes, err));
        s->written += (double)bytes;
        progress_update(&s->bar, s->written);
        left -= count;
    }
    return DEAR_OK;
}

dear_status random_weights(const weight_list *list, weight_sink sink, void *context,
                           dear_error *err) {
    stream s = {.random = SEED,
                .buffer = mem_alloc_aligned(CHUNK * sizeof(float)),
                .sink = sink,
                .context = context};
    if (!s.buffer)
        return error_memory(err);
    progress_start(&s.bar, stderr, "writing", "B", (double)list->bytes);
    dear_status status = DEAR_OK;
    for (size_t i = 0; status == DEAR_OK && i < list->count; i++)
        status = put_weight(&s, &list->items[i], err);
    progress_finish(&s.bar);
    mem_free(s.buffer);
    return status;
}
