/*
 * A projection that learns, and the way back through it. With LoRA (Hu et al., 2021)
 *
 *     y = x W^T + bias + scale * drop(x) A^T B^T,    scale = alpha / r,
 *
 * W frozen; with all weights learning, y = x W^T + bias. Matrices stacked in one projection learn
 * apart and share the dropped input.
 */
#include "compute/cpu.h"
#include "compute/kernels.h"
#include "compute/matmul.h"
#include "llm/learner_parts.h"

static bool learns(const stacked_part *part) {
    return part->a != NULL;
}

int64_t tuned_lora_width(const learner *l, const tuned_projection *p) {
    int64_t width = 0;
    for (int i = 0; i < p->num_parts; i++)
        width += learns(&p->parts[i]) ? l->options.rank : 0;
    return width;
}

static float lora_scale(const learner *l) {
    return (float)(l->options.alpha / (double)l->options.rank);
}

static matrix plain(const float *data, int64_t stride) {
    return (matrix){.data = data, .stride = stride};
}

static matrix flipped(const float *data, int64_t stride) {
    return (matrix){.data = data, .stride = stride, .transposed = true};
}

/* c [m, n] (+)= alpha a b, counted. */
static dear_status multiply(learner *l, float *c, int64_t stride, matrix a, matrix b, int64_t m,
                            int64_t n, int64_t k, float alpha, bool add, dear_error *err) {
    l->operations += 2.0 * (double)m * (double)n * (double)k;
    return matmul(c, stride, &a, &b, m, n, k, alpha, add, err);
}

static bool drops(const learner *l) {
    return l->learning && l->options.dropout > 0;
}

static dropout_mask mask_of(const learner *l, const tuned_projection *p) {
    return (dropout_mask){.p = (float)l->options.dropout,
                          .seed = l->options.seed,
                          .step = (uint32_t)l->step,
                          .place = p->place};
}

static void drop_rows(const learner *l, const tuned_projection *p, float *y /* [T, in] */,
                      const float *x /* [T, in] */) {
    const kernels *k = kernels_get();
    dropout_mask mask = mask_of(l, p);
#pragma omp parallel for num_threads(compute_threads())
    for (int64_t t = 0; t < l->tokens; t++)
        k->dropout(y + t * p->in, x + t * p->in, (size_t)p->in, &mask, (uint64_t)(t * p->in));
}

static void add_rows(const learner *l, float *y, const float *x, int64_t width) {
    const kernels *k = kernels_get();
#pragma omp parallel for num_threads(compute_threads())
    for (int64_t t = 0; t < l->tokens; t++)
        k->add(y + t * width, x + t * width, (size_t)width);
}

/* The input as LoRA's products see it. */
static dear_status drop_input(learner *l, const tuned_projection *p, const float **x,
                              dear_error *err) {
    if (!drops(l) || tuned_lora_width(l, p) == 0)
        return DEAR_OK;
    float *dropped = float_buffer_reserve(&l->space.dropped, l->tokens * p->in);
    if (!dropped)
        return error_memory(err);
    drop_rows(l, p, dropped, *x);
    *x = dropped;
    return DEAR_OK;
}

static dear_status frozen_product(learner *l, const linear *w, const float *x, float *y, bool add,
                                  dear_error *err) {
    linear_rows rows = {.x = x, .tokens = l->tokens, .add = add};
    l->operations +=
        2.0 * (double)l->tokens * (double)linear_in_features(w) * (double)linear_out_features(w);
    return linear_apply(w, l->scratch, &rows, y, err);
}

static void add_bias(const learner *l, const tuned_projection *p, float *y) {
    for (int64_t t = 0; p->frozen.bias && t < l->tokens; t++)
        kernels_get()->add(y + t * p->out, p->frozen.bias, (size_t)p->out);
}

static dear_status whole_forward(learner *l, const tuned_projection *p, const float *x, float *y,
                                 bool add, dear_error *err) {
    for (int i = 0; i < p->num_parts; i++) {
        const stacked_part *part = &p->parts[i];
        TRY(multiply(l, y + part->offset, p->out, plain(x, p->in),
                     flipped(part->weight->value, p->in), l->tokens, part->out, p->in, 1, add,
                     err));
    }
    return DEAR_OK;
}

static dear_status lora_forward(learner *l, const tuned_projection *p, const float *x, float *y,
                                float *lora, dear_error *err) {
    int64_t T = l->tokens, r = l->options.rank;
    TRY(drop_input(l, p, &x, err));
    for (int i = 0; i < p->num_parts; i++) {
        const stacked_part *part = &p->parts[i];
        if (!learns(part))
            continue;
        TRY(multiply(l, lora, r, plain(x, p->in), flipped(part->a->value, p->in), T, r, p->in, 1,
                     false, err));
        TRY(multiply(l, y + part->offset, p->out, plain(lora, r), flipped(part->b->value, r), T,
                     part->out, r, lora_scale(l), true, err));
        lora += T * r;
    }
    return DEAR_OK;
}

dear_status tuned_forward(learner *l, const tuned_projection *p, const float *x, float *y, bool add,
                          float *lora, dear_error *err) {
    if (l->options.full)
        TRY(whole_forward(l, p, x, y, add, err));
    else
        TRY(frozen_product(l, p->frozen.weight, x, y, add, err));
    add_bias(l, p, y);
    return l->options.full ? DEAR_OK : lora_forward(l, p, x, y, lora, err);
}

static dear_status whole_backward(learner *l, const tuned_projection *p, const float *x,
                                  const float *dy, float *dx, dear_error *err) {
    for (int i = 0; i < p->num_parts; i++) {
        const stacked_part *part = &p->parts[i];
        const float *mine = dy + part->offset;
        TRY(multiply(l, dx, p->in, plain(mine, p->out), plain(part->weight->value, p->in),
                     l->tokens, p->in, part->out, 1, i > 0, err));
        TRY(multiply(l, part->weight->gradient, p->in, flipped(mine, p->out), plain(x, p->in),
                     part->out, p->in, l->tokens, 1, true, err));
    }
    return DEAR_OK;
}

/* dlora = scale dy B, and the gradients of B and A from it; x is what A saw. */
static dear_status lora_gradients(learner *l, const tuned_projection *p, const stacked_part *part,
                                  const float *x, const float *dy, const float *lora, float *dlora,
                                  dear_error *err) {
    int64_t T = l->tokens, r = l->options.rank;
    float scale = lora_scale(l);
    TRY(multiply(l, dlora, r, plain(dy, p->out), plain(part->b->value, r), T, r, part->out, scale,
                 false, err));
    TRY(multiply(l, part->b->gradient, r, flipped(dy, p->out), plain(lora, r), part->out, r, T,
                 scale, true, err));
    return multiply(l, part->a->gradient, p->in, flipped(dlora, r), plain(x, p->in), r, p->in, T, 1,
                    true, err);
}

/* What LoRA's products give to the gradient of the input: summed over the parts, then dropped as the
 * input was. */
static dear_status lora_backward(learner *l, const tuned_projection *p, const float *x,
                                 const float *dy, const float *lora, float *dx, dear_error *err) {
    int64_t T = l->tokens, r = l->options.rank;
    float *dlora = float_buffer_reserve(&l->space.dlora, T * r);
    bool dropping = drops(l) && tuned_lora_width(l, p) > 0;
    float *through = dropping ? float_buffer_reserve(&l->space.dpassed, T * p->in) : dx;
    if (!dlora || !through)
        return error_memory(err);
    TRY(drop_input(l, p, &x, err));
    bool first = dropping;
    for (int i = 0; i < p->num_parts; i++) {
        const stacked_part *part = &p->parts[i];
        if (!learns(part))
            continue;
        TRY(lora_gradients(l, p, part, x, dy + part->offset, lora, dlora, err));
        TRY(multiply(l, through, p->in, plain(dlora, r), plain(part->a->value, p->in), T, p->in, r,
                     1, !first, err));
        first = false;
        lora += T * r;
    }
    if (dropping) {
        drop_rows(l, p, through, through);
        add_rows(l, dx, through, p->in);
    }
    return DEAR_OK;
}

dear_status tuned_backward(learner *l, const tuned_projection *p, const float *x, const float *dy,
                           const float *lora, float *dx, dear_error *err) {
    if (l->options.full)
        return whole_backward(l, p, x, dy, dx, err);
    TRY(frozen_product(l, p->transposed, dy, dx, false, err));
    return lora_backward(l, p, x, dy, lora, dx, err);
}
