#include "train/student.h"

#include "base/memory.h"
#include "train/student_parts.h"

/* How a scorer reads passages and turns states into scores. */
typedef struct scoring {
    dear_status (*encode_query)(student *s, const char *query, dear_error *err);
    dear_status (*encode)(student *s, const student_passage *p, int64_t *first_row,
                          dear_error *err);
    dear_status (*scores)(student *s, float *scores, dear_error *err);
    dear_status (*backward)(student *s, const float *dscores, dear_error *err);
} scoring;

static const scoring *scoring_of(const student *s) {
    static const scoring head = {head_encode_query, head_encode, head_scores, head_backward};
    static const scoring likelihood = {likelihood_encode_question, likelihood_encode,
                                       likelihood_scores, likelihood_backward};
    return s->options.scorer == SCORER_HEAD ? &head : &likelihood;
}

static dear_status check_options(const model *m, learner *l, const student_options *o,
                                 dear_error *err) {
    if (o->scorer != SCORER_HEAD && o->scorer != SCORER_QLM)
        return error_set(err, DEAR_ERROR_USAGE, "what learns is scored by head or by qlm");
    if (o->scorer == SCORER_HEAD && !learner_score_head(l))
        return error_set(err, DEAR_ERROR_USAGE, "scoring by head needs a score head that learns");
    if (o->scorer == SCORER_QLM && model_config(m)->is_classifier)
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: the model has a score head and cannot predict words; train it with "
                         "head",
                         model_path(m));
    return DEAR_OK;
}

dear_status student_open(student **out, const model *m, learner *l, const student_options *options,
                         dear_error *err) {
    *out = NULL;
    TRY(check_options(m, l, options, err));
    student *s = mem_calloc(1, sizeof *s);
    if (!s)
        return error_memory(err);
    s->l = l;
    s->tok = model_tokenizer(m);
    s->options = *options;
    *out = s;
    return DEAR_OK;
}

void student_close(student *s) {
    if (!s)
        return;
    token_list_free(&s->batch.query);
    token_list_free(&s->batch.ids);
    mem_free(s->batch.sequences);
    mem_free(s->batch.offsets);
    mem_free(s->hidden.data);
    mem_free(s->dhidden.data);
    mem_free(s->logits);
    mem_free(s);
}

static dear_status reserve_sequences(student_batch *b, size_t count, dear_error *err) {
    if (count <= b->capacity)
        return DEAR_OK;
    llama_sequence *sequences = mem_realloc(b->sequences, count, sizeof *sequences);
    if (sequences)
        b->sequences = sequences;
    size_t *offsets = sequences ? mem_realloc(b->offsets, count, sizeof *offsets) : NULL;
    if (!offsets)
        return error_memory(err);
    b->offsets = offsets;
    b->capacity = count;
    return DEAR_OK;
}

static dear_status reserve_rows(state_rows *rows, int64_t count, dear_error *err) {
    if ((size_t)count <= rows->capacity)
        return DEAR_OK;
    mem_free(rows->data);
    rows->data = mem_alloc_aligned((size_t)count * sizeof *rows->data);
    rows->capacity = rows->data ? (size_t)count : 0;
    return rows->data ? DEAR_OK : error_memory(err);
}

static dear_status encode_group(student *s, const student_group *group, dear_error *err) {
    student_batch *b = &s->batch;
    TRY(reserve_sequences(b, group->count, err));
    b->query.count = 0;
    b->ids.count = 0;
    b->rows = 0;
    TRY(scoring_of(s)->encode_query(s, group->query, err));
    for (b->count = 0; b->count < group->count; b->count++) {
        llama_sequence *sequence = &b->sequences[b->count];
        size_t begin = b->ids.count;
        *sequence = (llama_sequence){0};
        TRY(scoring_of(s)->encode(s, &group->passages[b->count], &sequence->first_row, err));
        sequence->count = (int64_t)(b->ids.count - begin);
        b->offsets[b->count] = begin;
        b->rows += sequence->count - sequence->first_row;
    }
    for (size_t i = 0; i < b->count; i++)
        b->sequences[i].ids = b->ids.ids + b->offsets[i];
    return DEAR_OK;
}

dear_status student_forward(student *s, const student_group *group, bool learning, uint64_t step,
                            float *scores, dear_error *err) {
    int64_t width = learner_get_config(s->l)->hidden_size;
    TRY(encode_group(s, group, err));
    TRY(reserve_rows(&s->hidden, s->batch.rows * width, err));
    learner_batch batch = {s->batch.sequences, s->batch.count, learning, step};
    TRY(learner_forward(s->l, &batch, s->hidden.data, s->batch.rows, err));
    s->tokens += (int64_t)s->batch.ids.count;
    return scoring_of(s)->scores(s, scores, err);
}

dear_status student_backward(student *s, const float *dscores, dear_error *err) {
    int64_t width = learner_get_config(s->l)->hidden_size;
    TRY(reserve_rows(&s->dhidden, s->batch.rows * width, err));
    TRY(scoring_of(s)->backward(s, dscores, err));
    return learner_backward(s->l, s->dhidden.data, err);
}

int64_t student_tokens(const student *s) {
    return s->tokens;
}
