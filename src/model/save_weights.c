#include "model/save_weights.h"

#include "base/memory.h"
#include "model/model_parts.h"
#include "model/quantize.h"

#include <string.h>

/* Numbers of a block of rows, when a row is not more by itself. */
enum { BLOCK_NUMBERS = 1 << 20 };

typedef struct stream {
    const model *m;
    row_order order;
    weight_sink sink;
    void *sink_context;
    const save_options *options;
    uint64_t total, written; ///< bytes
    float *rows;             ///< a block as Hugging Face orders it
    float *ordered;          ///< the same as the file orders it
    unsigned char *narrow;   ///< and in the file's type
} stream;

/* A bias is a column here: its numbers are what is permuted. */
static int64_t row_length(const listed_weight *w) {
    return w->num_dims == 1 ? 1 : w->info.columns;
}

static int64_t row_count(const listed_weight *w) {
    return w->num_dims == 1 ? w->info.columns : w->info.rows;
}

/* Rows at a time: whole heads, since rows change places inside a head; a vector as a whole. */
static int64_t block_rows(const model *m, const listed_weight *w) {
    if (w->num_dims == 1)
        return row_count(w);
    int64_t rows = BLOCK_NUMBERS / row_length(w);
    int64_t unit = w->info.permuted_heads ? m->config.head_dim : 1;
    rows = rows / unit * unit;
    if (rows < unit)
        rows = unit;
    return rows < row_count(w) ? rows : row_count(w);
}

static int64_t largest_block(const model *m, const weight_list *list) {
    int64_t largest = 0;
    for (size_t i = 0; i < list->count; i++) {
        int64_t numbers = block_rows(m, &list->items[i]) * row_length(&list->items[i]);
        largest = numbers > largest ? numbers : largest;
    }
    return largest;
}

static dear_status allocate(stream *s, const weight_list *list, dear_error *err) {
    size_t numbers = (size_t)largest_block(s->m, list);
    s->rows = mem_alloc_aligned(numbers * sizeof *s->rows);
    s->ordered = mem_alloc_aligned(numbers * sizeof *s->ordered);
    s->narrow = mem_alloc_aligned(numbers * sizeof *s->rows); /* no type is wider */
    return s->rows && s->ordered && s->narrow ? DEAR_OK : error_memory(err);
}

static dear_status read_block(stream *s, const listed_weight *w, int64_t first, int64_t count,
                              dear_error *err) {
    if (w->num_dims == 1)
        count = 1; /* the model's readers take a vector for one row */
    return model_read_rows(s->m, w->name, w->info.rows, w->info.columns, first, count, s->rows,
                           err);
}

/* The block as the file has it. */
static const float *in_order(stream *s, const listed_weight *w, int64_t count) {
    if (s->order == ROWS_HUGGING_FACE || !w->info.permuted_heads)
        return s->rows;
    int64_t length = row_length(w);
    for (int64_t row = 0; row < count; row++)
        memcpy(s->ordered + weight_gguf_row(s->m->config.head_dim, row) * length,
               s->rows + row * length, (size_t)length * sizeof *s->rows);
    return s->ordered;
}

static dear_status check_numbers(const stream *s, const listed_weight *w, int64_t first,
                                 int64_t count, dear_error *err) {
    int64_t length = row_length(w), place = quantize_find_misfit(w->type, s->rows, count * length);
    if (place < 0)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "%s: weight \"%s\", row %lld, column %lld: %g cannot be written as %s",
                     s->m->path, w->name, (long long)(first + place / length),
                     (long long)(place % length), (double)s->rows[place],
                     tensor_type_name(w->type));
}

static dear_status show_progress(const stream *s, dear_error *err) {
    const save_options *o = s->options;
    if (!o->progress || o->progress(o->context, (double)s->written / (double)s->total))
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_CANCELLED, "%s: interrupted: nothing is written", s->m->path);
}

static dear_status put_block(stream *s, const listed_weight *w, int64_t first, int64_t count,
                             dear_error *err) {
    TRY(read_block(s, w, first, count, err));
    TRY(check_numbers(s, w, first, count, err));
    int64_t numbers = count * row_length(w);
    size_t bytes = (size_t)(numbers / tensor_block_elements(w->type)) * tensor_block_bytes(w->type);
    quantize(w->type, in_order(s, w, count), numbers, s->narrow);
    model_release(s->m);
    TRY(s->sink(s->sink_context, s->narrow, bytes, err));
    s->written += bytes;
    return show_progress(s, err);
}

static dear_status put_weight(stream *s, const listed_weight *w, dear_error *err) {
    int64_t rows = row_count(w), at_once = block_rows(s->m, w);
    for (int64_t first = 0; first < rows; first += at_once)
        TRY(put_block(s, w, first, rows - first < at_once ? rows - first : at_once, err));
    return DEAR_OK;
}

dear_status save_weights(const model *m, const weight_list *list, row_order order, weight_sink sink,
                         void *sink_context, const save_options *o, dear_error *err) {
    stream s = {.m = m,
                .order = order,
                .sink = sink,
                .sink_context = sink_context,
                .options = o,
                .total = list->bytes};
    dear_status status = allocate(&s, list, err);
    for (size_t i = 0; status == DEAR_OK && i < list->count; i++)
        status = put_weight(&s, &list->items[i], err);
    mem_free(s.rows);
    mem_free(s.ordered);
    mem_free(s.narrow);
    return status;
}
