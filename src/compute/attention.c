#include "compute/attention.h"

#include "base/memory.h"
#include "compute/kernels.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/*
 * A task is one KV head of one run and some consecutive queries of it. The query heads that share
 * the KV head stand as rows of the same matrix products: row = query * group + head.
 *
 * Keys are counted from the prefix's first on and taken in blocks of KEYS: the keys are stood up
 * once for all rows of the task, then a few rows at a time meet them, so that their scores stay in
 * the first-level cache. From block to block the softmax is carried on (Milakov & Gimelshein, 2018;
 * Dao et al., 2022). As blocks are cut by the count of keys, a query's result depends neither on
 * the task it falls into nor on where the prefix ends.
 */
enum {
    LINE = 16,               ///< floats of a line of the caches
    KEYS = 256,              ///< of a block
    CHAIN = 128,             ///< keys whose values are added up at a time, for the rounding's sake
    ROWS = 12,               ///< that meet a block together: one tile of the products, or two
    TASK_ROWS_MIN = 96,      ///< rows that standing keys up pays for
    TASK_ROWS_MAX = 768,     ///< rows whose outputs stay in the second-level cache
    TASKS_A_THREAD = 8,      ///< so that threads end together
    PARALLEL_WORK = 1 << 16, ///< multiplications under which one thread is faster
};

typedef struct task {
    const attention_run *run;
    size_t kv_head;
    size_t first, count; ///< queries of the run
} task;

typedef struct attention {
    const attention_shape *shape;
    const kernels *kn;
    size_t group; ///< query heads that a KV head serves
    size_t head_dim;
    size_t out_width; ///< head_dim, rounded up to panels
    int threads;
    task *tasks;
    size_t num_tasks;
    size_t rows;  ///< of the largest task
    float *block; ///< workspaces, one a thread
} attention;

/* One query of one head. */
typedef struct row {
    const float *q; ///< [head_dim]
    float *out;     ///< [head_dim]
    size_t keys;    ///< that it sees
    softmax_row softmax;
} row;

/* One thread's buffers. */
typedef struct workspace {
    float *keys;   ///< [KEYS / panel, head_dim, panel]: a block's, stood up
    float *values; ///< [out_width / panel, KEYS, panel]: a block's, gathered
    float *q;      ///< [ROWS, head_dim]
    float *scores; ///< [ROWS, SCORES_STRIDE]
    float *out;    ///< [rows, out_width]
    row *rows;     ///< [rows]
} workspace;

/* Floats from row to row of the scores: a line more than KEYS, since rows a power of two apart
 * would share a few sets of the cache. */
enum { SCORES_STRIDE = KEYS + LINE };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t round_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

/* Keys that query i of the run sees. */
static size_t visible(const attention_run *run, size_t i) {
    return (size_t)(run->prefix.count + run->own_visible) + i;
}

/* Keys that the task's last query, and so any of them, sees. */
static size_t keys_of(const task *t) {
    return visible(t->run, t->first + t->count - 1);
}

/* ---- planning ---- */

static dear_status check(const attention_shape *s, const attention_run *runs, size_t count,
                         dear_error *err) {
    if (s->head_dim < 1 || s->num_kv_heads < 1 || s->num_heads < 1 ||
        s->num_heads % s->num_kv_heads != 0)
        return error_set(
            err, DEAR_ERROR_USAGE, "attention: %lld heads of %lld cannot share %lld KV heads",
            (long long)s->num_heads, (long long)s->head_dim, (long long)s->num_kv_heads);
    for (size_t i = 0; i < count; i++) {
        const attention_run *r = &runs[i];
        if (r->count < 0 || r->prefix.count < 0 || r->own_visible < 1 ||
            r->own_visible > r->own.count || r->count - 1 > r->own.count - r->own_visible)
            return error_set(err, DEAR_ERROR_USAGE, "attention: run %zu sees keys it lacks", i);
    }
    return DEAR_OK;
}

/* Rows of all heads of a run. */
static size_t rows_of(const attention *a, const attention_run *run) {
    return (size_t)run->count * (size_t)a->shape->num_heads;
}

/* As many as leave each thread several tasks, within limits. */
static size_t queries_a_task(const attention *a, const attention_run *runs, size_t count) {
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += rows_of(a, &runs[i]);
    rows /= (size_t)a->threads * TASKS_A_THREAD;
    rows = larger(TASK_ROWS_MIN, smaller(rows, TASK_ROWS_MAX));
    return larger(1, rows / a->group);
}

static void list_tasks(attention *a, const attention_run *run, size_t queries) {
    for (size_t head = 0; head < (size_t)a->shape->num_kv_heads; head++)
        for (size_t q = 0; q < (size_t)run->count; q += queries) {
            task t = {run, head, q, smaller(queries, (size_t)run->count - q)};
            a->rows = larger(a->rows, t.count * a->group);
            a->tasks[a->num_tasks++] = t;
        }
}

static size_t workspace_floats(const attention *a) {
    size_t floats = KEYS * (a->head_dim + a->out_width) + ROWS * (a->head_dim + SCORES_STRIDE) +
                    a->rows * (a->out_width + sizeof(row) / sizeof(float));
    return round_up(floats, LINE);
}

static dear_status plan(attention *a, const attention_run *runs, size_t count, dear_error *err) {
    size_t queries = queries_a_task(a, runs, count), num_tasks = 0;
    for (size_t i = 0; i < count; i++)
        num_tasks += round_up((size_t)runs[i].count, queries) / queries;
    a->tasks = mem_calloc(num_tasks * (size_t)a->shape->num_kv_heads, sizeof *a->tasks);
    if (!a->tasks)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        list_tasks(a, &runs[i], queries);
    a->block = mem_alloc_aligned((size_t)a->threads * workspace_floats(a) * sizeof *a->block);
    return a->block ? DEAR_OK : error_memory(err);
}

static workspace my_workspace(const attention *a) {
    workspace w = {.keys = a->block + (size_t)omp_get_thread_num() * workspace_floats(a)};
    w.values = w.keys + KEYS * a->head_dim;
    w.q = w.values + KEYS * a->out_width;
    w.scores = w.q + ROWS * a->head_dim;
    w.out = w.scores + ROWS * SCORES_STRIDE;
    w.rows = (row *)(void *)(w.out + a->rows * a->out_width);
    return w;
}

/* ---- one block of keys ---- */

/* Some keys of a task, counted from its first. */
typedef struct key_block {
    size_t first, count;
    size_t stood_up;     ///< of them, those that are in the workspace
    const float *values; ///< of the first key
    size_t value_stride; ///< floats from one key's to the next's
    size_t panel_stride; ///< floats from one panel of columns to the next
} key_block;

static const float *key_at(const attention *a, const task *t, size_t key) {
    const attention_run *r = t->run;
    size_t before = (size_t)r->prefix.count;
    const float *at = key < before ? r->prefix.k + key * (size_t)r->prefix.stride
                                   : r->own.k + (key - before) * (size_t)r->own.stride;
    return at + t->kv_head * a->head_dim;
}

static const float *value_at(const attention *a, const task *t, size_t key) {
    const attention_run *r = t->run;
    size_t before = (size_t)r->prefix.count;
    const float *at = key < before ? r->prefix.v + key * (size_t)r->prefix.stride
                                   : r->own.v + (key - before) * (size_t)r->own.stride;
    return at + t->kv_head * a->head_dim;
}

/* Makes columns of the next panel's keys: the first rows that need a panel find it in the
 * first-level cache. */
static void stand_panel_up(const attention *a, const task *t, const workspace *w, key_block *b) {
    const float *columns[KERNELS_MAX_PANEL];
    size_t key = b->stood_up, count = smaller(a->kn->panel, b->count - key);
    for (size_t i = 0; i < count; i++)
        columns[i] = key_at(a, t, b->first + key + i);
    a->kn->transpose_panel(w->keys + key * a->head_dim, columns, count, a->head_dim);
    b->stood_up += count;
}

/* Copies the block's values, panel by panel: where they stand, the rows of one head are so far
 * apart that they would push each other out of the caches. Columns beyond the head are zeros. */
static void gather_values(const attention *a, const task *t, const workspace *w, key_block *b) {
    size_t width = a->kn->panel;
    b->values = w->values;
    b->value_stride = width;
    b->panel_stride = KEYS * width;
    for (size_t key = 0; key < b->count; key++) {
        const float *value = value_at(a, t, b->first + key);
        for (size_t d = 0; d < a->head_dim; d += width) {
            float *to = w->values + d * KEYS + key * width;
            size_t columns = smaller(width, a->head_dim - d);
            memcpy(to, value + d, columns * sizeof *to);
            if (columns < width)
                memset(to + columns, 0, (width - columns) * sizeof *to);
        }
    }
}

/* A task that uses values only once (a query of a text being written) takes them where they stand,
 * if they are whole panels at one distance. */
static void find_values(const attention *a, const task *t, const workspace *w, key_block *b) {
    const attention_run *r = t->run;
    size_t before = (size_t)r->prefix.count;
    bool in_prefix = b->first + b->count <= before;
    if (t->count * a->group > ROWS || a->head_dim != a->out_width ||
        (!in_prefix && b->first < before)) {
        gather_values(a, t, w, b);
        return;
    }
    b->values = value_at(a, t, b->first);
    b->value_stride = (size_t)(in_prefix ? r->prefix.stride : r->own.stride);
    b->panel_stride = a->kn->panel;
}

/* ---- a few rows and one block of keys ---- */

/* Rows of a task that meet a block together. */
typedef struct row_block {
    row *rows;    ///< [count]
    float *out;   ///< [count, out_width]
    size_t count; ///< ROWS, or fewer when they are the last
    size_t left;  ///< of the task, these included
} row_block;

/* Keys of the block that the row sees. */
static size_t seen(const key_block *b, const row *r) {
    return smaller(b->count, r->keys - b->first);
}

/* scores = q k^T for the first `keys` of the block. */
static void score_keys(const attention *a, const task *t, const workspace *w, key_block *b,
                       const row_block *r, size_t keys) {
    const kernels *kn = a->kn;
    for (size_t i = 0; i < r->count; i++)
        memcpy(w->q + i * a->head_dim, r->rows[i].q, a->head_dim * sizeof *w->q);
    for (size_t key = 0; key < keys; key += kn->panel) {
        gemm_f32_kernel *gemm = keys - key > kn->panel / 2 ? kn->gemm_f32 : kn->gemm_f32_half;
        if (key == b->stood_up)
            stand_panel_up(a, t, w, b);
        gemm(w->scores + key, SCORES_STRIDE, w->q, a->head_dim, w->keys + key * a->head_dim,
             kn->panel, r->count, a->head_dim, false);
    }
}

static bool is_done(const key_block *b, const row *r) {
    return r->keys <= b->first + b->count;
}

/* Asks for what is needed next in the i-th row's place: the query of the row that follows there,
 * and where the output goes. A few requests between two rows cost nothing, all at once would wait
 * for each other. */
static void prefetch_after(const attention *a, const key_block *b, const row_block *r, size_t i) {
    for (size_t d = 0; i + ROWS < r->left && d < a->head_dim; d += LINE)
        __builtin_prefetch(r->rows[i + ROWS].q + d);
    for (size_t d = 0; is_done(b, &r->rows[i]) && d < a->head_dim; d += LINE)
        __builtin_prefetch(r->rows[i].out + d, 1);
}

/* Scores become weights, zero from what a row sees up to `keys`. */
static void weigh_keys(const attention *a, const workspace *w, const key_block *b,
                       const row_block *r, size_t keys) {
    for (size_t i = 0; i < r->count; i++) {
        float *out = r->out + i * a->out_width;
        float fade =
            a->kn->weigh_scores(w->scores + i * SCORES_STRIDE, seen(b, &r->rows[i]),
                                round_up(keys, LINE), a->shape->scale, &r->rows[i].softmax);
        prefetch_after(a, b, r, i);
        if (b->first > 0 && fade != 1)
            a->kn->scale(out, fade, out, a->head_dim);
    }
}

/* out += weights x values, in chains of no more than CHAIN. */
static void add_values(const attention *a, const workspace *w, const key_block *b,
                       const row_block *r, size_t keys) {
    for (size_t panel = 0; panel < a->out_width / a->kn->panel; panel++)
        for (size_t key = 0; key < keys; key += CHAIN)
            a->kn->gemm_f32(
                r->out + panel * a->kn->panel, a->out_width, w->scores + key, SCORES_STRIDE,
                b->values + panel * b->panel_stride + key * b->value_stride, b->value_stride,
                r->count, smaller(CHAIN, keys - key), b->first + key > 0);
}

/* Writes what those rows got that have now met all keys that they see. */
static void write_done(const attention *a, const key_block *b, const row_block *r) {
    for (size_t i = 0; i < r->count; i++)
        if (is_done(b, &r->rows[i]))
            a->kn->scale(r->rows[i].out, (float)(1 / r->rows[i].softmax.sum),
                         r->out + i * a->out_width, a->head_dim);
}

static void attend(const attention *a, const task *t, const workspace *w, key_block *b,
                   const row_block *r) {
    size_t keys = seen(b, &r->rows[r->count - 1]);
    score_keys(a, t, w, b, r, keys);
    weigh_keys(a, w, b, r, keys);
    add_values(a, w, b, r, keys);
    write_done(a, b, r);
}

/* ---- one task ---- */

static void list_rows(const attention *a, const task *t, row *rows) {
    const attention_shape *s = a->shape;
    for (size_t i = 0; i < t->count; i++)
        for (size_t j = 0; j < a->group; j++) {
            size_t query = t->first + i, head = t->kv_head * a->group + j;
            rows[i * a->group + j] =
                (row){.q = t->run->q + query * (size_t)s->q_stride + head * a->head_dim,
                      .out = t->run->out + query * (size_t)s->out_stride + head * a->head_dim,
                      .keys = visible(t->run, query),
                      .softmax = {.max = -INFINITY}};
        }
}

/* The first row of the task that sees `key`; those after it do too. */
static size_t first_row_seeing(const attention *a, const task *t, size_t key) {
    size_t all_see = visible(t->run, t->first);
    return key < all_see ? 0 : (key + 1 - all_see) * a->group;
}

static void run_task(const attention *a, const task *t) {
    workspace w = my_workspace(a);
    size_t keys = keys_of(t), rows = t->count * a->group;
    list_rows(a, t, w.rows);
    for (size_t key = 0; key < keys; key += KEYS) {
        key_block b = {.first = key, .count = smaller(KEYS, keys - key)};
        find_values(a, t, &w, &b);
        for (size_t i = first_row_seeing(a, t, key); i < rows; i += ROWS) {
            row_block r = {w.rows + i, w.out + i * a->out_width, smaller(ROWS, rows - i), rows - i};
            attend(a, t, &w, &b, &r);
        }
    }
}

static int threads_for(const attention *a, const attention_run *runs, size_t count) {
    size_t work = 0;
    for (size_t i = 0; i < count; i++)
        work += (size_t)runs[i].count * visible(&runs[i], (size_t)runs[i].count);
    bool small = work * (size_t)a->shape->num_heads * a->head_dim < PARALLEL_WORK;
    return small || omp_in_parallel() ? 1 : compute_threads();
}

dear_status attention_apply(const attention_shape *shape, const attention_run *runs, size_t count,
                            dear_error *err) {
    TRY(check(shape, runs, count, err));
    attention a = {.shape = shape, .kn = kernels_get(), .head_dim = (size_t)shape->head_dim};
    a.group = (size_t)(shape->num_heads / shape->num_kv_heads);
    a.out_width = round_up(a.head_dim, a.kn->panel);
    a.threads = threads_for(&a, runs, count);
    dear_status status = plan(&a, runs, count, err);
    if (status == DEAR_OK) {
#pragma omp parallel for num_threads(a.threads) schedule(dynamic)
        for (size_t i = 0; i < a.num_tasks; i++)
            run_task(&a, &a.tasks[i]);
    }
    mem_free(a.tasks);
    mem_free(a.block);
    return status;
}
