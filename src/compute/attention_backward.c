#include "compute/attention_backward.h"

#include "base/memory.h"
#include "compute/kernels.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/*
 * A task is one query head of one run. Its queries are taken ROWS at a time, in order: their weights
 * for all keys that they see come from one product and a softmax, and from then on keys are taken in
 * chunks whose gradients stay in the first-level cache. With P the weights [rows, keys] and a dot for
 * the product of two rows,
 *
 *   dV = P^T dO,   dP = dO V^T,   dS = scale P (dP - dO . O),   dQ = dS K,   dK = dS^T Q
 *
 * (Dao, 2023, section 3.1.2.) Heads that share keys add their dK and dV to the run's one after the
 * other, in their order, which keeps the bits the same on any number of threads.
 */
enum {
    LINE = 16,  ///< floats of a line of the caches
    ROWS = 24,  ///< queries of a block: whole tiles of any kernel
    KEYS = 128, ///< keys of a chunk: whole panels, and a chain that is short enough to round well
    DWEIGHTS_STRIDE =
        KEYS + LINE,        ///< rows a power of two apart would share a few sets of the caches
    PARALLEL_WORK = 1 << 16 ///< multiplications under which one thread is faster
};

typedef struct task {
    const attention_gradient_run *run;
    size_t head;
} task;

typedef struct backward {
    const attention_shape *shape;
    const kernels *kn;
    size_t group; ///< query heads that a KV head serves
    size_t head_dim;
    size_t width;   ///< head_dim, rounded up to panels
    size_t longest; ///< tokens of a run, rounded up to panels
    size_t weights_stride;
    int threads;
    task *tasks;
    size_t num_tasks;
    float *block; ///< workspaces, one a thread
} backward;

/* One thread's buffers. What is `width` wide is padded with zeros beyond the head. */
typedef struct workspace {
    float *keys_up;   ///< [longest / panel, head_dim, panel]: keys as columns
    float *values_up; ///< [longest / panel, head_dim, panel]
    float *keys;      ///< [width / panel, longest, panel]
    float *dk, *dv;   ///< [longest, width]: of this head
    float *q, *dout;  ///< [ROWS, width]
    float *dq;        ///< [ROWS, width]
    float *weights;   ///< [ROWS, weights_stride]: P
    float *dweights;  ///< [ROWS, DWEIGHTS_STRIDE]: dP, then dS, of a chunk
    float *turned;    ///< [KEYS, ROWS]: a chunk of P or dS, transposed
} workspace;

/* A few queries of a task. */
typedef struct row_block {
    size_t first, count;
    double sum[ROWS];     ///< of the exponentials
    float dout_out[ROWS]; ///< dO . O
} row_block;

/* Keys that some of a block's queries see. */
typedef struct key_chunk {
    size_t first, count;
} key_chunk;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t round_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

/* ---- planning ---- */

static dear_status check(const attention_shape *s, const attention_gradient_run *runs, size_t count,
                         dear_error *err) {
    if (s->head_dim < 1 || s->num_kv_heads < 1 || s->num_heads < 1 ||
        s->num_heads % s->num_kv_heads != 0)
        return error_set(err, DEAR_ERROR_USAGE,
                         "attention_backward: %lld heads of %lld cannot share %lld KV heads",
                         (long long)s->num_heads, (long long)s->head_dim,
                         (long long)s->num_kv_heads);
    for (size_t i = 0; i < count; i++)
        if (runs[i].count < 0)
            return error_set(err, DEAR_ERROR_USAGE, "attention_backward: run %zu has %lld tokens",
                             i, (long long)runs[i].count);
    return DEAR_OK;
}

static size_t workspace_floats(const backward *b) {
    return b->longest * (2 * b->head_dim + 3 * b->width) +
           ROWS * (3 * b->width + b->weights_stride + DWEIGHTS_STRIDE + KEYS);
}

static workspace my_workspace(const backward *b) {
    size_t keys_up = b->longest * b->head_dim, keys = b->longest * b->width;
    workspace w = {.keys_up = b->block + (size_t)omp_get_thread_num() * workspace_floats(b)};
    w.values_up = w.keys_up + keys_up;
    w.keys = w.values_up + keys_up;
    w.dk = w.keys + keys;
    w.dv = w.dk + keys;
    w.q = w.dv + keys;
    w.dout = w.q + ROWS * b->width;
    w.dq = w.dout + ROWS * b->width;
    w.weights = w.dq + ROWS * b->width;
    w.dweights = w.weights + ROWS * b->weights_stride;
    w.turned = w.dweights + ROWS * DWEIGHTS_STRIDE;
    return w;
}

static void list_tasks(backward *b, const attention_gradient_run *run) {
    for (size_t head = 0; head < (size_t)b->shape->num_heads; head++)
        b->tasks[b->num_tasks++] = (task){run, head};
}

static int threads_for(const backward *b, const attention_gradient_run *runs, size_t count) {
    double pairs = 0;
    for (size_t i = 0; i < count; i++)
        pairs += (double)runs[i].count * (double)runs[i].count;
    bool small = pairs * (double)b->shape->num_heads * (double)b->head_dim < PARALLEL_WORK;
    return small || omp_in_parallel() ? 1 : compute_threads();
}

static dear_status plan(backward *b, const attention_gradient_run *runs, size_t count,
                        dear_error *err) {
    for (size_t i = 0; i < count; i++)
        if ((size_t)runs[i].count > b->longest)
            b->longest = (size_t)runs[i].count;
    b->longest = round_up(b->longest, b->kn->panel);
    b->weights_stride = b->longest | LINE;
    b->tasks = mem_calloc(count * (size_t)b->shape->num_heads, sizeof *b->tasks);
    b->block = mem_alloc_aligned((size_t)b->threads * workspace_floats(b) * sizeof *b->block);
    if (!b->tasks || !b->block)
        return error_memory(err);
    for (size_t i = 0; i < count; i++)
        list_tasks(b, &runs[i]);
    return DEAR_OK;
}

/* ---- keys and values ---- */

static const float *key_row(const backward *b, const task *t, const float *of, size_t key) {
    return of + key * (size_t)t->run->kv_stride + t->head / b->group * b->head_dim;
}

/* Rows of keys or values as the columns of panels. */
static void stand_up(const backward *b, const task *t, float *to, const float *from) {
    const float *columns[KERNELS_MAX_PANEL];
    size_t tokens = (size_t)t->run->count;
    for (size_t key = 0; key < tokens; key += b->kn->panel) {
        size_t count = smaller(b->kn->panel, tokens - key);
        for (size_t i = 0; i < count; i++)
            columns[i] = key_row(b, t, from, key + i);
        b->kn->transpose_panel(to + key * b->head_dim, columns, count, b->head_dim);
    }
}

static void copy_padded(float *to, const float *from, size_t count, size_t width) {
    memcpy(to, from, count * sizeof *to);
    memset(to + count, 0, (width - count) * sizeof *to);
}

static void gather_keys(const backward *b, const task *t, const workspace *w) {
    size_t panel = b->kn->panel;
    for (size_t key = 0; key < (size_t)t->run->count; key++)
        for (size_t d = 0; d < b->head_dim; d += panel)
            copy_padded(w->keys + d * b->longest + key * panel, key_row(b, t, t->run->k, key) + d,
                        smaller(panel, b->head_dim - d), panel);
}

/* ---- one block of queries ---- */

static size_t query_at(const attention_shape *s, const task *t, size_t query, int64_t stride) {
    return query * (size_t)stride + t->head * (size_t)s->head_dim;
}

static void gather_queries(const backward *b, const task *t, const workspace *w, row_block *r) {
    const attention_shape *s = b->shape;
    for (size_t i = 0; i < r->count; i++) {
        const float *q = t->run->q + query_at(s, t, r->first + i, s->q_stride);
        const float *dout = t->run->dout + query_at(s, t, r->first + i, s->out_stride);
        const float *out = t->run->out + query_at(s, t, r->first + i, s->out_stride);
        copy_padded(w->q + i * b->width, q, b->head_dim, b->width);
        copy_padded(w->dout + i * b->width, dout, b->head_dim, b->width);
        r->dout_out[i] = b->kn->dot(dout, out, b->head_dim);
    }
}

/* scores = rows x stood-up columns, for `count` of them from a panel's first on. */
static void multiply_columns(const backward *b, float *scores, size_t stride, const float *rows,
                             size_t num_rows, const float *columns, size_t count) {
    const kernels *kn = b->kn;
    for (size_t j = 0; j < count; j += kn->panel) {
        gemm_f32_kernel *gemm = count - j > kn->panel / 2 ? kn->gemm_f32 : kn->gemm_f32_half;
        gemm(scores + j, stride, rows, b->width, columns + j * b->head_dim, kn->panel, num_rows,
             b->head_dim, false);
    }
}

/* The block's weights, not yet divided by their sums; zero for keys that a query does not see. */
static void weigh(const backward *b, const workspace *w, row_block *r) {
    size_t keys = r->first + r->count;
    multiply_columns(b, w->weights, b->weights_stride, w->q, r->count, w->keys_up, keys);
    for (size_t i = 0; i < r->count; i++) {
        softmax_row softmax = {.max = -INFINITY};
        b->kn->weigh_scores(w->weights + i * b->weights_stride, r->first + i + 1,
                            round_up(keys, LINE), b->shape->scale, &softmax);
        r->sum[i] = softmax.sum;
    }
}

/* Of a chunk: P from the exponentials, and dS. */
static void differentiate_weights(const backward *b, const workspace *w, const row_block *r,
                                  const key_chunk *c) {
    multiply_columns(b, w->dweights, DWEIGHTS_STRIDE, w->dout, r->count,
                     w->values_up + c->first * b->head_dim, c->count);
    for (size_t i = 0; i < r->count; i++)
        b->kn->softmax_backward(w->weights + i * b->weights_stride + c->first,
                                w->dweights + i * DWEIGHTS_STRIDE, c->count, b->shape->scale,
                                r->dout_out[i], r->sum[i]);
}

/* dq += dS K */
static void add_to_queries(const backward *b, const workspace *w, const row_block *r,
                           const key_chunk *c) {
    size_t panel = b->kn->panel;
    for (size_t d = 0; d < b->width; d += panel)
        b->kn->gemm_f32(w->dq + d, b->width, w->dweights, DWEIGHTS_STRIDE,
                        w->keys + d * b->longest + c->first * panel, panel, r->count, c->count,
                        c->first > 0);
}

/* to += weights^T rows, `to` the gradients of the chunk's keys or values. */
static void add_to_keys(const backward *b, const workspace *w, const row_block *r,
                        const key_chunk *c, float *to, const float *weights, size_t stride,
                        const float *rows) {
    b->kn->transpose(w->turned, ROWS, weights, stride, r->count, c->count);
    for (size_t d = 0; d < b->width; d += b->kn->panel)
        b->kn->gemm_f32(to + c->first * b->width + d, b->width, w->turned, ROWS, rows + d, b->width,
                        c->count, r->count, true);
}

static void write_queries(const backward *b, const task *t, const workspace *w,
                          const row_block *r) {
    for (size_t i = 0; i < r->count; i++)
        memcpy(t->run->dq + query_at(b->shape, t, r->first + i, b->shape->q_stride),
               w->dq + i * b->width, b->head_dim * sizeof *w->dq);
}

static void run_block(const backward *b, const task *t, const workspace *w, row_block *r) {
    gather_queries(b, t, w, r);
    weigh(b, w, r);
    size_t keys = r->first + r->count;
    for (key_chunk c = {0}; c.first < keys; c.first += KEYS) {
        c.count = smaller(KEYS, keys - c.first);
        differentiate_weights(b, w, r, &c);
        add_to_queries(b, w, r, &c);
        add_to_keys(b, w, r, &c, w->dv, w->weights + c.first, b->weights_stride, w->dout);
        add_to_keys(b, w, r, &c, w->dk, w->dweights, DWEIGHTS_STRIDE, w->q);
    }
    write_queries(b, t, w, r);
}

/* ---- one task ---- */

static void run_task(const backward *b, const task *t, const workspace *w) {
    size_t tokens = (size_t)t->run->count;
    stand_up(b, t, w->keys_up, t->run->k);
    stand_up(b, t, w->values_up, t->run->v);
    gather_keys(b, t, w);
    memset(w->dk, 0, tokens * b->width * sizeof *w->dk);
    memset(w->dv, 0, tokens * b->width * sizeof *w->dv);
    for (row_block r = {0}; r.first < tokens; r.first += ROWS) {
        r.count = smaller(ROWS, tokens - r.first);
        run_block(b, t, w, &r);
    }
}

/* A head's part of dk or dv to the run's: the group's first head sets, the others add. */
static void deliver(const backward *b, const task *t, float *to, const float *part) {
    size_t column = t->head / b->group * b->head_dim;
    for (size_t key = 0; key < (size_t)t->run->count; key++) {
        float *row = to + key * (size_t)t->run->kv_stride + column;
        if (t->head % b->group == 0)
            memcpy(row, part + key * b->width, b->head_dim * sizeof *row);
        else
            b->kn->add(row, part + key * b->width, b->head_dim);
    }
}

dear_status attention_backward(const attention_shape *shape, const attention_gradient_run *runs,
                               size_t count, dear_error *err) {
    TRY(check(shape, runs, count, err));
    backward b = {.shape = shape, .kn = kernels_get(), .head_dim = (size_t)shape->head_dim};
    b.group = (size_t)(shape->num_heads / shape->num_kv_heads);
    b.width = round_up(b.head_dim, b.kn->panel);
    b.threads = threads_for(&b, runs, count);
    dear_status status = plan(&b, runs, count, err);
    if (status == DEAR_OK) {
#pragma omp parallel for num_threads(b.threads) schedule(dynamic) ordered
        for (size_t i = 0; i < b.num_tasks; i++) {
            workspace w = my_workspace(&b);
            run_task(&b, &b.tasks[i], &w);
#pragma omp ordered
            {
                deliver(&b, &b.tasks[i], b.tasks[i].run->dk, w.dk);
                deliver(&b, &b.tasks[i], b.tasks[i].run->dv, w.dv);
            }
        }
    }
    mem_free(b.tasks);
    mem_free(b.block);
    return status;
}
