/* Files of answers, in each of their forms, and the matching of what they hold. */
#define _GNU_SOURCE
#include "eval/answer_tokens.h"
#include "eval/answers.h"
#include "memory_file.h"
#include "rank/hits.h"

#include <string.h>

/* A passage that is made of an answer's tokens answers. */
static void check_found(const answer_set *set, const answered_question *q) {
    for (size_t i = 0; i < q->count; i++) {
        hit_set run = {0};
        hit_list *list = hit_set_add(&run, q->id ? q->id : "", q->text ? q->text : "");
        size_t rank;
        if (!list || !hit_list_add(list, "d", "", q->answers[i].text, 1) ||
            answer_ranks(&rank, &run, set, NULL) != DEAR_OK)
            abort();
        if (rank != 1 && q->answers[i].length > 1)
            abort();
        hit_set_free(&run);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    answer_set set;
    dear_error err = {0};
    if (answers_read(&set, file.path, &err) == DEAR_OK) {
        for (size_t i = 0; i < set.count && i < 100; i++)
            if (answers_find(&set, set.questions[i].id ? set.questions[i].id : "",
                             set.questions[i].text ? set.questions[i].text : "") ==
                &set.questions[i])
                check_found(&set, &set.questions[i]);
        answer_set_free(&set);
    } else if (!err.message[0] || set.questions) {
        abort();
    }
    close(file.fd);
    return 0;
}
