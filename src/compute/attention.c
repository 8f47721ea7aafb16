#include "compute/attention.h"

#include "base/memory.h"
#include "compute/kernels.h"

#include <omp.h>
#include <string.h>

/*
 * A task is one KV head of one run and a few consecutive queries of it. The query heads that share
 * the KV head stand as rows of the same matrix products: row = query * group + head. The scores of
 * all keys are held at once, so the softmax is the exact one; a task has fewer rows the more keys
 * there are. Keys are counted from the prefix's first on, and sums are cut by that count, so a
 * query's result depends neither on the task it falls into nor on where the prefix ends.
 */
enum {
    ROWS_MAX = 96,           ///< rows of a task
    ROWS_MIN = 12,           ///< the same, when keys are many
    SCORE_BYTES = 256 << 10, ///< of a task's scores: half a second-level cache
    VALUE_BLOCK = 256,       ///< keys whose values stay in the first-level cache
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
    task *tasks;
    size_t num_tasks;
    size_t rows;   ///< of the largest task
    size_t scores; ///< floats of the largest task's scores
    float *block;  ///< workspaces, one a thread
} attention;

/* One thread's buffers. */
typedef struct workspace {
    float *q;      ///< [rows, head_dim], scaled
    float *out;    ///< [rows, out_width]
    float *panel;  ///< [max(head_dim, VALUE_BLOCK), panel]: keys stood up, or a part of the values
    float *scores; ///< [rows, lds]
    size_t lds;
} workspace;

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

/* Floats from row to row of the scores: whole panels, and one line more, since rows a power of two
 * apart would share a few sets of the caches. */
static size_t score_stride(const attention *a, size_t keys) {
    return round_up(keys, a->kn->panel) + 16;
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

static size_t queries_a_task(const attention *a, const attention_run *run) {
    size_t fitting = SCORE_BYTES / sizeof(float) / visible(run, (size_t)run->count);
    size_t rows = larger(ROWS_MIN, smaller(fitting, ROWS_MAX));
    return larger(1, rows / a->group);
}

static size_t tasks_of(const attention *a, const attention_run *run) {
    size_t queries = queries_a_task(a, run);
    return ((size_t)run->count + queries - 1) / queries * (size_t)a->shape->num_kv_heads;
}

static void list_tasks(attention *a, const attention_run *run) {
    size_t queries = queries_a_task(a, run), count = (size_t)run->count;
    for (size_t head = 0; head < (size_t)a->shape->num_kv_heads; head++)
        for (size_t q = 0; q < count; q += queries) {
            task t = {run, head, q, smaller(queries, count - q)};
            size_t rows = t.count * a->group;
            a->rows = larger(a->rows, rows);
            a->scores = larger(a->scores, rows * score_stride(a, keys_of(&t)));
            a->tasks[a->num_tasks++] = t;
        }
}

static size_t panel_floats(const attention *a) {
    return larger(a->head_dim, VALUE_BLOCK) * a->kn->panel;
}

static size_t workspace_floats(const attention *a) {
    size_t floats = a->rows * (a->head_dim + a->out_width) + panel_floats(a) + a->scores;
    return round_up(floats, 16);
}

static dear_status plan(attention *a, const attention_run *runs, size_t count, int threads,
                        dear_error *err) {
    size_t num_tasks = 0;
    for (size_t i = 0; i < count; i++)
        num_tasks += tasks_of(a, &runs[i]);
    a->tasks = mem_calloc(num_tasks, sizeof *a->tasks);
    if (!a->tasks)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        list_tasks(a, &runs[i]);
    a->block = mem_alloc_aligned((size_t)threads * workspace_floats(a) * sizeof *a->block);
    return a->block ? DEAR_OK : error_memory(err);
}

static workspace my_workspace(const attention *a, const task *t) {
    workspace w = {.lds = score_stride(a, keys_of(t))};
    w.panel = a->block + (size_t)omp_get_thread_num() * workspace_floats(a);
    w.scores = w.panel + panel_floats(a);
    w.q = w.scores + a->scores;
    w.out = w.q + a->rows * a->head_dim;
    return w;
}

/* ---- one task ---- */

/* Where the task's row stands in a tensor of [count, num_heads, head_dim]. */
static size_t head_offset(const attention *a, const task *t, size_t row, int64_t stride) {
    size_t head = t->kv_head * a->group + row % a->group;
    return (t->first + row / a->group) * (size_t)stride + head * a->head_dim;
}

static void gather_queries(const attention *a, const task *t, float *q) {
    size_t rows = t->count * a->group;
    memset(q, 0, rows * a->head_dim * sizeof *q);
    for (size_t row = 0; row < rows; row++)
        a->kn->axpy(q + row * a->head_dim, a->shape->scale,
                    t->run->q + head_offset(a, t, row, a->shape->q_stride), a->head_dim);
}

/* The first row of the task that sees `key`; those after it do too. */
static size_t first_row_seeing(const attention *a, const task *t, size_t key) {
    size_t seen = visible(t->run, t->first);
    return key < seen ? 0 : (key + 1 - seen) * a->group;
}

static const float *key_at(const attention *a, const task *t, size_t key) {
    const attention_run *r = t->run;
    size_t before = (size_t)r->prefix.count;
    const float *row = key < before ? r->prefix.k + key * (size_t)r->prefix.stride
                                    : r->own.k + (key - before) * (size_t)r->own.stride;
    return row + t->kv_head * a->head_dim;
}

/* scores = q k^T, a panel of keys at a time, for the rows that see any of them. */
static void score_keys(const attention *a, const task *t, const workspace *w) {
    size_t width = a->kn->panel, rows = t->count * a->group, keys = keys_of(t);
    const float *columns[KERNELS_MAX_PANEL];
    for (size_t key = 0; key < keys; key += width) {
        size_t count = smaller(width, keys - key), row = first_row_seeing(a, t, key);
        for (size_t i = 0; i < count; i++)
            columns[i] = key_at(a, t, key + i);
        a->kn->transpose_panel(w->panel, columns, count, a->head_dim);
        a->kn->gemm_f32(w->scores + row * w->lds + key, w->lds, w->q + row * a->head_dim,
                        a->head_dim, w->panel, width, rows - row, a->head_dim, false);
    }
}

/* Scores become probabilities; keys that a row must not see weigh 0. */
static void weigh_keys(const attention *a, const task *t, const workspace *w) {
    size_t keys = keys_of(t);
    for (size_t row = 0; row < t->count * a->group; row++) {
        size_t seen = visible(t->run, t->first + row / a->group);
        float *scores = w->scores + row * w->lds;
        a->kn->softmax(scores, seen);
        memset(scores + seen, 0, (keys - seen) * sizeof *scores);
    }
}

static const float *value_at(const attention *a, const task *t, size_t key) {
    const attention_run *r = t->run;
    size_t before = (size_t)r->prefix.count;
    const float *row = key < before ? r->prefix.v + key * (size_t)r->prefix.stride
                                    : r->own.v + (key - before) * (size_t)r->own.stride;
    return row + t->kv_head * a->head_dim;
}

/* A panel of columns of the values of a block of keys. */
typedef struct value_panel {
    size_t key, count; ///< first key and number of keys
    size_t d;          ///< first column
    const float *b;    ///< [count, panel]
} value_panel;

/* Copies the panel together: where values stand, the rows of one head are so far apart that they
 * would push each other out of the first-level cache. Columns beyond the head are zeros. */
static value_panel take_values(const attention *a, const task *t, float *panel, size_t key,
                               size_t count, size_t d) {
    size_t width = a->kn->panel, columns = smaller(width, a->head_dim - d);
    if (columns < width)
        memset(panel, 0, count * width * sizeof *panel);
    for (size_t i = 0; i < count; i++) {
        const float *from = value_at(a, t, key + i) + d;
        size_t j = 0;
        for (; j + 16 <= columns; j += 16)
            memcpy(panel + i * width + j, from + j, 16 * sizeof *panel);
        for (; j < columns; j++)
            panel[i * width + j] = from[j];
    }
    return (value_panel){.key = key, .count = count, .d = d, .b = panel};
}

/* out += probabilities x values for a few rows, without the keys that none of them sees. */
static void add_values(const attention *a, const task *t, const workspace *w, const value_panel *p,
                       size_t row, size_t rows) {
    size_t last = t->first + (row + rows - 1) / a->group;
    size_t count = smaller(p->count, visible(t->run, last) - p->key);
    a->kn->gemm_f32(w->out + row * a->out_width + p->d, a->out_width,
                    w->scores + row * w->lds + p->key, w->lds, p->b, a->kn->panel, rows, count,
                    p->key > 0);
}

static void mix_values(const attention *a, const task *t, const workspace *w) {
    size_t rows = t->count * a->group, keys = keys_of(t);
    for (size_t key = 0; key < keys; key += VALUE_BLOCK)
        for (size_t d = 0; d < a->head_dim; d += a->kn->panel) {
            size_t count = smaller(VALUE_BLOCK, keys - key);
            value_panel p = take_values(a, t, w->panel, key, count, d);
            for (size_t row = first_row_seeing(a, t, key); row < rows; row += ROWS_MIN)
                add_values(a, t, w, &p, row, smaller(ROWS_MIN, rows - row));
        }
}

static void scatter_output(const attention *a, const task *t, const float *out) {
    for (size_t row = 0; row < t->count * a->group; row++)
        memcpy(t->run->out + head_offset(a, t, row, a->shape->out_stride), out + row * a->out_width,
               a->head_dim * sizeof *out);
}

static void run_task(const attention *a, const task *t) {
    workspace w = my_workspace(a, t);
    gather_queries(a, t, w.q);
    score_keys(a, t, &w);
    weigh_keys(a, t, &w);
    mix_values(a, t, &w);
    scatter_output(a, t, w.out);
}

static int threads_for(const attention *a, const attention_run *runs, size_t count) {
    size_t work = 0;
    for (size_t i = 0; i < count; i++)
        work += (size_t)runs[i].count * visible(&runs[i], (size_t)runs[i].count);
    return work * (size_t)a->shape->num_heads * a->head_dim < PARALLEL_WORK ? 1 : compute_threads();
}

dear_status attention_apply(const attention_shape *shape, const attention_run *runs, size_t count,
                            dear_error *err) {
    TRY(check(shape, runs, count, err));
    attention a = {.shape = shape, .kn = kernels_get(), .head_dim = (size_t)shape->head_dim};
    a.group = (size_t)(shape->num_heads / shape->num_kv_heads);
    a.out_width = round_up(a.head_dim, a.kn->panel);
    int threads = threads_for(&a, runs, count);
    dear_status status = plan(&a, runs, count, threads, err);
    if (status == DEAR_OK) {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
        for (size_t i = 0; i < a.num_tasks; i++)
            run_task(&a, &a.tasks[i]);
    }
    mem_free(a.tasks);
    mem_free(a.block);
    return status;
}
