/* Scoring by the head: score = w . state of the last token. */
#include "compute/kernels.h"
#include "rank/pair.h"
#include "train/student_parts.h"

dear_status head_encode_query(student *s, const char *query, dear_error *err) {
    pair_limits limits = {s->options.q_max_len, s->options.p_max_len};
    return pair_encode_query(s->tok, &limits, query, &s->batch.query, err);
}

dear_status head_encode(student *s, const student_passage *p, int64_t *first_row, dear_error *err) {
    student_batch *b = &s->batch;
    pair_limits limits = {s->options.q_max_len, s->options.p_max_len};
    size_t begin = b->ids.count;
    if (!token_list_append(&b->ids, b->query.ids, b->query.count))
        return error_memory(err);
    TRY(pair_encode_document(s->tok, &limits, b->query.count, p->title, p->text, &b->ids, err));
    *first_row = (int64_t)(b->ids.count - begin) - 1;
    return DEAR_OK;
}

dear_status head_scores(student *s, float *scores, dear_error *err) {
    (void)err;
    const parameter *head = learner_score_head(s->l);
    for (size_t i = 0; i < s->batch.count; i++)
        scores[i] = kernels_get()->dot(s->hidden.data + (int64_t)i * head->columns, head->value,
                                       (size_t)head->columns);
    return DEAR_OK;
}

dear_status head_backward(student *s, const float *dscores, dear_error *err) {
    (void)err;
    const parameter *head = learner_score_head(s->l);
    for (size_t i = 0; i < s->batch.count; i++) {
        const float *state = s->hidden.data + (int64_t)i * head->columns;
        float *dstate = s->dhidden.data + (int64_t)i * head->columns;
        for (int64_t j = 0; j < head->columns; j++) {
            dstate[j] = dscores[i] * head->value[j];
            head->gradient[j] += dscores[i] * state[j];
        }
    }
    return DEAR_OK;
}
