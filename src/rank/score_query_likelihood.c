/* Query likelihood (Sachan et al., 2022): how probable the query's tokens are after the passage. */
#include "base/memory.h"
#include "compute/kernels.h"
#include "rank/likelihood_text.h"
#include "rank/scorers.h"

enum { MAX_LOGIT_ROWS = 64 };

/* What the encoder and the reader of one query share. */
typedef struct likelihood {
    token_list question; ///< the query's tokens
    float *logits;       ///< [MAX_LOGIT_ROWS, vocab_size]
} likelihood;

static dear_status encode_passage(pointwise *p, const hit_list *list, size_t index, token_list *ids,
                                  int64_t *first_row, void *context, dear_error *err) {
    const likelihood *q = context;
    const hit *h = &list->hits[index];
    return likelihood_encode_passage(p->tok, p->options.p_max_len, h->title, h->text, &q->question,
                                     ids, first_row, err);
}

/* Adds the log-probabilities of query tokens to their passages; `first` is the row of the batch
 * that logits[0] belongs to. */
static void add_log_probabilities(pointwise *p, hit_list *list, const passage_batch *batch,
                                  const likelihood *q, int64_t first, int64_t rows) {
    int64_t vocab = llama_get_config(p->engine)->vocab_size, length = (int64_t)q->question.count;
    for (int64_t i = 0; i < rows; i++) {
        const float *logits = q->logits + i * vocab;
        int64_t row = first + i;
        float log_sum = kernels_get()->log_sum_exp(logits, (size_t)vocab);
        double log_probability = (double)logits[q->question.ids[row % length]] - (double)log_sum;
        list->hits[batch->first + (size_t)(row / length)].score += log_probability / (double)length;
    }
}

static dear_status read_likelihood(pointwise *p, hit_list *list, const passage_batch *batch,
                                   void *context, dear_error *err) {
    const likelihood *q = context;
    int64_t width = llama_get_config(p->engine)->hidden_size;
    for (size_t i = 0; i < batch->count; i++)
        list->hits[batch->first + i].score = 0;
    for (int64_t first = 0; first < batch->rows; first += MAX_LOGIT_ROWS) {
        int64_t left = batch->rows - first, rows = left < MAX_LOGIT_ROWS ? left : MAX_LOGIT_ROWS;
        TRY(llama_logits(p->engine, batch->hidden + first * width, rows, q->logits, err));
        add_log_probabilities(p, list, batch, q, first, rows);
    }
    return DEAR_OK;
}

dear_status score_by_query_likelihood(pointwise *p, hit_list *list, dear_error *err) {
    size_t vocab = (size_t)llama_get_config(p->engine)->vocab_size;
    likelihood q = {.logits = mem_alloc_aligned(MAX_LOGIT_ROWS * vocab * sizeof(float))};
    dear_status status = q.logits ? likelihood_encode_query(p->tok, list->query, &q.question, err)
                                  : error_memory(err);
    if (status == DEAR_OK)
        status = score_in_batches(p, list, NULL, encode_passage, read_likelihood, &q, err);
    token_list_free(&q.question);
    mem_free(q.logits);
    return status;
}
