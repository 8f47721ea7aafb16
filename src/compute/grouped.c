#include "compute/grouped.h"

#include "base/memory.h"
#include "compute/groups.h"
#include "compute/scratch.h"
#include "model/tensor.h"

#include <omp.h>
#include <string.h>

enum {
    BLOCK_BYTES =
        4 << 20,     ///< activations of a task: a panel of weights is read once for all of them
    BLOCK_STEP = 12, ///< rows of a block are a multiple: whole tiles of any kernel
    FEW_ROWS = 6,    ///< that are multiplied in one go, rests included
    TASKS_A_THREAD = 4,
    PARALLEL_WORK = 1 << 16 ///< multiplications under which waking threads costs more than it gives
};

struct grouped {
    size_t n, k;
    size_t groups; ///< of a row: k / GROUP, rounded up
    size_t panels; ///< n / GROUP_PANEL, rounded up
    group_format format;
    uint8_t *data; ///< [panels][groups] as compute/groups.h lays them out
};

static size_t divide_up(size_t n, size_t by) {
    return (n + by - 1) / by;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t panel_bytes(const grouped *w) {
    return w->groups * group_bytes(w->format);
}

size_t grouped_bytes(const grouped *w) {
    return w->panels * panel_bytes(w);
}

/* ---- packing ---- */

/* The rows of one panel, before they are packed. */
typedef struct unpacked {
    float *rows;   ///< [GROUP_PANEL, k]; only where the source has no groups
    uint8_t *q;    ///< [GROUP_PANEL, groups * GROUP]
    float *scales; ///< [GROUP_PANEL, groups]
    float *minima; ///< the same
    void *block;
} unpacked;

static bool unpacked_open(unpacked *u, const grouped *w, bool with_rows) {
    size_t values = GROUP_PANEL * w->groups * GROUP, scales = GROUP_PANEL * w->groups;
    size_t floats = 2 * scales + (with_rows ? values : 0);
    u->block = mem_alloc_aligned(values + floats * sizeof(float));
    if (!u->block)
        return false;
    u->scales = u->block;
    u->minima = u->scales + scales;
    u->rows = with_rows ? u->minima + scales : NULL;
    u->q = (uint8_t *)(u->scales + floats);
    return true;
}

/* The loops below have a constant length and no calls, so that they are vectorised. */

static float largest_magnitude(const float x[GROUP]) {
    int32_t most = 0; // bits of magnitudes order as they do
    for (size_t i = 0; i < GROUP; i++) {
        int32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    float max;
    memcpy(&max, &most, sizeof max);
    return max;
}

/* Rounds a group of weights to 8 bits around 128, the scale being one that float16 holds. */
static void round_group(const float x[GROUP], uint8_t q[GROUP], float *scale) {
    const float shift = 0x1.8p23f; // added and taken off, it leaves a whole number
    *scale = float_from_f16(float_to_f16(largest_magnitude(x) / 127));
    float inverse = *scale > 0 ? 1 / *scale : 0;
    for (size_t i = 0; i < GROUP; i++) {
        float scaled = x[i] * inverse;
        scaled = scaled < 127 ? scaled : 127; // a NaN, too: its scale is one
        scaled = scaled > -128 ? scaled : -128;
        q[i] = (uint8_t)(int32_t)((scaled + shift) - shift + 128);
    }
}

/* As round_group, for the end of a row. */
static void round_part(const float *x, size_t n, uint8_t q[GROUP], float *scale) {
    float group[GROUP] = {0};
    memcpy(group, x, n * sizeof *x);
    round_group(group, q, scale);
}

static dear_status read_rounded(const grouped *w, const linear_source *source, size_t first,
                                size_t count, unpacked *u, dear_error *err) {
    TRY(source->rows(source->context, (int64_t)first, (int64_t)count, u->rows, err));
    size_t whole = w->k / GROUP;
    for (size_t row = 0; row < count; row++) {
        const float *x = u->rows + row * w->k;
        uint8_t *q = u->q + row * w->groups * GROUP;
        float *scales = u->scales + row * w->groups;
        for (size_t g = 0; g < whole; g++)
            round_group(x + g * GROUP, q + g * GROUP, scales + g);
        if (whole < w->groups)
            round_part(x + whole * GROUP, w->k % GROUP, q + whole * GROUP, scales + whole);
    }
    return DEAR_OK;
}

static dear_status read_panel(const grouped *w, const linear_source *source, size_t panel,
                              unpacked *u, dear_error *err) {
    size_t first = panel * GROUP_PANEL, count = smaller(GROUP_PANEL, w->n - first);
    if (count < GROUP_PANEL) {
        memset(u->q, 0, GROUP_PANEL * w->groups * GROUP);
        memset(u->scales, 0, 2 * GROUP_PANEL * w->groups * sizeof *u->scales);
    }
    if (u->rows)
        return read_rounded(w, source, first, count, u, err);
    return source->groups(source->context, (int64_t)first, (int64_t)count, u->q, u->scales,
                          u->minima, err);
}

static uint32_t four_at(const uint8_t *q) {
    uint32_t four;
    memcpy(&four, q, sizeof four);
    return four;
}

/* Values of one group, of all channels; `stride` is q's, from channel to channel. */
static void pack_values(uint8_t *out, const uint8_t *q, size_t stride, int bits) {
    for (size_t step = 0; step < (size_t)bits; step++)
        for (size_t channel = 0; channel < GROUP_PANEL; channel++, out += 4) {
            const uint8_t *from = q + channel * stride + 4 * step;
            uint32_t four = four_at(from);
            if (bits == 4)
                four |= four_at(from + 16) << 4;
            memcpy(out, &four, sizeof four);
        }
}

static void pack_halves(uint8_t *out, const float *x, size_t stride) {
    for (size_t channel = 0; channel < GROUP_PANEL; channel++) {
        uint16_t half = float_to_f16(x[channel * stride]);
        memcpy(out + 2 * channel, &half, sizeof half);
    }
}

static void pack_panel(grouped *w, size_t panel, const unpacked *u) {
    uint8_t *out = w->data + panel * panel_bytes(w);
    for (size_t g = 0; g < w->groups; g++, out += group_bytes(w->format)) {
        uint8_t *halves = out + group_value_bytes(w->format);
        pack_values(out, u->q + g * GROUP, w->groups * GROUP, w->format.bits);
        pack_halves(halves, u->scales + g, w->groups);
        if (w->format.zero < 0)
            pack_halves(halves + 2 * GROUP_PANEL, u->minima + g, w->groups);
    }
}

/* Keeps the first error of any thread. */
static void keep_error(dear_status *status, dear_error *err, dear_status mine,
                       const dear_error *reason) {
#pragma omp critical
    if (*status == DEAR_OK) {
        *status = mine;
        if (err)
            *err = *reason;
    }
}

static dear_status pack(grouped *w, const linear_source *source, dear_error *err) {
    dear_status status = DEAR_OK;
#pragma omp parallel num_threads(compute_threads())
    {
        unpacked u = {0};
        dear_error reason = {0};
        dear_status mine =
            unpacked_open(&u, w, !source->group_bits) ? DEAR_OK : error_memory(&reason);
#pragma omp for schedule(dynamic)
        for (size_t panel = 0; panel < w->panels; panel++) {
            if (mine == DEAR_OK)
                mine = read_panel(w, source, panel, &u, &reason);
            if (mine == DEAR_OK)
                pack_panel(w, panel, &u);
        }
        if (mine != DEAR_OK)
            keep_error(&status, err, mine, &reason);
        mem_free(u.block);
    }
    return status;
}

dear_status grouped_create(grouped **out, int64_t out_features, int64_t in_features,
                           const linear_source *source, dear_error *err) {
    *out = NULL;
    grouped *w = mem_calloc(1, sizeof *w);
    if (!w)
        return error_memory(err);
    w->n = (size_t)out_features;
    w->k = (size_t)in_features;
    w->groups = divide_up(w->k, GROUP);
    w->panels = divide_up(w->n, GROUP_PANEL);
    w->format = source->group_bits ? (group_format){source->group_bits, source->group_zero}
                                   : (group_format){8, 128};
    w->data = mem_alloc_aligned(grouped_bytes(w));
    dear_status status = w->data ? pack(w, source, err) : error_memory(err);
    if (status == DEAR_OK)
        *out = w;
    else
        grouped_free(w);
    return status;
}

void grouped_free(grouped *w) {
    if (!w)
        return;
    mem_free(w->data);
    mem_free(w);
}

/* ---- multiplying ---- */

/*
 * One application. Precise rows are rounded twice: what the first rounding leaves is a row of its
 * own, whose product is added to the first's.
 */
typedef struct product {
    const grouped *w;
    const group_kernels *kn;
    const linear_rows *in;
    float *y;         ///< [rows, n]
    size_t rows;      ///< T
    size_t rests;     ///< second rows of precise ones
    int8_t *q;        ///< [rows + rests, groups * GROUP]
    group_factor *f;  ///< [rows + rests, groups]
    size_t row_block; ///< rows of a task
    size_t chunk;     ///< panels of a task
    int threads;
    float *private; ///< [threads][row_block, max(GROUP_PANEL, k)]
    size_t private_floats;
} product;

static size_t count_rests(const linear_rows *in) {
    size_t rests = 0;
    for (size_t i = 0; i < in->num_precise; i++)
        rests += (size_t)in->precise[i].count;
    return rests;
}

static size_t num_tasks(const product *p) {
    return divide_up(p->rows, p->row_block) * divide_up(p->w->panels, p->chunk);
}

/* Large tasks reuse what is in the caches; but each thread wants a few, to end with the others. */
static void cut_into_tasks(product *p) {
    size_t row_bytes = p->w->groups * GROUP;
    bool small = p->rows * p->w->n * p->w->k < PARALLEL_WORK || omp_in_parallel();
    p->threads = small ? 1 : compute_threads();
    size_t fitting = BLOCK_BYTES / row_bytes / BLOCK_STEP * BLOCK_STEP;
    size_t most = fitting < BLOCK_STEP ? BLOCK_STEP : fitting;
    p->row_block = divide_up(p->rows, divide_up(p->rows, most));     // blocks of equal size ...
    p->row_block = divide_up(p->row_block, BLOCK_STEP) * BLOCK_STEP; // ... and whole tiles
    p->chunk = p->w->panels;
    size_t wanted = p->threads == 1 ? 1 : (size_t)p->threads * TASKS_A_THREAD;
    while (p->chunk > 1 && num_tasks(p) < wanted)
        p->chunk = divide_up(p->chunk, 2);
}

/* Lays the parts of the scratch block out. */
static bool reserve(product *p, linear_scratch *scratch) {
    size_t rows = p->rows + p->rests;
    size_t values = scratch_lines(rows * p->w->groups * GROUP);
    size_t factors = scratch_lines(rows * p->w->groups * sizeof *p->f);
    size_t edge = p->row_block * GROUP_PANEL; // of a panel that is not full
    p->private_floats = (edge > p->w->k ? edge : p->w->k) + 16;
    size_t private = (size_t)p->threads * p->private_floats * sizeof *p->private;
    char *block = scratch_reserve(scratch, values + factors + private);
    if (!block)
        return false;
    p->q = (int8_t *)block;
    p->f = (group_factor *)(block + values);
    p->private = (float *)(block + values + factors);
    return true;
}

static float *my_private(const product *p) {
    return p->private + (size_t)omp_get_thread_num() * p->private_floats;
}

static int8_t *values_at(const product *p, size_t row) {
    return p->q + row * p->w->groups * GROUP;
}

static group_factor *factors_at(const product *p, size_t row) {
    return p->f + row * p->w->groups;
}

static void subtract_group(float *restrict left, const float *restrict x, const int8_t *restrict q,
                           float scale, size_t n) {
    if (n == GROUP) // a loop of constant length is vectorised
        for (size_t i = 0; i < GROUP; i++)
            left[i] = x[i] - scale * (float)q[i];
    else
        for (size_t i = 0; i < n; i++)
            left[i] = x[i] - scale * (float)q[i];
}

/* What rounding row `row` left, rounded in turn, as row `rest`. */
static void quantize_rest(const product *p, size_t row, size_t rest) {
    const float *x = p->in->x + row * p->w->k;
    const int8_t *q = values_at(p, row);
    const group_factor *f = factors_at(p, row);
    float *left = my_private(p);
    for (size_t i = 0; i < p->w->k; i += GROUP, f++)
        subtract_group(left + i, x + i, q + i, f->scale, smaller(GROUP, p->w->k - i));
    p->kn->quantize(values_at(p, rest), factors_at(p, rest), left, p->w->k);
}

static void quantize(const product *p) {
#pragma omp parallel num_threads(p->rows <= FEW_ROWS ? 1 : p->threads)
    {
#pragma omp for schedule(static)
        for (size_t row = 0; row < p->rows; row++)
            p->kn->quantize(values_at(p, row), factors_at(p, row), p->in->x + row * p->w->k,
                            p->w->k);
        size_t rest = p->rows;
        for (size_t i = 0; i < p->in->num_precise; i++) {
            size_t first = (size_t)p->in->precise[i].first;
            size_t count = (size_t)p->in->precise[i].count;
#pragma omp for schedule(static) nowait
            for (size_t j = 0; j < count; j++)
                quantize_rest(p, first + j, rest + j);
            rest += count;
        }
    }
}

static void multiply_rows(const product *p, size_t row, size_t rows, size_t panel, float *c,
                          size_t ldc, bool add) {
    group_rows a = {values_at(p, row), factors_at(p, row), p->w->groups};
    p->kn->multiply(c, ldc, &a, rows, p->w->data + panel * panel_bytes(p->w), p->w->format, add);
}

/* Adds the second products of the precise rows among [row, row + rows), which begin at c. */
static void add_rests(const product *p, size_t row, size_t rows, size_t panel, float *c,
                      size_t ldc) {
    size_t rest = p->rows;
    for (size_t i = 0; i < p->in->num_precise; i++) {
        size_t first = (size_t)p->in->precise[i].first, count = (size_t)p->in->precise[i].count;
        size_t begin = first > row ? first : row, end = smaller(first + count, row + rows);
        if (begin < end)
            multiply_rows(p, rest + begin - first, end - begin, panel, c + (begin - row) * ldc, ldc,
                          true);
        rest += count;
    }
}

/* Few rows and their rests, while the weights are read once. */
static void multiply_few(const product *p, size_t panel, float *c, size_t ldc, bool add) {
    float sums[FEW_ROWS * GROUP_PANEL];
    multiply_rows(p, 0, p->rows + p->rests, panel, sums, GROUP_PANEL, false);
    for (size_t row = 0; row < p->rows; row++)
        for (size_t i = 0; i < GROUP_PANEL; i++)
            c[row * ldc + i] = sums[row * GROUP_PANEL + i] + (add ? c[row * ldc + i] : 0);
    const float *rest = sums + p->rows * GROUP_PANEL;
    for (size_t i = 0; i < p->in->num_precise; i++)
        for (int64_t j = 0; j < p->in->precise[i].count; j++, rest += GROUP_PANEL)
            for (size_t k = 0; k < GROUP_PANEL; k++)
                c[(size_t)(p->in->precise[i].first + j) * ldc + k] += rest[k];
}

static void multiply_panel(const product *p, size_t row, size_t rows, size_t panel, float *c,
                           size_t ldc, bool add) {
    if (p->rows + p->rests <= FEW_ROWS) {
        multiply_few(p, panel, c, ldc, add);
        return;
    }
    multiply_rows(p, row, rows, panel, c, ldc, add);
    add_rests(p, row, rows, panel, c, ldc);
}

/* The last panel may be wider than y: it is computed aside. */
static void multiply_edge(const product *p, size_t row, size_t rows, size_t panel) {
    size_t first = panel * GROUP_PANEL, columns = p->w->n - first;
    float *c = my_private(p);
    multiply_panel(p, row, rows, panel, c, GROUP_PANEL, false);
    for (size_t r = 0; r < rows; r++) {
        float *y = p->y + (row + r) * p->w->n + first;
        for (size_t i = 0; i < columns; i++)
            y[i] = c[r * GROUP_PANEL + i] + (p->in->add ? y[i] : 0);
    }
}

/* One block of rows times one chunk of panels. */
static void run_task(const product *p, size_t task) {
    size_t chunks = divide_up(p->w->panels, p->chunk), n = p->w->n;
    size_t row = task / chunks * p->row_block, rows = smaller(p->row_block, p->rows - row);
    size_t first = task % chunks * p->chunk, last = smaller(first + p->chunk, p->w->panels);
    for (size_t panel = first; panel < last; panel++)
        if ((panel + 1) * GROUP_PANEL > n)
            multiply_edge(p, row, rows, panel);
        else
            multiply_panel(p, row, rows, panel, p->y + row * n + panel * GROUP_PANEL, n,
                           p->in->add);
}

dear_status grouped_apply(const grouped *w, linear_scratch *scratch, const linear_rows *in,
                          float *y, dear_error *err) {
    product p = {.w = w, .kn = group_kernels_get(), .in = in, .y = y, .rows = (size_t)in->tokens};
    p.rests = count_rests(in);
    cut_into_tasks(&p);
    if (!reserve(&p, scratch))
        return error_memory(err);
    quantize(&p);
    size_t tasks = num_tasks(&p);
#pragma omp parallel for num_threads(p.threads) schedule(dynamic)
    for (size_t task = 0; task < tasks; task++)
        run_task(&p, task);
    return DEAR_OK;
}
