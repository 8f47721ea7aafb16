/*
 * Scoring by query likelihood: the mean log-probability of the query's L tokens, read from L rows of
 * each passage's sequence. Its gradient with respect to a row's logits is
 * (1 - probability at the token, -probability elsewhere) / L.
 */
#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/kernels.h"
#include "rank/likelihood_text.h"
#include "train/student_parts.h"

#include <math.h>

enum { LIKELIHOOD_ROWS = 64 }; ///< whose logits are held at a time

dear_status likelihood_encode_question(student *s, const char *query, dear_error *err) {
    return likelihood_encode_query(s->tok, query, &s->batch.query, err);
}

dear_status likelihood_encode(student *s, const student_passage *p, int64_t *first_row,
                              dear_error *err) {
    return likelihood_encode_passage(s->tok, s->options.p_max_len, p->title, p->text,
                                     &s->batch.query, &s->batch.ids, first_row, err);
}

/* Some rows and their logits. */
typedef struct logit_rows {
    int64_t first, count;
    float *logits; ///< [count, V]
} logit_rows;

/* The logits of the rows from rows->first on. */
static dear_status fill_rows(student *s, logit_rows *rows, dear_error *err) {
    int64_t V = learner_get_config(s->l)->vocab_size, H = learner_get_config(s->l)->hidden_size;
    if (!s->logits)
        s->logits = mem_alloc_aligned(LIKELIHOOD_ROWS * (size_t)V * sizeof *s->logits);
    if (!s->logits)
        return error_memory(err);
    int64_t left = s->batch.rows - rows->first;
    rows->count = left < LIKELIHOOD_ROWS ? left : LIKELIHOOD_ROWS;
    rows->logits = s->logits;
    return learner_logits(s->l, s->hidden.data + rows->first * H, rows->count, rows->logits, err);
}

static int32_t token_of_row(const student *s, int64_t row) {
    return s->batch.query.ids[row % (int64_t)s->batch.query.count];
}

dear_status likelihood_scores(student *s, float *scores, dear_error *err) {
    int64_t V = learner_get_config(s->l)->vocab_size, L = (int64_t)s->batch.query.count;
    double sum = 0;
    for (logit_rows rows = {0}; rows.first < s->batch.rows; rows.first += rows.count) {
        TRY(fill_rows(s, &rows, err));
        for (int64_t i = 0; i < rows.count; i++) {
            const float *logits = rows.logits + i * V;
            int64_t row = rows.first + i;
            sum = row % L == 0 ? 0 : sum;
            sum += (double)logits[token_of_row(s, row)] -
                   (double)kernels_get()->log_sum_exp(logits, (size_t)V);
            scores[row / L] = (float)(s->options.scale * sum / (double)L);
        }
    }
    return DEAR_OK;
}

/* Logits [V] become the gradient of factor * log-probability of the token. */
static void row_gradient(float *logits, int64_t V, int32_t token, float factor) {
    float log_sum = kernels_get()->log_sum_exp(logits, (size_t)V);
    for (int64_t v = 0; v < V; v++)
        logits[v] = -factor * expf(logits[v] - log_sum);
    logits[token] += factor;
}

dear_status likelihood_backward(student *s, const float *dscores, dear_error *err) {
    const llama_config *c = learner_get_config(s->l);
    int64_t V = c->vocab_size, H = c->hidden_size, L = (int64_t)s->batch.query.count;
    float share = (float)(s->options.scale / (double)L);
    for (logit_rows rows = {0}; rows.first < s->batch.rows; rows.first += rows.count) {
        TRY(fill_rows(s, &rows, err));
#pragma omp parallel for num_threads(compute_threads())
        for (int64_t i = 0; i < rows.count; i++)
            row_gradient(rows.logits + i * V, V, token_of_row(s, rows.first + i),
                         share * dscores[(rows.first + i) / L]);
        TRY(learner_logits_backward(s->l, s->hidden.data + rows.first * H, rows.logits, rows.count,
                                    s->dhidden.data + rows.first * H, err));
    }
    return DEAR_OK;
}
