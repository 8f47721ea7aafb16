/* All layers over one batch of sequences, in one lane. */
#include "base/memory.h"
#include "compute/attention.h"
#include "compute/cpu.h"
#include "compute/kernels.h"
#include "llm/engine.h"

#include <math.h>
#include <string.h>

/* Tokens that go through a layer's matrices together: their activations stay in the cache. */
enum { CHUNK = 256 };

/* The batch, and the dimensions that its loops need. */
typedef struct batch {
    llama *l;
    lane *w;
    const llama_sequence *sequences;
    size_t count;
    int64_t tokens;         ///< T
    int64_t rows;           ///< R
    int64_t hidden;         ///< H
    int64_t query;          ///< Q = num_heads * head_dim
    int64_t key;            ///< K = num_kv_heads * head_dim
    int64_t *positions;     ///< [T] of each token in its text
    int64_t *wanted;        ///< [R] indices of the tokens whose states are wanted
    int64_t *row_positions; ///< [R] positions of the wanted tokens
    attention_run *runs;    ///< [count]
    row_range *precise;     ///< [count] the wanted tokens, in order
    row_range *clipped;     ///< [count] those of a chunk, counted from its first token
    float *states;          ///< [T, H]
} batch;

/* Where a layer's queries, keys and values stand: float32 rows, strides in floats. */
typedef struct layer_view {
    float *q, *k, *v;
    int64_t q_stride, kv_stride;
} layer_view;

/* Some rows of activations on their way through a projection. */
typedef struct rows_of {
    const float *x; ///< [count, in]
    int64_t count;
    const row_range *precise;
    size_t num_precise;
} rows_of;

static int64_t min_tokens(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void count_tokens(batch *b) {
    for (size_t i = 0; i < b->count; i++) {
        b->tokens += b->sequences[i].count;
        b->rows += b->sequences[i].count - b->sequences[i].first_row;
    }
}

static void fill_positions(batch *b) {
    int64_t token = 0, row = 0;
    for (size_t i = 0; i < b->count; i++) {
        const llama_sequence *s = &b->sequences[i];
        int64_t first = llama_first_position(s);
        b->precise[i] = (row_range){token + s->first_row, s->count - s->first_row};
        for (int64_t j = 0; j < s->count; j++, token++) {
            b->positions[token] = first + j;
            if (j < s->first_row)
                continue;
            b->wanted[row] = token;
            b->row_positions[row++] = first + j;
        }
    }
}

static dear_status reserve_workspace(batch *b, dear_error *err) {
    workspace *w = &b->w->space;
    int64_t T = b->tokens, C = min_tokens(T, CHUNK), H = b->hidden;
    int64_t I = b->l->config.intermediate_size;
    int64_t R = b->rows ? b->rows : 1;
    b->states = float_buffer_reserve(&w->states, T * H);
    bool ok = b->states && float_buffer_reserve(&w->wanted, R * H) &&
              float_buffer_reserve(&w->normed, C * H) &&
              float_buffer_reserve(&w->qkv, T * (b->query + 2 * b->key)) &&
              float_buffer_reserve(&w->queries, R * b->query) &&
              float_buffer_reserve(&w->attention, T * b->query) &&
              float_buffer_reserve(&w->gate_up, C * 2 * I) &&
              float_buffer_reserve(&w->activated, C * I);
    return ok ? DEAR_OK : error_memory(err);
}

static dear_status embed(batch *b, dear_error *err) {
    const llama_config *c = &b->l->config;
    float *row = b->states;
    for (size_t i = 0; i < b->count; i++)
        for (int64_t j = 0; j < b->sequences[i].count; j++, row += b->hidden)
            TRY(model_read_rows(b->l->m, "model.embed_tokens.weight", c->vocab_size, c->hidden_size,
                                b->sequences[i].ids[j], 1, row, err));
    lane_lap(b->w, LLAMA_EMBED);
    return DEAR_OK;
}

/* y = x W^T + bias, or y += with `add`. */
static dear_status project(batch *b, const projection *p, const rows_of *rows,
                           float *y /* [rows, out] */, bool add, dear_error *err) {
    linear_rows in = {.x = rows->x,
                      .tokens = rows->count,
                      .add = add,
                      .precise = rows->precise,
                      .num_precise = rows->num_precise};
    TRY(linear_apply(p->weight, b->w->scratch, &in, y, err));
    int64_t width = linear_out_features(p->weight);
    for (int64_t row = 0; p->bias && row < rows->count; row++)
        kernels_get()->add(y + row * width, p->bias, (size_t)width);
    return DEAR_OK;
}

/*
 * Which activations int8 rounds to 8 bits and which it keeps to 16 was found by measuring: rankings
 * suffer from every rounding but that before gate and up, which are half of all products. Their rows
 * are precise only for the tokens whose states are wanted, and so are all rows elsewhere.
 */

/* `count` rows, all of them precise. */
static rows_of precise_rows(batch *b, const float *x, int64_t count) {
    b->clipped[0] = (row_range){0, count};
    return (rows_of){.x = x, .count = count, .precise = b->clipped, .num_precise = 1};
}

/* `count` rows of the batch's tokens from `first` on, precise where states are wanted. */
static rows_of wanted_precise_rows(batch *b, const float *x, int64_t first, int64_t count) {
    rows_of rows = {.x = x, .count = count, .precise = b->clipped};
    for (size_t i = 0; i < b->count; i++) {
        int64_t begin = b->precise[i].first - first, end = begin + b->precise[i].count;
        begin = begin > 0 ? begin : 0;
        end = min_tokens(end, count);
        if (begin < end)
            b->clipped[rows.num_precise++] = (row_range){begin, end - begin};
    }
    return rows;
}

/* Threads for work on that many floats: starting a second one takes longer than a few thousand. */
static int threads_for(const batch *b, int64_t floats) {
    enum { WORTH_SHARING = 1 << 14 };
    return floats < WORTH_SHARING ? 1 : b->w->threads;
}

static void norm_rows(batch *b, float *y /* [rows, H] */, const float *x /* [rows, H] */,
                      const float *weight /* [H] */, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t width = b->hidden;
    float epsilon = (float)b->l->config.rms_norm_eps;
#pragma omp parallel for num_threads(threads_for(b, rows *width))
    for (int64_t row = 0; row < rows; row++)
        k->rmsnorm(y + row * width, x + row * width, weight, (size_t)width, epsilon);
    lane_lap(b->w, LLAMA_NORM);
}

/* Rotates `heads` heads of each row. */
static void rotate_rows(batch *b, float *x /* [rows, heads * D], stride apart */, int64_t stride,
                        int64_t heads, const int64_t *positions /* [rows] */, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t dim = b->l->config.head_dim, half = dim / 2;
    const float *cosine = b->l->rope.cosine, *sine = b->l->rope.sine;
#pragma omp parallel for num_threads(threads_for(b, rows *heads *dim))
    for (int64_t row = 0; row < rows; row++)
        for (int64_t head = 0; head < heads; head++)
            k->rope(x + row * stride + head * dim, cosine + positions[row] * half,
                    sine + positions[row] * half, (size_t)dim);
}

/* Norm, projection, rotation of keys (and, when they are computed here, of queries) for all tokens.
 */
static dear_status compute_keys(batch *b, const layer_weights *w, const layer_view *v,
                                dear_error *err) {
    workspace *s = &b->w->space;
    bool with_queries = w->qkv.weight != NULL;
    const projection *p = with_queries ? &w->qkv : &w->key_value;
    int64_t width = with_queries ? b->query + 2 * b->key : 2 * b->key;
    for (int64_t first = 0; first < b->tokens; first += CHUNK) {
        rows_of rows = precise_rows(b, s->normed.data, min_tokens(CHUNK, b->tokens - first));
        norm_rows(b, s->normed.data, b->states + first * b->hidden, w->attention_norm, rows.count);
        TRY(project(b, p, &rows, s->qkv.data + first * width, false, err));
        lane_lap(b->w, LLAMA_QKV);
    }
    if (with_queries)
        rotate_rows(b, v->q, v->q_stride, b->l->config.num_heads, b->positions, b->tokens);
    rotate_rows(b, v->k, v->kv_stride, b->l->config.num_kv_heads, b->positions, b->tokens);
    lane_lap(b->w, LLAMA_ROPE);
    return DEAR_OK;
}

/* The last layer's queries, of the wanted rows only. */
static dear_status compute_wanted_queries(batch *b, const layer_weights *w, dear_error *err) {
    workspace *s = &b->w->space;
    float *queries = s->queries.data;
    for (int64_t first = 0; first < b->rows; first += CHUNK) {
        rows_of rows = precise_rows(b, s->normed.data, min_tokens(CHUNK, b->rows - first));
        norm_rows(b, s->normed.data, s->wanted.data + first * b->hidden, w->attention_norm,
                  rows.count);
        TRY(project(b, &w->query, &rows, queries + first * b->query, false, err));
        lane_lap(b->w, LLAMA_QKV);
    }
    rotate_rows(b, queries, b->query, b->l->config.num_heads, b->row_positions, b->rows);
    lane_lap(b->w, LLAMA_ROPE);
    return DEAR_OK;
}

static void copy_rows(float *to, int64_t to_stride, const float *from, int64_t from_stride,
                      int64_t width, int64_t rows) {
    for (int64_t row = 0; row < rows; row++)
        memcpy(to + row * to_stride, from + row * from_stride, (size_t)width * sizeof *to);
}

/* Keeps the new keys and values of the sequences that have a cache, behind what it holds. */
static void store_keys(const batch *b, const layer_view *v, int64_t layer) {
    int64_t token = 0;
    for (size_t i = 0; i < b->count; i++) {
        const llama_sequence *s = &b->sequences[i];
        if (s->cache) {
            int64_t at = s->cache->length * b->key;
            copy_rows(kv_cache_keys(s->cache, layer) + at, b->key, v->k + token * v->kv_stride,
                      v->kv_stride, b->key, s->count);
            copy_rows(kv_cache_values(s->cache, layer) + at, b->key, v->v + token * v->kv_stride,
                      v->kv_stride, b->key, s->count);
        }
        token += s->count;
    }
}

static attention_keys cached_keys(const kv_cache *cache, int64_t layer, int64_t count) {
    return (attention_keys){.k = kv_cache_keys(cache, layer),
                            .v = kv_cache_values(cache, layer),
                            .count = count,
                            .stride = cache->row};
}

/* One run a sequence; in the last layer its queries are those of the wanted rows. */
static size_t plan_runs(const batch *b, const layer_view *v, int64_t layer, bool last) {
    int64_t token = 0, row = 0;
    size_t num_runs = 0;
    for (size_t i = 0; i < b->count; i++) {
        const llama_sequence *s = &b->sequences[i];
        int64_t skipped = last ? s->first_row : 0;
        int64_t held = s->cache ? s->cache->length : 0;
        attention_run run = {.q = v->q + row * v->q_stride,
                             .out = b->w->space.attention.data + row * b->query,
                             .count = s->count - skipped,
                             .own_visible = held + skipped + 1};
        if (s->prefix)
            run.prefix = cached_keys(s->prefix, layer, s->prefix->length);
        if (s->cache)
            run.own = cached_keys(s->cache, layer, held + s->count);
        else
            run.own = (attention_keys){.k = v->k + token * v->kv_stride,
                                       .v = v->v + token * v->kv_stride,
                                       .count = s->count,
                                       .stride = v->kv_stride};
        if (run.count > 0)
            b->runs[num_runs++] = run;
        token += s->count;
        row += run.count;
    }
    return num_runs;
}

static dear_status attend(batch *b, const layer_view *v, int64_t layer, bool last,
                          dear_error *err) {
    const llama_config *c = &b->l->config;
    attention_shape shape = {.num_heads = c->num_heads,
                             .num_kv_heads = c->num_kv_heads,
                             .head_dim = c->head_dim,
                             .q_stride = v->q_stride,
                             .out_stride = b->query,
                             .scale = 1.0f / sqrtf((float)c->head_dim)};
    store_keys(b, v, layer);
    TRY(attention_apply(&shape, b->runs, plan_runs(b, v, layer, last), err));
    lane_lap(b->w, LLAMA_ATTENTION);
    return DEAR_OK;
}

static void swiglu_rows(batch *b, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t width = b->l->config.intermediate_size;
    const float *gate_up = b->w->space.gate_up.data;
    float *out = b->w->space.activated.data;
#pragma omp parallel for num_threads(threads_for(b, rows *width))
    for (int64_t row = 0; row < rows; row++)
        k->swiglu(out + row * width, gate_up + 2 * row * width, gate_up + (2 * row + 1) * width,
                  (size_t)width);
    lane_lap(b->w, LLAMA_SWIGLU);
}

/* Some rows of a layer on their way from attention to the layer's end. */
typedef struct chunk {
    float *attention; ///< [count, Q]
    float *states;    ///< [count, H]
    int64_t first, count;
    bool all_wanted; ///< rows are the wanted ones; else the batch's tokens from `first` on
} chunk;

/* What follows attention, for one chunk: its output projection, then the MLP, both added to the
 * chunk's states. */
static dear_status finish_chunk(batch *b, const layer_weights *w, const chunk *c, dear_error *err) {
    workspace *s = &b->w->space;
    rows_of rows = precise_rows(b, c->attention, c->count);
    TRY(project(b, &w->output, &rows, c->states, true, err));
    lane_lap(b->w, LLAMA_OUTPUT);
    norm_rows(b, s->normed.data, c->states, w->mlp_norm, c->count);
    rows = c->all_wanted ? precise_rows(b, s->normed.data, c->count)
                         : wanted_precise_rows(b, s->normed.data, c->first, c->count);
    TRY(project(b, &w->gate_up, &rows, s->gate_up.data, false, err));
    lane_lap(b->w, LLAMA_GATE_UP);
    swiglu_rows(b, c->count);
    rows = precise_rows(b, s->activated.data, c->count);
    TRY(project(b, &w->down, &rows, c->states, true, err));
    lane_lap(b->w, LLAMA_DOWN);
    return DEAR_OK;
}

static dear_status finish_layer(batch *b, const layer_weights *w, float *states /* [rows, H] */,
                                int64_t rows, bool all_wanted, dear_error *err) {
    for (int64_t first = 0; first < rows; first += CHUNK) {
        chunk c = {.attention = b->w->space.attention.data + first * b->query,
                   .states = states + first * b->hidden,
                   .first = first,
                   .count = min_tokens(CHUNK, rows - first),
                   .all_wanted = all_wanted};
        TRY(finish_chunk(b, w, &c, err));
    }
    return DEAR_OK;
}

static dear_status inner_layer(batch *b, int64_t layer, dear_error *err) {
    const layer_weights *w = &b->l->weights.layers[layer];
    float *qkv = b->w->space.qkv.data;
    int64_t stride = b->query + 2 * b->key;
    layer_view v = {qkv, qkv + b->query, qkv + b->query + b->key, stride, stride};
    TRY(compute_keys(b, w, &v, err));
    TRY(attend(b, &v, layer, false, err));
    return finish_layer(b, w, b->states, b->tokens, false, err);
}

/* The last layer: keys and values of all tokens, everything else only where a state is wanted. */
static dear_status last_layer(batch *b, float *hidden /* [R, H] */, dear_error *err) {
    int64_t layer = b->l->config.num_layers - 1;
    const layer_weights *w = &b->l->weights.layers[layer];
    workspace *s = &b->w->space;
    float *kv = s->qkv.data, *wanted = s->wanted.data;
    layer_view v = {s->queries.data, kv, kv + b->key, b->query, 2 * b->key};
    TRY(compute_keys(b, w, &v, err));
    for (int64_t row = 0; row < b->rows; row++)
        memcpy(wanted + row * b->hidden, b->states + b->wanted[row] * b->hidden,
               (size_t)b->hidden * sizeof *wanted);
    TRY(compute_wanted_queries(b, w, err));
    TRY(attend(b, &v, layer, true, err));
    TRY(finish_layer(b, w, wanted, b->rows, true, err));
    norm_rows(b, hidden, wanted, b->l->weights.final_norm, b->rows);
    return DEAR_OK;
}

static dear_status run(batch *b, float *hidden /* [R, H] */, dear_error *err) {
    TRY(reserve_workspace(b, err));
    fill_positions(b);
    lane_lap_start(b->w);
    TRY(embed(b, err));
    for (int64_t layer = 0; layer + 1 < b->l->config.num_layers; layer++)
        TRY(inner_layer(b, layer, err));
    TRY(last_layer(b, hidden, err));
    b->w->profile.tokens += b->tokens;
    return DEAR_OK;
}

dear_status layers_run(llama *l, lane *w, const llama_sequence *sequences, size_t count,
                       float *hidden, dear_error *err) {
    const llama_config *c = &l->config;
    batch b = {.l = l,
               .w = w,
               .sequences = sequences,
               .count = count,
               .hidden = c->hidden_size,
               .query = c->num_heads * c->head_dim,
               .key = c->num_kv_heads * c->head_dim};
    count_tokens(&b);
    b.positions = mem_calloc((size_t)(b.tokens + 2 * b.rows), sizeof *b.positions);
    b.runs = mem_calloc(count, sizeof *b.runs);
    b.precise = mem_calloc(2 * count, sizeof *b.precise);
    dear_status status = DEAR_OK;
    if (b.positions && b.runs && b.precise) {
        b.wanted = b.positions + b.tokens;
        b.row_positions = b.wanted + b.rows;
        b.clipped = b.precise + count;
        status = run(&b, hidden, err);
    } else {
        status = error_memory(err);
    }
    mem_free(b.positions);
    mem_free(b.runs);
    mem_free(b.precise);
    return status;
}
