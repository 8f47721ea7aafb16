/* The output head of a learner: frozen like the rest, or learning with all weights. */
#include "compute/matmul.h"
#include "llm/learner_parts.h"

/* What the head multiplies by when it learns: lm_head, or the embedding that it is tied to. */
static const parameter *learning_head(const learner *l) {
    return l->lm_head ? l->lm_head : l->embedding;
}

static dear_status check_causal(const learner *l, dear_error *err) {
    if (!l->config.is_classifier)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_USAGE,
                     "%s: the model has a score head in the place of an output head, and cannot "
                     "predict words",
                     model_path(l->m));
}

static dear_status apply(learner *l, const linear *w, const float *x, int64_t rows, float *y,
                         dear_error *err) {
    linear_rows in = {.x = x, .tokens = rows};
    l->operations +=
        2.0 * (double)rows * (double)l->config.vocab_size * (double)l->config.hidden_size;
    return linear_apply(w, l->scratch, &in, y, err);
}

dear_status learner_logits(learner *l, const float *hidden, int64_t rows, float *logits,
                           dear_error *err) {
    TRY(check_causal(l, err));
    int64_t H = l->config.hidden_size, V = l->config.vocab_size;
    const parameter *head = learning_head(l);
    if (head) {
        matrix x = {.data = hidden, .stride = H};
        matrix w = {.data = head->value, .stride = H, .transposed = true};
        return matmul(logits, V, &x, &w, rows, V, H, 1, false, err);
    }
    if (!l->head)
        TRY(llama_weights_head(&l->head, l->m, l->options.base, err));
    return apply(l, l->head, hidden, rows, logits, err);
}

dear_status learner_logits_backward(learner *l, const float *hidden, const float *dlogits,
                                    int64_t rows, float *dhidden, dear_error *err) {
    int64_t H = l->config.hidden_size, V = l->config.vocab_size;
    const parameter *head = learning_head(l);
    if (head) {
        matrix dy = {.data = dlogits, .stride = V}, w = {.data = head->value, .stride = H};
        matrix dy_flipped = {.data = dlogits, .stride = V, .transposed = true};
        matrix x = {.data = hidden, .stride = H};
        TRY(matmul(head->gradient, H, &dy_flipped, &x, V, H, rows, 1, true, err));
        return matmul(dhidden, H, &dy, &w, rows, H, V, 1, false, err);
    }
    if (!l->head_transposed)
        TRY(llama_weights_head_transposed(&l->head_transposed, l->m, l->options.base, err));
    return apply(l, l->head_transposed, dlogits, rows, dhidden, err);
}
