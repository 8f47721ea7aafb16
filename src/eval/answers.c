#include "eval/answers.h"

#include "base/memory.h"
#include "eval/answer_tokens.h"

#include <string.h>

static dear_status add_text(answered_question *q, const char *text, size_t length,
                            dear_error *err) {
    answer_tokens tokens = {0};
    dear_status status = answer_tokens_take(&tokens, text, length, err);
    if (status == DEAR_OK) {
        bool added = mem_grow((void **)&q->answers, &q->capacity, q->count, sizeof *q->answers);
        strbuf *answer = added ? &q->answers[q->count++] : NULL;
        if (answer)
            *answer = (strbuf){0};
        if (!answer || !strbuf_append(answer, tokens.text, tokens.length))
            status = error_memory(err);
    }
    answer_tokens_free(&tokens);
    return status;
}

static dear_status add_answer(answered_question *q, const json_t *answer, const char *where,
                              dear_error *err) {
    char digits[32];
    if (json_is_string(answer))
        return add_text(q, json_string_value(answer), json_string_length(answer), err);
    if (!json_is_integer(answer))
        return error_set(err, DEAR_ERROR_INPUT, "%s: answers must be a string or a list of strings",
                         where);
    int length = snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(answer));
    return add_text(q, digits, (size_t)length, err);
}

static dear_status add_answers(answered_question *q, const json_t *answers, const char *where,
                               dear_error *err) {
    if (!json_is_array(answers))
        return add_answer(q, answers, where, err);
    for (size_t i = 0; i < json_array_size(answers); i++)
        TRY(add_answer(q, json_array_get(answers, i), where, err));
    return DEAR_OK;
}

/* Points the key to the question at `place`, unless it points to an earlier one. */
static bool index_question(id_table *table, const char *key, size_t place) {
    size_t *value = id_table_at(table, key);
    if (value && *value == ID_NONE)
        *value = place;
    return value != NULL;
}

static answered_question *new_question(answer_set *set, const char *id, const char *text) {
    if (!mem_grow((void **)&set->questions, &set->capacity, set->count, sizeof *set->questions))
        return NULL;
    size_t place = set->count++;
    answered_question *q = &set->questions[place];
    *q = (answered_question){0};
    q->id = id ? mem_strdup(id) : NULL;
    q->text = text ? mem_strdup(text) : NULL;
    if ((id && !q->id) || (text && !q->text))
        return NULL;
    bool indexed = (!id || index_question(&set->by_id, q->id, place)) &&
                   (!text || index_question(&set->by_text, q->text, place));
    return indexed ? q : NULL;
}

dear_status answer_set_add(answer_set *set, const char *id, const char *text, const json_t *answers,
                           const char *where, dear_error *err) {
    if (id && id_table_find(&set->by_id, id) != ID_NONE)
        return error_set(err, DEAR_ERROR_INPUT, "%s: question \"%s\" is there twice", where, id);
    size_t same = id || !text ? ID_NONE : id_table_find(&set->by_text, text);
    answered_question *q = same == ID_NONE ? new_question(set, id, text) : &set->questions[same];
    return q ? add_answers(q, answers, where, err) : error_memory(err);
}

dear_status answers_of_run(answer_set *out, const hit_set *run, dear_error *err) {
    *out = (answer_set){0};
    dear_status status = DEAR_OK;
    strbuf where = {0};
    for (size_t i = 0; i < run->count && status == DEAR_OK; i++) {
        const hit_list *list = &run->lists[i];
        if (!list->answers)
            continue;
        strbuf_clear(&where);
        if (strbuf_printf(&where, "query \"%s\"", list->qid))
            status = answer_set_add(out, list->qid, list->query, list->answers, where.text, err);
        else
            status = error_memory(err);
    }
    strbuf_free(&where);
    if (status == DEAR_OK && out->count == 0)
        status = error_set(err, DEAR_ERROR_INPUT, "holds no answers, as DPR's form does");
    if (status != DEAR_OK)
        answer_set_free(out);
    return status;
}

static const answered_question *find_in(const answer_set *set, const id_table *table,
                                        const char *key) {
    size_t place = id_table_find(table, key);
    return place == ID_NONE ? NULL : &set->questions[place];
}

const answered_question *answers_find(const answer_set *set, const char *qid, const char *query) {
    const answered_question *by_id = find_in(set, &set->by_id, qid);
    const answered_question *by_text = find_in(set, &set->by_text, query);
    if (by_id && by_text && by_id->text && strcmp(by_id->text, query) != 0)
        return by_text;
    if (by_id || by_text)
        return by_id ? by_id : by_text;
    return find_in(set, &set->by_text, qid);
}

void answer_set_free(answer_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        answered_question *q = &set->questions[i];
        for (size_t a = 0; a < q->count; a++)
            strbuf_free(&q->answers[a]);
        mem_free(q->answers);
        mem_free(q->id);
        mem_free(q->text);
    }
    mem_free(set->questions);
    id_table_free(&set->by_id);
    id_table_free(&set->by_text);
    *set = (answer_set){0};
}
