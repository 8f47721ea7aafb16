#include "compute/panels.h"

#include "base/memory.h"
#include "compute/kernels.h"
#include "compute/scratch.h"

#include <omp.h>
#include <string.h>

enum {
    K_BLOCK = 256, ///< of float32: a panel of 16 columns takes 16 KiB, half a first-level cache
    ROWS_MAX = 96, ///< rows of activations that stay in the second-level cache
    ROWS_MIN = 24,
    CHUNK_MAX = 8,     ///< panels of a task
    SOURCE_ROWS = 256, ///< weight rows that are asked of the source at a time
    TASKS_A_THREAD = 4,
    PARALLEL_WORK = 1 << 16 ///< multiplications under which waking threads costs more than it gives
};

struct panels {
    precision precision;
    size_t n, k;    ///< output and input features
    size_t count;   ///< panels: n over the kernels' width, rounded up
    size_t element; ///< bytes of one weight
    void *data;     ///< [count][k][panel]
};

static size_t divide_up(size_t n, size_t by) {
    return (n + by - 1) / by;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t panel_elements(const panels *w) {
    return w->k * kernels_get()->panel;
}

static void *panel_at(const panels *w, size_t index, size_t k) {
    return (char *)w->data + (index * panel_elements(w) + k * kernels_get()->panel) * w->element;
}

/* ---- packing ---- */

/* Bytes a thread needs to pack a panel: the panel as float32. */
static size_t packing_bytes(const panels *w) {
    return scratch_lines(panel_elements(w) * sizeof(float));
}

/* `count` output channels' rows to panel `index`. */
static void pack_panel(panels *w, size_t index, const float *rows, size_t count, void *buffer) {
    const kernels *kn = kernels_get();
    const float *row[KERNELS_MAX_PANEL];
    for (size_t i = 0; i < count; i++)
        row[i] = rows + i * w->k;
    if (w->precision == PRECISION_BF16) {
        kn->transpose_panel(buffer, row, count, w->k);
        kn->to_bf16(panel_at(w, index, 0), buffer, panel_elements(w));
    } else {
        kn->transpose_panel(panel_at(w, index, 0), row, count, w->k);
    }
}

/* Reads the weight a few panels at a time. `rows` has room for SOURCE_ROWS of them, `buffers` for
 * packing_bytes a thread. */
static dear_status pack_rows(panels *w, const linear_source *source, float *rows, char *buffers,
                             int threads, dear_error *err) {
    size_t width = kernels_get()->panel;
    for (size_t first = 0; first < w->n; first += SOURCE_ROWS) {
        size_t count = smaller(SOURCE_ROWS, w->n - first);
        TRY(source->rows(source->context, (int64_t)first, (int64_t)count, rows, err));
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t i = 0; i < count; i += width)
            pack_panel(w, (first + i) / width, rows + i * w->k, smaller(width, count - i),
                       buffers + (size_t)omp_get_thread_num() * packing_bytes(w));
    }
    return DEAR_OK;
}

/* Row `k` of the transpose to panel `index`; columns beyond it are zeros. */
static void pack_piece(panels *w, size_t index, size_t k, const float *row) {
    const kernels *kn = kernels_get();
    size_t column = index * kn->panel, count = smaller(kn->panel, w->n - column);
    void *to = panel_at(w, index, k);
    memset(to, 0, kn->panel * w->element);
    if (w->precision == PRECISION_BF16)
        kn->to_bf16(to, row + column, count);
    else
        memcpy(to, row + column, count * sizeof *row);
}

/* As pack_rows, of a transposed source: panels grow row by row, all at the same time. */
static dear_status pack_columns(panels *w, const linear_source *source, float *rows, int threads,
                                dear_error *err) {
    for (size_t first = 0; first < w->k; first += SOURCE_ROWS) {
        size_t count = smaller(SOURCE_ROWS, w->k - first);
        TRY(source->rows(source->context, (int64_t)first, (int64_t)count, rows, err));
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t index = 0; index < w->count; index++)
            for (size_t i = 0; i < count; i++)
                pack_piece(w, index, first + i, rows + i * w->n);
    }
    return DEAR_OK;
}

/* Floats of the block that the source fills. */
static size_t source_floats(const panels *w, const linear_source *source) {
    return source->transposed ? smaller(w->k, SOURCE_ROWS) * w->n
                              : smaller(w->n, SOURCE_ROWS) * w->k;
}

dear_status panels_create(panels **out, int64_t out_features, int64_t in_features, precision p,
                          const linear_source *source, dear_error *err) {
    *out = NULL;
    panels *w = mem_calloc(1, sizeof *w);
    if (!w)
        return error_memory(err);
    w->precision = p;
    w->n = (size_t)out_features;
    w->k = (size_t)in_features;
    w->count = divide_up(w->n, kernels_get()->panel);
    w->element = p == PRECISION_BF16 ? 2 : 4;
    int threads = compute_threads();
    w->data = mem_alloc_aligned(w->count * panel_elements(w) * w->element);
    float *rows = mem_calloc(source_floats(w, source), sizeof *rows);
    char *buffers = mem_alloc_aligned((size_t)threads * packing_bytes(w));
    dear_status status = DEAR_OK;
    if (!w->data || !rows || !buffers)
        status = error_memory(err);
    else if (source->transposed)
        status = pack_columns(w, source, rows, threads, err);
    else
        status = pack_rows(w, source, rows, buffers, threads, err);
    mem_free(rows);
    mem_free(buffers);
    if (status == DEAR_OK)
        *out = w;
    else
        panels_free(w);
    return status;
}

void panels_free(panels *w) {
    if (!w)
        return;
    mem_free(w->data);
    mem_free(w);
}

size_t panels_bytes(const panels *w) {
    return w->count * panel_elements(w) * w->element;
}

/* ---- multiplying ---- */

/* One application: how it is cut into tasks, and its parts of the scratch block. */
typedef struct product {
    const panels *w;
    const kernels *kn;
    const linear_rows *in;
    float *y; ///< [rows, n]
    size_t rows;
    size_t row_block; ///< rows of a task
    size_t chunk;     ///< panels of a task
    int threads;
    const float *a; ///< activations as the kernels read them
    size_t lda;     ///< elements from row to row of `a`
    float *copies;  ///< of the activations, when `a` is not x itself
    char *private;  ///< [threads][private_bytes]
    size_t private_bytes;
} product;

/* Bytes of a widened block of one panel. */
static size_t widened_bytes(const product *p) {
    return K_BLOCK * p->kn->panel * sizeof(float);
}

static size_t sums_bytes(const product *p) {
    return p->row_block * p->chunk * p->kn->panel * sizeof(float);
}

static size_t num_tasks(const product *p) {
    return divide_up(p->rows, p->row_block) * divide_up(p->w->count, p->chunk);
}

/* Large tasks reuse what is in the caches; but each thread wants a few, to end with the others. */
static void cut_into_tasks(product *p) {
    bool small = p->rows * p->w->n * p->w->k < PARALLEL_WORK || omp_in_parallel();
    p->threads = small ? 1 : compute_threads();
    p->chunk = smaller(CHUNK_MAX, p->w->count);
    size_t blocks = divide_up(p->rows, ROWS_MAX);
    size_t wanted = p->threads == 1 ? 1 : (size_t)p->threads * TASKS_A_THREAD;
    for (;;) {
        p->row_block = divide_up(divide_up(p->rows, blocks), 12) * 12; // whole tiles of any kernel
        if (num_tasks(p) >= wanted)
            return;
        if (p->chunk > 1)
            p->chunk = (p->chunk + 1) / 2;
        else if (p->row_block > ROWS_MIN)
            blocks *= 2;
        else
            return;
    }
}

/* Rows a multiple of 4 KiB apart would all fall on the same few sets of the caches. */
static bool strides_collide(size_t k) {
    return k * sizeof(float) % 4096 == 0;
}

/* Lays the parts of the scratch block out. */
static bool reserve(product *p, linear_scratch *scratch) {
    size_t copies = 0;
    p->lda = p->w->k;
    if (strides_collide(p->w->k) && p->rows > 1) {
        p->lda = p->w->k + 16;
        copies = scratch_lines(p->rows * p->lda * sizeof(float));
    }
    p->private_bytes = sums_bytes(p) + widened_bytes(p);
    char *block = scratch_reserve(scratch, copies + (size_t)p->threads * p->private_bytes);
    if (!block)
        return false;
    p->copies = copies ? (float *)block : NULL;
    p->a = copies ? p->copies : p->in->x;
    p->private = block + copies;
    return true;
}

static char *my_private(const product *p) {
    return p->private + (size_t)omp_get_thread_num() * p->private_bytes;
}

static void copy_rows(product *p) {
    if (!p->copies)
        return;
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t row = 0; row < p->rows; row++)
        memcpy(p->copies + row * p->lda, p->in->x + row * p->w->k, p->w->k * sizeof *p->copies);
}

/* `count` k's of a panel as float32. */
static const float *widen(const product *p, size_t panel, size_t k, size_t count, float *buffer) {
    const void *stored = panel_at(p->w, panel, k);
    if (p->w->precision == PRECISION_F32)
        return stored;
    p->kn->from_bf16(buffer, stored, count * p->kn->panel);
    return buffer;
}

/* Sums of the products of `rows` rows and one panel over one block of k. */
static void multiply(const product *p, float *sums, size_t row, size_t rows, const float *b,
                     size_t k, size_t count) {
    p->kn->gemm_f32(sums, p->chunk * p->kn->panel, p->a + row * p->lda + k, p->lda, b, p->kn->panel,
                    rows, count, k > 0);
}

/* From sums to y, without the padding of the last panel. */
static void finish_row(const product *p, const float *sums, size_t row, size_t column,
                       size_t columns) {
    float *y = p->y + row * p->w->n + column;
    if (p->in->add)
        p->kn->add(y, sums, columns);
    else
        memcpy(y, sums, columns * sizeof *y);
}

/* One block of rows times one chunk of panels. */
static void run_task(const product *p, size_t task) {
    size_t width = p->kn->panel, chunks = divide_up(p->w->count, p->chunk);
    size_t row = task / chunks * p->row_block, first = task % chunks * p->chunk;
    size_t rows = smaller(p->row_block, p->rows - row);
    size_t last = smaller(first + p->chunk, p->w->count);
    float *sums = (float *)my_private(p), *buffer = (float *)(my_private(p) + sums_bytes(p));
    for (size_t k = 0; k < p->w->k; k += K_BLOCK) {
        size_t count = smaller(K_BLOCK, p->w->k - k);
        for (size_t panel = first; panel < last; panel++) {
            const float *b = widen(p, panel, k, count, buffer);
            multiply(p, sums + (panel - first) * width, row, rows, b, k, count);
        }
    }
    size_t column = first * width, end = smaller(last * width, p->w->n);
    for (size_t i = 0; i < rows; i++)
        finish_row(p, sums + i * p->chunk * width, row + i, column, end - column);
}

dear_status panels_apply(const panels *w, linear_scratch *scratch, const linear_rows *in, float *y,
                         dear_error *err) {
    product p = {.w = w, .kn = kernels_get(), .in = in, .y = y, .rows = (size_t)in->tokens};
    cut_into_tasks(&p);
    if (!reserve(&p, scratch))
        return error_memory(err);
    copy_rows(&p);
    size_t tasks = num_tasks(&p);
#pragma omp parallel for num_threads(p.threads) schedule(dynamic)
    for (size_t task = 0; task < tasks; task++)
        run_task(&p, task);
    return DEAR_OK;
}
