#define _GNU_SOURCE
#include "eval/answer_tokens.h"
#include "eval/answers.h"

#include <string.h>

static bool holds_answer(const answer_tokens *passage, const answered_question *q) {
    for (size_t i = 0; i < q->count; i++)
        if (q->answers[i].length > 1 &&
            memmem(passage->text, passage->length, q->answers[i].text, q->answers[i].length))
            return true;
    return false;
}

static dear_status first_answering(size_t *rank, const hit_list *list, const answered_question *q,
                                   answer_tokens *passage, dear_error *err) {
    *rank = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->hits[i].text;
        TRY(answer_tokens_take(passage, text, strlen(text), err));
        if (holds_answer(passage, q)) {
            *rank = i + 1;
            return DEAR_OK;
        }
    }
    return DEAR_OK;
}

dear_status answer_ranks(size_t *first_rank, const hit_set *run, const answer_set *answers,
                         dear_error *err) {
    answer_tokens passage = {0};
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < run->count && status == DEAR_OK; i++) {
        const hit_list *list = &run->lists[i];
        const answered_question *q = answers_find(answers, list->qid, list->query);
        first_rank[i] = ANSWERS_UNKNOWN;
        if (q)
            status = first_answering(&first_rank[i], list, q, &passage, err);
    }
    answer_tokens_free(&passage);
    return status;
}
