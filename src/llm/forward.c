/*
 * A forward is cut into batches. When there are many, each thread takes one after the other through
 * all layers by itself: nothing waits, and a batch's activations stay in the core's own cache. When
 * there are few, all threads work on one.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "compute/cpu.h"
#include "llm/engine.h"

#include <omp.h>
#include <stdlib.h>

enum {
    BATCH_TOKENS = 192,  ///< at least, of a batch that one thread takes
    BATCHES_A_THREAD = 4 ///< at least, so that threads end together
};

/* Consecutive sequences that go through the layers together. */
typedef struct part {
    size_t first, count; ///< sequences
    int64_t tokens;
    int64_t row; ///< the first of its rows in `hidden`
} part;

int64_t llama_first_position(const llama_sequence *s) {
    int64_t before = s->prefix ? s->prefix->base + s->prefix->length : 0;
    return before + (s->cache ? s->cache->length : 0);
}

dear_status llama_check_sequence(const llama_config *c, const llama_sequence *s, dear_error *err) {
    if (s->count < 1 || s->first_row < 0 || s->first_row > s->count)
        return error_set(err, DEAR_ERROR_USAGE, "a sequence of %lld tokens, rows from %lld",
                         (long long)s->count, (long long)s->first_row);
    for (int64_t i = 0; i < s->count; i++)
        if (s->ids[i] < 0 || s->ids[i] >= c->vocab_size)
            return error_set(err, DEAR_ERROR_INPUT, "token id %d is outside the vocabulary of %lld",
                             s->ids[i], (long long)c->vocab_size);
    return DEAR_OK;
}

static dear_status check_sequences(const llama *l, const llama_sequence *sequences, size_t count,
                                   int64_t capacity, dear_error *err) {
    int64_t rows = 0;
    for (size_t i = 0; i < count; i++) {
        TRY(llama_check_sequence(&l->config, &sequences[i], err));
        rows += sequences[i].count - sequences[i].first_row;
    }
    if (rows > capacity)
        return error_set(err, DEAR_ERROR_USAGE, "%lld states wanted, room for %lld",
                         (long long)rows, (long long)capacity);
    return DEAR_OK;
}

/* Room in the caches and in the rope table for what is to come. */
static dear_status reserve_positions(llama *l, const llama_sequence *sequences, size_t count,
                                     dear_error *err) {
    int64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        const llama_sequence *s = &sequences[i];
        int64_t end = llama_first_position(s) + s->count;
        last = end > last ? end : last;
        if (s->cache) {
            if (s->cache->length == 0)
                s->cache->base = llama_first_position(s);
            TRY(kv_cache_reserve(s->cache, s->cache->length + s->count, err));
        }
    }
    return rope_table_reserve(&l->rope, last, err);
}

/* Cuts the sequences into parts of at least BATCH_TOKENS tokens; returns their number. */
static size_t cut(const llama_sequence *sequences, size_t count, part *parts /* [count] */) {
    size_t num_parts = 0;
    int64_t row = 0;
    for (size_t i = 0; i < count; i++) {
        if (num_parts == 0 || parts[num_parts - 1].tokens >= BATCH_TOKENS)
            parts[num_parts++] = (part){.first = i, .row = row};
        part *p = &parts[num_parts - 1];
        p->count++;
        p->tokens += sequences[i].count;
        row += sequences[i].count - sequences[i].first_row;
    }
    return num_parts;
}

/* The longest first: the last to be taken should be short. */
static int compare_parts(const void *left, const void *right) {
    const part *a = left, *b = right;
    return (a->tokens < b->tokens) - (a->tokens > b->tokens);
}

static dear_status run_side_by_side(llama *l, const llama_sequence *sequences, const part *parts,
                                    size_t num_parts, float *hidden, dear_error *err) {
    dear_status status = DEAR_OK;
#pragma omp parallel for num_threads(l->num_lanes) schedule(dynamic)
    for (size_t i = 0; i < num_parts; i++) {
        dear_error reason = {0};
        lane *w = &l->lanes[omp_get_thread_num()];
        w->threads = 1;
        dear_status mine =
            layers_run(l, w, sequences + parts[i].first, parts[i].count,
                       hidden ? hidden + parts[i].row * l->config.hidden_size : NULL, &reason);
#pragma omp critical
        if (mine != DEAR_OK && status == DEAR_OK) {
            status = mine;
            if (err)
                *err = reason;
        }
    }
    return status;
}

static dear_status run_batches(llama *l, const llama_sequence *sequences, size_t count,
                               float *hidden, dear_error *err) {
    part *parts = mem_calloc(count, sizeof *parts);
    if (!parts)
        return error_memory(err);
    size_t num_parts = cut(sequences, count, parts);
    dear_status status;
    if (l->num_lanes > 1 && num_parts >= BATCHES_A_THREAD * (size_t)l->num_lanes) {
        qsort(parts, num_parts, sizeof *parts, compare_parts);
        status = run_side_by_side(l, sequences, parts, num_parts, hidden, err);
    } else {
        l->lanes[0].threads = l->num_lanes;
        status = layers_run(l, &l->lanes[0], sequences, count, hidden, err);
    }
    mem_free(parts);
    return status;
}

dear_status llama_forward(llama *l, const llama_sequence *sequences, size_t count, float *hidden,
                          int64_t capacity, dear_error *err) {
    double begin = clock_seconds();
    TRY(check_sequences(l, sequences, count, capacity, err));
    TRY(reserve_positions(l, sequences, count, err));
    TRY(run_batches(l, sequences, count, hidden, err));
    for (size_t i = 0; i < count; i++)
        if (sequences[i].cache)
            sequences[i].cache->length += sequences[i].count;
    l->elapsed += clock_seconds() - begin;
    return DEAR_OK;
}
