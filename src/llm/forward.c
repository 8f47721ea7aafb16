#include "base/memory.h"
#include "compute/attention.h"
#include "compute/cpu.h"
#include "compute/kernels.h"
#include "llm/engine.h"

#include <math.h>
#include <string.h>

/* Tokens that go through a layer's matrices together: their activations stay in the cache. */
enum { CHUNK = 512 };

/* The batch of one forward, and the dimensions that its loops need. */
typedef struct batch {
    llama *l;
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
    float *states;          ///< [T, H]
} batch;

/* Where a layer's queries, keys and values stand: float32 rows, strides in floats. */
typedef struct layer_view {
    float *q, *k, *v;
    int64_t q_stride, kv_stride;
} layer_view;

static int64_t min_tokens(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t first_position(const llama_sequence *s) {
    int64_t before = s->prefix ? s->prefix->base + s->prefix->length : 0;
    return before + (s->cache ? s->cache->length : 0);
}

static dear_status check_sequence(const llama *l, const llama_sequence *s, dear_error *err) {
    if (s->count < 1 || s->first_row < 0 || s->first_row > s->count)
        return error_set(err, DEAR_ERROR_USAGE, "a sequence of %lld tokens, rows from %lld",
                         (long long)s->count, (long long)s->first_row);
    for (int64_t i = 0; i < s->count; i++)
        if (s->ids[i] < 0 || s->ids[i] >= l->config.vocab_size)
            return error_set(err, DEAR_ERROR_INPUT, "token id %d is outside the vocabulary of %lld",
                             s->ids[i], (long long)l->config.vocab_size);
    return DEAR_OK;
}

static dear_status count_tokens(batch *b, dear_error *err) {
    for (size_t i = 0; i < b->count; i++) {
        TRY(check_sequence(b->l, &b->sequences[i], err));
        b->tokens += b->sequences[i].count;
        b->rows += b->sequences[i].count - b->sequences[i].first_row;
    }
    return DEAR_OK;
}

/* Room in the caches and in the rope table for what is to come. */
static dear_status reserve_positions(batch *b, dear_error *err) {
    int64_t last = 0;
    for (size_t i = 0; i < b->count; i++) {
        const llama_sequence *s = &b->sequences[i];
        int64_t end = first_position(s) + s->count;
        last = end > last ? end : last;
        if (s->cache) {
            if (s->cache->length == 0)
                s->cache->base = first_position(s);
            TRY(kv_cache_reserve(s->cache, s->cache->length + s->count, err));
        }
    }
    return rope_table_reserve(&b->l->rope, last, err);
}

static void fill_positions(batch *b) {
    int64_t token = 0, row = 0;
    for (size_t i = 0; i < b->count; i++) {
        const llama_sequence *s = &b->sequences[i];
        int64_t first = first_position(s);
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
    llama *l = b->l;
    workspace *w = &l->space;
    int64_t T = b->tokens, C = min_tokens(T, CHUNK), H = b->hidden, I = l->config.intermediate_size;
    int64_t R = b->rows ? b->rows : 1;
    b->states = float_buffer_reserve(&w->states, T * H);
    bool ok = b->states && float_buffer_reserve(&w->wanted, R * H) &&
              float_buffer_reserve(&w->normed, C * H) &&
              float_buffer_reserve(&w->qkv, T * (b->query + 2 * b->key)) &&
              float_buffer_reserve(&w->queries, R * b->query) &&
              float_buffer_reserve(&w->attention, T * b->query) &&
              float_buffer_reserve(&w->projected, C * H) &&
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
    llama_lap(b->l, LLAMA_EMBED);
    return DEAR_OK;
}

/* y = x W^T + bias for `rows` rows. */
static dear_status project(llama *l, const projection *p, const float *x /* [rows, in] */,
                           int64_t rows, float *y /* [rows, out] */, dear_error *err) {
    linear_rows in = {.x = x, .tokens = rows};
    TRY(linear_apply(p->weight, l->scratch, &in, y, err));
    int64_t width = linear_out_features(p->weight);
    for (int64_t row = 0; p->bias && row < rows; row++)
        kernels_get()->add(y + row * width, p->bias, (size_t)width);
    return DEAR_OK;
}

/* Threads for work on that many floats: starting a second one takes longer than a few thousand. */
static int threads_for(int64_t floats) {
    enum { WORTH_SHARING = 1 << 14 };
    return floats < WORTH_SHARING ? 1 : compute_threads();
}

static void norm_rows(llama *l, float *y /* [rows, H] */, const float *x /* [rows, H] */,
                      const float *weight /* [H] */, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t width = l->config.hidden_size;
    float epsilon = (float)l->config.rms_norm_eps;
#pragma omp parallel for num_threads(threads_for(rows *width))
    for (int64_t row = 0; row < rows; row++)
        k->rmsnorm(y + row * width, x + row * width, weight, (size_t)width, epsilon);
    llama_lap(l, LLAMA_NORM);
}

/* Rotates `heads` heads of each row. */
static void rotate_rows(llama *l, float *x /* [rows, heads * D], stride apart */, int64_t stride,
                        int64_t heads, const int64_t *positions /* [rows] */, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t dim = l->config.head_dim, half = dim / 2;
    const float *cosine = l->rope.cosine, *sine = l->rope.sine;
#pragma omp parallel for num_threads(threads_for(rows *heads *dim))
    for (int64_t row = 0; row < rows; row++)
        for (int64_t head = 0; head < heads; head++)
            k->rope(x + row * stride + head * dim, cosine + positions[row] * half,
                    sine + positions[row] * half, (size_t)dim);
}

static void add_rows(llama *l, float *y /* [rows, H] */, const float *x /* [rows, H] */,
                     int64_t rows) {
    kernels_get()->add(y, x, (size_t)(rows * l->config.hidden_size));
    llama_lap(l, LLAMA_RESIDUAL);
}

/* Norm, projection, rotation of keys (and, when they are computed here, of queries) for all tokens.
 */
static dear_status compute_keys(batch *b, const layer_weights *w, const layer_view *v,
                                dear_error *err) {
    llama *l = b->l;
    bool with_queries = w->qkv.weight != NULL;
    const projection *p = with_queries ? &w->qkv : &w->key_value;
    int64_t width = with_queries ? b->query + 2 * b->key : 2 * b->key;
    for (int64_t first = 0; first < b->tokens; first += CHUNK) {
        int64_t rows = min_tokens(CHUNK, b->tokens - first);
        norm_rows(l, l->space.normed.data, b->states + first * b->hidden, w->attention_norm, rows);
        TRY(project(l, p, l->space.normed.data, rows, l->space.qkv.data + first * width, err));
        llama_lap(l, LLAMA_QKV);
    }
    if (with_queries)
        rotate_rows(l, v->q, v->q_stride, l->config.num_heads, b->positions, b->tokens);
    rotate_rows(l, v->k, v->kv_stride, l->config.num_kv_heads, b->positions, b->tokens);
    llama_lap(l, LLAMA_ROPE);
    return DEAR_OK;
}

/* The last layer's queries, of the wanted rows only. */
static dear_status compute_wanted_queries(batch *b, const layer_weights *w, dear_error *err) {
    llama *l = b->l;
    float *queries = l->space.queries.data;
    for (int64_t first = 0; first < b->rows; first += CHUNK) {
        int64_t rows = min_tokens(CHUNK, b->rows - first);
        norm_rows(l, l->space.normed.data, l->space.wanted.data + first * b->hidden,
                  w->attention_norm, rows);
        TRY(project(l, &w->query, l->space.normed.data, rows, queries + first * b->query, err));
        llama_lap(l, LLAMA_QKV);
    }
    rotate_rows(l, queries, b->query, l->config.num_heads, b->row_positions, b->rows);
    llama_lap(l, LLAMA_ROPE);
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
                             .out = b->l->space.attention.data + row * b->query,
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
    llama_lap(b->l, LLAMA_ATTENTION);
    return DEAR_OK;
}

static void swiglu_rows(llama *l, int64_t rows) {
    const kernels *k = kernels_get();
    int64_t width = l->config.intermediate_size;
    const float *gate_up = l->space.gate_up.data;
    float *out = l->space.activated.data;
#pragma omp parallel for num_threads(threads_for(rows *width))
    for (int64_t row = 0; row < rows; row++)
        k->swiglu(out + row * width, gate_up + 2 * row * width, gate_up + (2 * row + 1) * width,
                  (size_t)width);
    llama_lap(l, LLAMA_SWIGLU);
}

/* What follows attention, for one chunk: its output projection, then the MLP, both added. */
static dear_status finish_chunk(llama *l, const layer_weights *w,
                                const float *attention /* [rows, Q] */,
                                float *states /* [rows, H] */, int64_t rows, dear_error *err) {
    workspace *s = &l->space;
    TRY(project(l, &w->output, attention, rows, s->projected.data, err));
    llama_lap(l, LLAMA_OUTPUT);
    add_rows(l, states, s->projected.data, rows);
    norm_rows(l, s->normed.data, states, w->mlp_norm, rows);
    TRY(project(l, &w->gate_up, s->normed.data, rows, s->gate_up.data, err));
    llama_lap(l, LLAMA_GATE_UP);
    swiglu_rows(l, rows);
    TRY(project(l, &w->down, s->activated.data, rows, s->projected.data, err));
    llama_lap(l, LLAMA_DOWN);
    add_rows(l, states, s->projected.data, rows);
    return DEAR_OK;
}

static dear_status finish_layer(batch *b, const layer_weights *w, float *states /* [rows, H] */,
                                int64_t rows, dear_error *err) {
    for (int64_t first = 0; first < rows; first += CHUNK)
        TRY(finish_chunk(b->l, w, b->l->space.attention.data + first * b->query,
                         states + first * b->hidden, min_tokens(CHUNK, rows - first), err));
    return DEAR_OK;
}

static dear_status inner_layer(batch *b, int64_t layer, dear_error *err) {
    const layer_weights *w = &b->l->weights.layers[layer];
    float *qkv = b->l->space.qkv.data;
    int64_t stride = b->query + 2 * b->key;
    layer_view v = {qkv, qkv + b->query, qkv + b->query + b->key, stride, stride};
    TRY(compute_keys(b, w, &v, err));
    TRY(attend(b, &v, layer, false, err));
    return finish_layer(b, w, b->states, b->tokens, err);
}

/* The last layer: keys and values of all tokens, everything else only where a state is wanted. */
static dear_status last_layer(batch *b, float *hidden /* [R, H] */, dear_error *err) {
    llama *l = b->l;
    int64_t layer = l->config.num_layers - 1;
    const layer_weights *w = &l->weights.layers[layer];
    float *kv = l->space.qkv.data, *wanted = l->space.wanted.data;
    layer_view v = {l->space.queries.data, kv, kv + b->key, b->query, 2 * b->key};
    TRY(compute_keys(b, w, &v, err));
    for (int64_t row = 0; row < b->rows; row++)
        memcpy(wanted + row * b->hidden, b->states + b->wanted[row] * b->hidden,
               (size_t)b->hidden * sizeof *wanted);
    TRY(compute_wanted_queries(b, w, err));
    TRY(attend(b, &v, layer, true, err));
    TRY(finish_layer(b, w, wanted, b->rows, err));
    norm_rows(l, hidden, wanted, l->weights.final_norm, b->rows);
    return DEAR_OK;
}

static dear_status run_layers(batch *b, float *hidden /* [R, H] */, dear_error *err) {
    TRY(reserve_positions(b, err));
    TRY(reserve_workspace(b, err));
    fill_positions(b);
    llama_lap_start(b->l);
    TRY(embed(b, err));
    for (int64_t layer = 0; layer + 1 < b->l->config.num_layers; layer++)
        TRY(inner_layer(b, layer, err));
    TRY(last_layer(b, hidden, err));
    for (size_t i = 0; i < b->count; i++)
        if (b->sequences[i].cache)
            b->sequences[i].cache->length += b->sequences[i].count;
    b->l->profile.tokens += b->tokens;
    return DEAR_OK;
}

dear_status llama_forward(llama *l, const llama_sequence *sequences, size_t count, float *hidden,
                          int64_t capacity, dear_error *err) {
    const llama_config *c = &l->config;
    batch b = {.l = l,
               .sequences = sequences,
               .count = count,
               .hidden = c->hidden_size,
               .query = c->num_heads * c->head_dim,
               .key = c->num_kv_heads * c->head_dim};
    TRY(count_tokens(&b, err));
    if (b.rows > capacity)
        return error_set(err, DEAR_ERROR_USAGE, "%lld states wanted, room for %lld",
                         (long long)b.rows, (long long)capacity);
    b.positions = mem_calloc((size_t)(b.tokens + 2 * b.rows), sizeof *b.positions);
    b.runs = mem_calloc(count, sizeof *b.runs);
    dear_status status = DEAR_OK;
    if (b.positions && b.runs) {
        b.wanted = b.positions + b.tokens;
        b.row_positions = b.wanted + b.rows;
        status = run_layers(&b, hidden, err);
    } else {
        status = error_memory(err);
    }
    mem_free(b.positions);
    mem_free(b.runs);
    return status;
}
