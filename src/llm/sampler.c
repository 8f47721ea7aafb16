#include "llm/sampler.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct candidate {
    int32_t id;
    float weight; ///< the logit, then exp of its distance to the largest
} candidate;

struct sampler {
    sampler_options options;
    int64_t vocab_size;
    uint64_t state;
    candidate *candidates; ///< [vocab_size]
};

dear_status sampler_create(sampler **out, const sampler_options *options, int64_t vocab_size,
                           dear_error *err) {
    *out = NULL;
    if (!(options->temperature >= 0))
        return error_set(err, DEAR_ERROR_USAGE, "temperature must be 0 or more");
    if (!(options->top_p > 0 && options->top_p <= 1))
        return error_set(err, DEAR_ERROR_USAGE, "top-p must be above 0 and at most 1");
    if (!(options->min_p >= 0 && options->min_p <= 1))
        return error_set(err, DEAR_ERROR_USAGE, "min-p must be between 0 and 1");
    if (options->top_k < 0)
        return error_set(err, DEAR_ERROR_USAGE, "top-k must be 0 or more");
    sampler *s = mem_calloc(1, sizeof *s);
    candidate *candidates = mem_calloc((size_t)vocab_size, sizeof *candidates);
    if (!s || !candidates) {
        mem_free(s);
        mem_free(candidates);
        return error_memory(err);
    }
    *s = (sampler){*options, vocab_size, options->seed, candidates};
    *out = s;
    return DEAR_OK;
}

void sampler_free(sampler *s) {
    if (!s)
        return;
    mem_free(s->candidates);
    mem_free(s);
}

/* A number in [0, 1), by SplitMix64 (Steele, Lea and Flood, 2014). */
static double next_uniform(sampler *s) {
    uint64_t z = s->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int32_t most_likely(const float *logits, int64_t count) {
    int32_t best = 0;
    for (int64_t i = 1; i < count; i++)
        if (logits[i] > logits[best])
            best = (int32_t)i;
    return best;
}

/* Heavier first, then the lower id, so that the order never depends on the sort. */
static int by_weight(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->id < y->id ? -1 : 1;
}

/*
 * The candidates, likeliest first, with weights relative to the likeliest. Tokens e^-30 times
 * less likely than it are left out: they would not come up in 10^12 draws.
 */
static size_t rank_candidates(sampler *s, const float *logits) {
    float top = logits[most_likely(logits, s->vocab_size)];
    size_t count = 0;
    for (int64_t i = 0; i < s->vocab_size; i++) {
        float distance = (logits[i] - top) / s->options.temperature;
        if (distance >= -30)
            s->candidates[count++] = (candidate){(int32_t)i, expf(distance)};
    }
    qsort(s->candidates, count, sizeof *s->candidates, by_weight);
    return count;
}

static double total_weight(const candidate *candidates, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += candidates[i].weight;
    return total;
}

/* How many of the likeliest reach the mass top_p. */
static size_t cut_top_p(const candidate *candidates, size_t count, float top_p) {
    double wanted = top_p * total_weight(candidates, count), mass = 0;
    size_t kept = 0;
    while (kept < count && mass < wanted)
        mass += candidates[kept++].weight;
    return kept;
}

static size_t cut_min_p(const candidate *candidates, size_t count, float min_p) {
    size_t kept = 1;
    while (kept < count && candidates[kept].weight >= min_p * candidates[0].weight)
        kept++;
    return kept;
}

int32_t sampler_next(sampler *s, const float *logits) {
    const sampler_options *o = &s->options;
    if (o->temperature == 0)
        return most_likely(logits, s->vocab_size);
    size_t count = rank_candidates(s, logits);
    if (o->top_k && count > (size_t)o->top_k)
        count = (size_t)o->top_k;
    if (o->top_p < 1)
        count = cut_top_p(s->candidates, count, o->top_p);
    if (o->min_p > 0)
        count = cut_min_p(s->candidates, count, o->min_p);
    double point = next_uniform(s) * total_weight(s->candidates, count);
    size_t i = 0;
    for (; i + 1 < count && point >= s->candidates[i].weight; i++)
        point -= s->candidates[i].weight;
    return s->candidates[i].id;
}
