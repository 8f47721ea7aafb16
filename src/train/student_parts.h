/* The student's inside, shared by its two ways to score. R rows of states that scores are made of, H
 * hidden size. */
#ifndef DEAR_TRAIN_STUDENT_PARTS_H
#define DEAR_TRAIN_STUDENT_PARTS_H

#include "train/student.h"

/* A block of floats that grows. */
typedef struct state_rows {
    float *data;
    size_t capacity;
} state_rows;

/* The group in hand, as tokens. */
typedef struct student_batch {
    token_list query;
    token_list ids;            ///< of all sequences, end to end
    llama_sequence *sequences; ///< [count]
    size_t *offsets;           ///< [count] of each sequence in `ids`
    size_t count, capacity;
    int64_t rows; ///< R
} student_batch;

struct student {
    learner *l;
    const tokenizer *tok;
    student_options options;
    student_batch batch;
    state_rows hidden, dhidden; ///< [R, H]
    float *logits;              ///< [LIKELIHOOD_ROWS, vocab_size], of the likelihood
    int64_t tokens;
};

/* Appends the tokens of one passage's sequence to the batch; *first_row is the first whose state is
 * wanted, counted within the sequence. */
dear_status head_encode(student *s, const student_passage *p, int64_t *first_row, dear_error *err);
dear_status likelihood_encode(student *s, const student_passage *p, int64_t *first_row,
                              dear_error *err);

/* The query's tokens into batch.query. */
dear_status head_encode_query(student *s, const char *query, dear_error *err);
dear_status likelihood_encode_question(student *s, const char *query, dear_error *err);

/* States to scores, and their gradients' way back. */
dear_status head_scores(student *s, float *scores, dear_error *err);
dear_status head_backward(student *s, const float *dscores, dear_error *err);
dear_status likelihood_scores(student *s, float *scores, dear_error *err);
dear_status likelihood_backward(student *s, const float *dscores, dear_error *err);

#endif
