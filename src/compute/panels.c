#include "compute/panels.h"

#include "base/memory.h"
#include "compute/kernels.h"
#include "compute/scratch.h"

#include <omp.h>
#include <string.h>

enum {
    K_BLOCK = 256, ///< of float32: a panel of 16 columns takes 16 KiB, half a first-level cache
    K_BLOCK_INT16 = 512, ///< of int16: as many bytes
    ROWS_MAX = 96,       ///< rows of activations that stay in the second-level cache
    ROWS_MIN = 24,
    CHUNK_MAX = 8,     ///< panels of a task
    SOURCE_ROWS = 256, ///< weight rows that are asked of the source at a time
    TASKS_A_THREAD = 4,
    PARALLEL_WORK = 1 << 16 ///< multiplications under which waking threads costs more than it gives
};

struct panels {
    precision precision;
    size_t n, k;     ///< output and input features
    size_t k_padded; ///< k, made even for int8
    size_t count;    ///< panels: n over the kernels' width, rounded up
    size_t element;  ///< bytes of one weight
    void *data;      ///< [count][k_padded][panel]; for int8 [count][k_padded/2][panel][2]
    float *scales;   ///< [count * panel]: of each output channel; int8 only
};

static size_t divide_up(size_t n, size_t by) {
    return (n + by - 1) / by;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t panel_elements(const panels *w) {
    return w->k_padded * kernels_get()->panel;
}

static void *panel_at(const panels *w, size_t index, size_t k) {
    return (char *)w->data + (index * panel_elements(w) + k * kernels_get()->panel) * w->element;
}

/* ---- packing ---- */

/* Bytes a thread needs to pack a panel: the panel as float32 for bf16, its rows as int8. */
static size_t packing_bytes(const panels *w) {
    size_t wide = w->precision == PRECISION_BF16 ? sizeof(float) : w->element;
    return scratch_lines(panel_elements(w) * wide);
}

/* Quantizes the rows, then lays pairs of k side by side, channel after channel. */
static void pack_int8(panels *w, size_t index, const float *const *rows, size_t count,
                      int8_t *narrow) {
    size_t width = kernels_get()->panel, length = w->k_padded;
    int8_t *panel = panel_at(w, index, 0);
    memset(narrow, 0, width * length);
    for (size_t i = 0; i < count; i++)
        w->scales[index * width + i] =
            kernels_get()->quantize_row(narrow + i * length, rows[i], w->k);
    for (size_t k = 0; k < length; k += 2)
        for (size_t i = 0; i < width; i++)
            memcpy(panel + k * width + 2 * i, narrow + i * length + k, 2);
}

/* `count` output channels' rows to panel `index`. */
static void pack_panel(panels *w, size_t index, const float *rows, size_t count, void *buffer) {
    const kernels *kn = kernels_get();
    const float *row[KERNELS_MAX_PANEL];
    for (size_t i = 0; i < count; i++)
        row[i] = rows + i * w->k;
    if (w->precision == PRECISION_INT8) {
        pack_int8(w, index, row, count, buffer);
    } else if (w->precision == PRECISION_BF16) {
        kn->transpose_panel(buffer, row, count, w->k);
        kn->to_bf16(panel_at(w, index, 0), buffer, panel_elements(w));
    } else {
        kn->transpose_panel(panel_at(w, index, 0), row, count, w->k);
    }
}

/* Reads the weight a few panels at a time. `rows` has room for SOURCE_ROWS of them, `buffers` for
 * packing_bytes a thread. */
static dear_status pack(panels *w, linear_source source, void *context, float *rows, char *buffers,
                        int threads, dear_error *err) {
    size_t width = kernels_get()->panel;
    for (size_t first = 0; first < w->n; first += SOURCE_ROWS) {
        size_t count = smaller(SOURCE_ROWS, w->n - first);
        TRY(source(context, (int64_t)first, (int64_t)count, rows, err));
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t i = 0; i < count; i += width)
            pack_panel(w, (first + i) / width, rows + i * w->k, smaller(width, count - i),
                       buffers + (size_t)omp_get_thread_num() * packing_bytes(w));
    }
    return DEAR_OK;
}

dear_status panels_create(panels **out, int64_t out_features, int64_t in_features, precision p,
                          linear_source source, void *context, dear_error *err) {
    *out = NULL;
    panels *w = mem_calloc(1, sizeof *w);
    if (!w)
        return error_memory(err);
    w->precision = p;
    w->n = (size_t)out_features;
    w->k = (size_t)in_features;
    w->k_padded = p == PRECISION_INT8 ? (w->k + 1) / 2 * 2 : w->k;
    w->count = divide_up(w->n, kernels_get()->panel);
    w->element = p == PRECISION_INT8 ? 1 : p == PRECISION_BF16 ? 2 : 4;
    int threads = compute_threads();
    w->data = mem_alloc_aligned(w->count * panel_elements(w) * w->element);
    w->scales = mem_calloc(w->count * kernels_get()->panel, sizeof *w->scales);
    float *rows = mem_calloc(smaller(w->n, SOURCE_ROWS) * w->k, sizeof *rows);
    char *buffers = mem_alloc_aligned((size_t)threads * packing_bytes(w));
    dear_status status = DEAR_OK;
    if (!w->data || !w->scales || !rows || !buffers) {
        status = error_memory(err);
    } else {
        status = pack(w, source, context, rows, buffers, threads, err);
    }
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
    mem_free(w->scales);
    mem_free(w);
}

size_t panels_bytes(const panels *w) {
    return w->count * panel_elements(w) * w->element +
           w->count * kernels_get()->panel * sizeof *w->scales;
}

/* ---- multiplying ---- */

/* One application: how it is cut into tasks, and its parts of the scratch block. */
typedef struct product {
    const panels *w;
    const kernels *kn;
    const float *x; ///< [rows, k]
    float *y;       ///< [rows, n]
    size_t rows;
    size_t row_block; ///< rows of a task
    size_t chunk;     ///< panels of a task
    int threads;
    const void *a;     ///< activations as the kernels read them: float32, or int16 for int8
    size_t lda;        ///< elements from row to row of `a`
    char *copies;      ///< of the activations, when `a` is not x itself
    float *row_scales; ///< [rows]; int8 only
    char *private;     ///< [threads][private_bytes]
    size_t private_bytes;
} product;

static bool is_int8(const product *p) {
    return p->w->precision == PRECISION_INT8;
}

static size_t k_block(const product *p) {
    return is_int8(p) ? K_BLOCK_INT16 : K_BLOCK;
}

/* Bytes of a widened block of one panel: equal for float32 and int16. */
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
    bool small = p->rows * p->w->n * p->w->k < PARALLEL_WORK;
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
    if (is_int8(p)) {
        p->lda = scratch_lines(p->w->k_padded * sizeof(int16_t)) / sizeof(int16_t) + 32;
        copies = scratch_lines(p->rows * p->lda * sizeof(int16_t));
    } else if (strides_collide(p->w->k) && p->rows > 1) {
        p->lda = p->w->k + 16;
        copies = scratch_lines(p->rows * p->lda * sizeof(float));
    }
    size_t scales = scratch_lines(p->rows * sizeof(float));
    size_t work = sums_bytes(p) + widened_bytes(p);
    size_t narrow = scratch_lines(p->w->k); // a row as int8, before it is widened
    p->private_bytes = work > narrow ? work : narrow;
    char *block = scratch_reserve(scratch, copies + scales + (size_t)p->threads * p->private_bytes);
    if (!block)
        return false;
    p->copies = copies ? block : NULL;
    p->a = copies ? (const void *)block : p->x;
    p->row_scales = (float *)(block + copies);
    p->private = block + copies + scales;
    return true;
}

static char *my_private(const product *p) {
    return p->private + (size_t)omp_get_thread_num() * p->private_bytes;
}

static void prepare_row(product *p, size_t row) {
    const float *x = p->x + row * p->w->k;
    if (!is_int8(p)) {
        memcpy((float *)p->copies + row * p->lda, x, p->w->k * sizeof *x);
        return;
    }
    int8_t *narrow = (int8_t *)my_private(p);
    int16_t *wide = (int16_t *)p->copies + row * p->lda;
    p->row_scales[row] = p->kn->quantize_row(narrow, x, p->w->k);
    p->kn->widen_int8(wide, narrow, p->w->k);
    if (p->w->k_padded > p->w->k)
        wide[p->w->k] = 0;
}

static void prepare(product *p) {
    if (!p->copies)
        return;
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t row = 0; row < p->rows; row++)
        prepare_row(p, row);
}

/* `count` k's of a panel in the type that the kernels multiply: float32, or int16 for int8. */
static const void *widen(const product *p, size_t panel, size_t k, size_t count, void *buffer) {
    const void *stored = panel_at(p->w, panel, k);
    if (p->w->precision == PRECISION_F32)
        return stored;
    if (is_int8(p))
        p->kn->widen_int8(buffer, stored, count * p->kn->panel);
    else
        p->kn->from_bf16(buffer, stored, count * p->kn->panel);
    return buffer;
}

/* Sums of the products of `rows` rows and one panel over one block of k. */
static void multiply(const product *p, void *sums, size_t row, size_t rows, const void *b, size_t k,
                     size_t count) {
    size_t lds = p->chunk * p->kn->panel, at = row * p->lda + k;
    if (is_int8(p))
        p->kn->gemm_int16(sums, lds, (const int16_t *)p->a + at, p->lda, b, rows, count, k > 0);
    else
        p->kn->gemm_f32(sums, lds, (const float *)p->a + at, p->lda, b, p->kn->panel, rows, count,
                        k > 0);
}

/* From sums to y, without the padding of the last panel. */
static void finish_row(const product *p, const void *sums, size_t row, size_t column,
                       size_t columns) {
    float *y = p->y + row * p->w->n + column;
    if (is_int8(p))
        p->kn->dequantize_row(y, sums, p->row_scales[row], p->w->scales + column, columns);
    else
        memcpy(y, sums, columns * sizeof *y);
}

/* One block of rows times one chunk of panels. */
static void run_task(const product *p, size_t task) {
    size_t width = p->kn->panel, chunks = divide_up(p->w->count, p->chunk);
    size_t row = task / chunks * p->row_block, first = task % chunks * p->chunk;
    size_t rows = smaller(p->row_block, p->rows - row);
    size_t last = smaller(first + p->chunk, p->w->count);
    char *sums = my_private(p), *buffer = sums + sums_bytes(p);
    for (size_t k = 0; k < p->w->k_padded; k += k_block(p)) {
        size_t count = smaller(k_block(p), p->w->k_padded - k);
        for (size_t panel = first; panel < last; panel++) {
            const void *b = widen(p, panel, k, count, buffer);
            multiply(p, sums + (panel - first) * width * sizeof(float), row, rows, b, k, count);
        }
    }
    size_t column = first * width, end = smaller(last * width, p->w->n);
    for (size_t i = 0; i < rows; i++)
        finish_row(p, sums + i * p->chunk * width * sizeof(float), row + i, column, end - column);
}

dear_status panels_apply(const panels *w, linear_scratch *scratch, const float *x, int64_t tokens,
                         float *y, dear_error *err) {
    product p = {.w = w, .kn = kernels_get(), .x = x, .y = y, .rows = (size_t)tokens};
    cut_into_tasks(&p);
    if (!reserve(&p, scratch))
        return error_memory(err);
    prepare(&p);
    size_t tasks = num_tasks(&p);
#pragma omp parallel for num_threads(p.threads) schedule(dynamic)
    for (size_t task = 0; task < tasks; task++)
        run_task(&p, task);
    return DEAR_OK;
}
