#include "eval/answer_evaluation.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const measure queries = {.name = "num_q", .kind = MEASURE_QUERIES},
                     answer_rank = {.name = "answer_rank", .kind = MEASURE_STRING},
                     accuracy = {.name = "accuracy",
                                 .kind = MEASURE_MEAN,
                                 .parameters = PARAMETERS_CUTOFFS};

static dear_status add_measure(measure_list *list, const measure *m, size_t cutoff,
                               dear_error *err) {
    if (!mem_grow((void **)&list->specs, &list->capacity, list->count, sizeof *list->specs))
        return error_memory(err);
    measure_spec *spec = &list->specs[list->count++];
    *spec = (measure_spec){.measure = m, .cutoff = cutoff};
    snprintf(spec->name, sizeof spec->name, cutoff ? "%s_%zu" : "%s", m->name, cutoff);
    return DEAR_OK;
}

dear_status answer_measures(measure_list *out, const size_t *cutoffs, size_t count,
                            dear_error *err) {
    *out = (measure_list){0};
    dear_status status = add_measure(out, &queries, 0, err);
    if (status == DEAR_OK)
        status = add_measure(out, &answer_rank, 0, err);
    for (size_t i = 0; i < count && status == DEAR_OK; i++)
        status = add_measure(out, &accuracy, cutoffs[i], err);
    if (status != DEAR_OK)
        measure_list_free(out);
    return status;
}

/* A question that is measured, and the rank of the first passage that answers it, or 0. */
typedef struct asked {
    const char *qid;
    size_t rank;
} asked;

static int by_qid(const void *a, const void *b) {
    return strcmp(((const asked *)a)->qid, ((const asked *)b)->qid);
}

/* The questions of the run, and marks which of the set they are. */
static size_t take_ranked(asked *out, bool *seen, const size_t *ranks, const hit_set *run,
                          const answer_set *answers) {
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++) {
        const hit_list *list = &run->lists[i];
        if (ranks[i] == ANSWERS_UNKNOWN || list->count == 0)
            continue;
        out[count++] = (asked){list->qid, ranks[i]};
        seen[answers_find(answers, list->qid, list->query) - answers->questions] = true;
    }
    return count;
}

static size_t take_missing(asked *out, const bool *seen, const answer_set *answers) {
    size_t count = 0;
    for (size_t i = 0; i < answers->count; i++) {
        const answered_question *q = &answers->questions[i];
        if (!seen[i])
            out[count++] = (asked){q->id ? q->id : q->text, 0};
    }
    return count;
}

static dear_status find_asked(asked *out, size_t *count, const answer_set *answers,
                              const hit_set *run, bool complete, dear_error *err) {
    size_t *ranks = mem_calloc(run->count, sizeof *ranks);
    bool *seen = mem_calloc(answers->count, sizeof *seen);
    dear_status status = ranks && seen ? answer_ranks(ranks, run, answers, err) : error_memory(err);
    if (status == DEAR_OK) {
        *count = take_ranked(out, seen, ranks, run, answers);
        if (complete)
            *count += take_missing(out + *count, seen, answers);
        if (*count > 1)
            qsort(out, *count, sizeof *out, by_qid);
    }
    mem_free(ranks);
    mem_free(seen);
    return status;
}

static dear_status put_rank(char **text, size_t rank, dear_error *err) {
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", rank);
    *text = mem_strdup(digits);
    return *text ? DEAR_OK : error_memory(err);
}

static dear_status measure_question(evaluation *e, size_t place, const asked *q,
                                    const measure_list *measures, dear_error *err) {
    e->qids[place] = q->qid;
    for (size_t m = 0; m < measures->count; m++) {
        const measure_spec *spec = &measures->specs[m];
        size_t cell = place * e->num_measures + m;
        if (spec->measure->kind == MEASURE_STRING)
            TRY(put_rank(&e->texts[cell], q->rank, err));
        if (spec->measure->kind == MEASURE_MEAN)
            e->values[cell] = q->rank > 0 && q->rank <= spec->cutoff;
        e->all[m] += e->values[cell] / (double)e->num_queries;
    }
    return DEAR_OK;
}

static dear_status measure_questions(evaluation *e, const asked *questions,
                                     const measure_list *measures, dear_error *err) {
    e->qids = mem_calloc(e->num_queries, sizeof *e->qids);
    e->values = mem_calloc(e->num_queries * e->num_measures, sizeof *e->values);
    e->texts = mem_calloc(e->num_queries * e->num_measures, sizeof *e->texts);
    e->all = mem_calloc(e->num_measures, sizeof *e->all);
    if (!e->qids || !e->values || !e->texts || !e->all)
        return error_memory(err);
    for (size_t q = 0; q < e->num_queries; q++)
        TRY(measure_question(e, q, &questions[q], measures, err));
    for (size_t m = 0; m < measures->count; m++)
        if (measures->specs[m].measure->kind == MEASURE_QUERIES)
            e->all[m] = (double)e->num_queries;
    return DEAR_OK;
}

dear_status evaluate_answers(evaluation *out, const answer_set *answers, const hit_set *run,
                             const measure_list *measures, bool complete, dear_error *err) {
    *out = (evaluation){.num_measures = measures->count};
    asked *questions = mem_calloc(run->count + answers->count, sizeof *questions);
    if (!questions)
        return error_memory(err);
    dear_status status = find_asked(questions, &out->num_queries, answers, run, complete, err);
    if (status == DEAR_OK && out->num_queries == 0)
        status = error_set(err, DEAR_ERROR_INPUT,
                           "the run and the answers have no question in "
                           "common, neither by id nor by text");
    if (status == DEAR_OK)
        status = measure_questions(out, questions, measures, err);
    mem_free(questions);
    if (status != DEAR_OK)
        evaluation_free(out);
    return status;
}
