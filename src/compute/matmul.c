#include "compute/matmul.h"

#include "base/memory.h"
#include "compute/kernels.h"

#include <omp.h>
#include <string.h>

/*
 * A task is a block of c. For each block of k it packs its block of b, in panels, and then takes the
 * rows of a, packed too, some at a time: packed, both stay in the second-level cache and a panel in
 * the first, however far apart the rows of the factors are.
 */
enum {
    K_BLOCK = 256,
    A_ROWS = 192,            ///< rows of a that are packed at a time
    A_STRIDE = K_BLOCK + 16, ///< rows a power of two apart would share a few sets of the caches
    CHUNK_MAX = 16,          ///< panels of a task
    ROWS_MAX = 1024,         ///< rows of a task
    ROWS_MIN = 24,
    AHEAD = 8, ///< rows that are asked for before they are packed: far apart, they come late
    LINE = 16, ///< floats of a line of the caches
    TASKS_A_THREAD = 4,
    PARALLEL_WORK = 1 << 16 ///< multiplications under which waking threads costs more than it gives
};

typedef struct product {
    const kernels *kn;
    float *c;
    size_t c_stride;
    const matrix *a, *b;
    size_t m, n, k;
    float alpha;
    bool add;
    size_t row_block; ///< rows of a task
    size_t chunk;     ///< panels of a task
    int threads;
    float *block; ///< workspaces, one a thread
} product;

/* One thread's buffers. */
typedef struct workspace {
    float *a;    ///< [A_ROWS, A_STRIDE]
    float *b;    ///< [chunk, K_BLOCK, panel], times alpha
    float *edge; ///< [A_ROWS, panel]: sums of a panel that is wider than c
} workspace;

/* Rows and columns of c, and the block of k that is multiplied. */
typedef struct block {
    size_t row, rows;
    size_t column, columns;
    size_t first_k, k;
} block;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t divide_up(size_t n, size_t by) {
    return (n + by - 1) / by;
}

/* ---- planning ---- */

static size_t num_panels(const product *p) {
    return divide_up(p->n, p->kn->panel);
}

static size_t num_tasks(const product *p) {
    return divide_up(p->m, p->row_block) * divide_up(num_panels(p), p->chunk);
}

/* Large tasks pack less often; but each thread wants a few, to end with the others. */
static void cut_into_tasks(product *p) {
    bool small = (double)p->m * (double)p->n * (double)p->k < PARALLEL_WORK;
    p->threads = small || omp_in_parallel() ? 1 : compute_threads();
    p->chunk = divide_up(num_panels(p), divide_up(num_panels(p), CHUNK_MAX));
    size_t blocks = divide_up(p->m, ROWS_MAX);
    size_t wanted = p->threads == 1 ? 1 : (size_t)p->threads * TASKS_A_THREAD;
    for (;;) {
        p->row_block = divide_up(divide_up(p->m, blocks), 12) * 12; // whole tiles of any kernel
        if (num_tasks(p) >= wanted)
            return;
        if (p->row_block > ROWS_MIN)
            blocks *= 2;
        else if (p->chunk > 1)
            p->chunk = (p->chunk + 1) / 2;
        else
            return;
    }
}

static size_t workspace_floats(const product *p) {
    return A_ROWS * (A_STRIDE + p->kn->panel) + p->chunk * K_BLOCK * p->kn->panel;
}

static workspace my_workspace(const product *p) {
    workspace w = {.a = p->block + (size_t)omp_get_thread_num() * workspace_floats(p)};
    w.b = w.a + A_ROWS * A_STRIDE;
    w.edge = w.b + p->chunk * K_BLOCK * p->kn->panel;
    return w;
}

/* ---- packing ---- */

/* Asks for rows [first, first + count) of `limit`, `columns` wide. */
static void prefetch(const float *x, size_t stride, size_t columns, size_t first, size_t count,
                     size_t limit) {
    for (size_t i = first; i < first + count && i < limit; i++)
        for (size_t j = 0; j < columns; j += LINE)
            __builtin_prefetch(x + i * stride + j);
}

/* Stored rows of a's transpose, a few at a time. */
static void pack_columns_of_a(const product *p, float *to, const float *from, const block *t) {
    size_t stride = (size_t)p->a->stride;
    for (size_t i = 0; i < t->k; i += AHEAD) {
        prefetch(from, stride, t->rows, i + AHEAD, AHEAD, t->k);
        p->kn->transpose(to + i, A_STRIDE, from + i * stride, stride, smaller(AHEAD, t->k - i),
                         t->rows);
    }
}

static void pack_a(const product *p, const workspace *w, const block *t) {
    size_t stride = (size_t)p->a->stride;
    if (p->a->transposed) {
        pack_columns_of_a(p, w->a, p->a->data + t->first_k * stride + t->row, t);
        return;
    }
    const float *from = p->a->data + t->row * stride + t->first_k;
    for (size_t i = 0; i < t->rows; i++)
        memcpy(w->a + i * A_STRIDE, from + i * stride, t->k * sizeof *w->a);
}

/* A row of b to the panels; columns beyond it are zeros. */
static void pack_row_of_b(const product *p, float *to, const float *from, size_t columns) {
    size_t width = p->kn->panel;
    for (size_t j = 0; j < columns; j += width, to += K_BLOCK * width) {
        size_t count = smaller(width, columns - j);
        p->kn->scale(to, p->alpha, from + j, count);
        for (size_t i = count; i < width; i++)
            to[i] = 0;
    }
}

/* The rows of b's transpose to a panel. */
static void pack_columns_of_b(const product *p, float *to, const float *from, size_t columns,
                              size_t k) {
    const float *rows[KERNELS_MAX_PANEL];
    for (size_t j = 0; j < columns; j++)
        rows[j] = from + j * (size_t)p->b->stride;
    p->kn->transpose_panel(to, rows, columns, k);
    if (p->alpha != 1)
        p->kn->scale(to, p->alpha, to, k * p->kn->panel);
}

static void pack_b(const product *p, const workspace *w, const block *t) {
    size_t stride = (size_t)p->b->stride, width = p->kn->panel;
    if (p->b->transposed) {
        const float *from = p->b->data + t->column * stride + t->first_k;
        for (size_t j = 0; j < t->columns; j += width)
            pack_columns_of_b(p, w->b + j * K_BLOCK, from + j * stride,
                              smaller(width, t->columns - j), t->k);
        return;
    }
    const float *from = p->b->data + t->first_k * stride + t->column;
    for (size_t i = 0; i < t->k; i++) {
        prefetch(from, stride, t->columns, i + AHEAD, 1, t->k);
        pack_row_of_b(p, w->b + i * width, from + i * stride, t->columns);
    }
}

/* ---- multiplying ---- */

static void finish_row(const product *p, float *c, const float *sums, size_t columns, bool add) {
    if (add)
        p->kn->add(c, sums, columns);
    else
        memcpy(c, sums, columns * sizeof *c);
}

static void multiply(const product *p, const workspace *w, const block *t) {
    size_t width = p->kn->panel;
    bool add = p->add || t->first_k > 0;
    for (size_t j = 0; j < t->columns; j += width) {
        float *c = p->c + t->row * p->c_stride + t->column + j, *b = w->b + j * K_BLOCK;
        size_t columns = smaller(width, t->columns - j);
        if (columns == width) {
            p->kn->gemm_f32(c, p->c_stride, w->a, A_STRIDE, b, width, t->rows, t->k, add);
            continue;
        }
        p->kn->gemm_f32(w->edge, width, w->a, A_STRIDE, b, width, t->rows, t->k, false);
        for (size_t i = 0; i < t->rows; i++)
            finish_row(p, c + i * p->c_stride, w->edge + i * width, columns, add);
    }
}

static void run_task(const product *p, size_t task) {
    workspace w = my_workspace(p);
    size_t chunks = divide_up(num_panels(p), p->chunk), width = p->chunk * p->kn->panel;
    size_t first_row = task / chunks * p->row_block;
    size_t end_row = smaller(first_row + p->row_block, p->m);
    block t = {.column = task % chunks * width};
    t.columns = smaller(width, p->n - t.column);
    for (t.first_k = 0; t.first_k < p->k; t.first_k += K_BLOCK) {
        t.k = smaller(K_BLOCK, p->k - t.first_k);
        pack_b(p, &w, &t);
        for (t.row = first_row; t.row < end_row; t.row += A_ROWS) {
            t.rows = smaller(A_ROWS, end_row - t.row);
            pack_a(p, &w, &t);
            multiply(p, &w, &t);
        }
    }
}

static void clear(const product *p) {
    for (size_t i = 0; i < p->m; i++)
        memset(p->c + i * p->c_stride, 0, p->n * sizeof *p->c);
}

dear_status matmul(float *c, int64_t c_stride, const matrix *a, const matrix *b, int64_t m,
                   int64_t n, int64_t k, float alpha, bool add, dear_error *err) {
    product p = {kernels_get(),
                 c,
                 (size_t)c_stride,
                 a,
                 b,
                 (size_t)m,
                 (size_t)n,
                 (size_t)k,
                 alpha,
                 add,
                 0,
                 0,
                 0,
                 NULL};
    if (m <= 0 || n <= 0)
        return DEAR_OK;
    if (k <= 0) {
        if (!add)
            clear(&p);
        return DEAR_OK;
    }
    cut_into_tasks(&p);
    p.block = mem_alloc_aligned((size_t)p.threads * workspace_floats(&p) * sizeof *p.block);
    if (!p.block)
        return error_memory(err);
    size_t tasks = num_tasks(&p);
#pragma omp parallel for num_threads(p.threads) schedule(dynamic)
    for (size_t task = 0; task < tasks; task++)
        run_task(&p, task);
    mem_free(p.block);
    return DEAR_OK;
}
