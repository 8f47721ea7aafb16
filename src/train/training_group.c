#include "train/training_group.h"

#include "base/json.h"
#include "base/memory.h"
#include "rank/json_record.h"

#include <math.h>

/* What is being read, and how to name it. */
typedef struct group_source {
    const json_t *record;
    bool need_teacher;
    const char *where;
    strbuf place; ///< "where: key[i]"
} group_source;

static dear_status take_id(char **out, const json_t *object, const char *const *keys,
                           const char *where, dear_error *err) {
    strbuf id = {0};
    TRY(record_id(&id, object, keys, where, err));
    *out = strbuf_take(&id);
    return *out ? DEAR_OK : error_memory(err);
}

static dear_status take_text(char **out, bool *found, const json_t *object, const char *const *keys,
                             const char *where, dear_error *err) {
    strbuf text = {0};
    dear_status status = record_text(&text, found, object, keys, where, err);
    if (status == DEAR_OK && !(*out = strbuf_take(&text)))
        status = error_memory(err);
    strbuf_free(&text);
    return status;
}

static dear_status take_needed_text(char **out, const json_t *object, const char *const *keys,
                                    const char *where, dear_error *err) {
    bool found;
    TRY(take_text(out, &found, object, keys, where, err));
    if (!found)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has no \"%s\"", where, keys[0]);
    return DEAR_OK;
}

static dear_status take_teacher_score(float *out, const json_t *passage, bool needed,
                                      const char *where, dear_error *err) {
    double score = NAN;
    TRY(json_get_double(passage, "teacher_score", &score, where, err));
    *out = (float)score;
    if (isinf(*out))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"teacher_score\" is out of range", where);
    if (needed && isnan(score))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: has no \"teacher_score\", which this loss learns from", where);
    return DEAR_OK;
}

static dear_status take_passage(training_passage *out, const json_t *passage, bool need_teacher,
                                const char *where, dear_error *err) {
    static const char *const title_keys[] = {"title", NULL};
    bool found;
    if (!json_is_object(passage))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", where);
    TRY(take_id(&out->docid, passage, record_document_id_keys, where, err));
    TRY(take_text(&out->title, &found, passage, title_keys, where, err));
    TRY(take_needed_text(&out->text, passage, record_document_text_keys, where, err));
    return take_teacher_score(&out->teacher_score, passage, need_teacher, where, err);
}

static dear_status take_passages(training_passage *out, const json_t *array, const char *key,
                                 group_source *source, dear_error *err) {
    size_t i;
    const json_t *passage;
    json_array_foreach(array, i, passage) {
        strbuf_clear(&source->place);
        if (!strbuf_printf(&source->place, "%s: %s[%zu]", source->where, key, i))
            return error_memory(err);
        TRY(take_passage(&out[i], passage, source->need_teacher, source->place.text, err));
    }
    return DEAR_OK;
}

static dear_status find_passages(const json_t **out, size_t *count, const group_source *source,
                                 const char *key, dear_error *err) {
    *out = json_object_get(source->record, key);
    *count = json_array_size(*out);
    if (*count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a list of at least one passage",
                         source->where, key);
    return DEAR_OK;
}

static dear_status take_group(training_group *out, group_source *source, dear_error *err) {
    static const char *const query_keys[] = {"query", "question", NULL};
    static const char positive[] = "positive_passages", negative[] = "negative_passages";
    const json_t *positives, *negatives;
    if (!json_is_object(source->record))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", source->where);
    TRY(take_id(&out->query_id, source->record, record_query_id_keys, source->where, err));
    TRY(take_needed_text(&out->query, source->record, query_keys, source->where, err));
    TRY(find_passages(&positives, &out->num_positives, source, positive, err));
    TRY(find_passages(&negatives, &out->num_negatives, source, negative, err));
    out->passages = mem_calloc(out->num_positives + out->num_negatives, sizeof *out->passages);
    if (!out->passages)
        return error_memory(err);
    TRY(take_passages(out->passages, positives, positive, source, err));
    return take_passages(out->passages + out->num_positives, negatives, negative, source, err);
}

dear_status training_group_parse(training_group *out, const char *text, size_t length,
                                 bool need_teacher, const char *where, dear_error *err) {
    *out = (training_group){0};
    json_t *record;
    TRY(json_read_text(&record, text, length, where, err));
    group_source source = {.record = record, .need_teacher = need_teacher, .where = where};
    dear_status status = take_group(out, &source, err);
    if (status != DEAR_OK)
        training_group_free(out);
    strbuf_free(&source.place);
    json_decref(record);
    return status;
}

static size_t draw_below(random_source *random, size_t bound) {
    return random ? random_below(random, bound) : 0;
}

/* Rounds of Fisher and Yates' shuffle over `deck` [size]: each round deals all of it. */
static void deal(size_t *deck, size_t size, random_source *random, size_t *out, size_t count) {
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 < size ? at + 1 : 0) {
        size_t with = at + draw_below(random, size - at), card = deck[with];
        deck[with] = deck[at];
        out[i] = deck[at] = card;
    }
}

dear_status training_group_draw(training_group *group, size_t count, random_source *random,
                                dear_error *err) {
    size_t *deck = mem_calloc(group->num_negatives, sizeof *deck);
    size_t *drawn = mem_calloc(count, sizeof *drawn);
    if (!deck || !drawn) {
        mem_free(deck);
        mem_free(drawn);
        return error_memory(err);
    }
    for (size_t i = 0; i < group->num_negatives; i++)
        deck[i] = group->num_positives + i;
    drawn[0] = draw_below(random, group->num_positives);
    deal(deck, group->num_negatives, random, drawn + 1, count - 1);
    mem_free(deck);
    mem_free(group->drawn);
    group->drawn = drawn;
    group->num_drawn = count;
    return DEAR_OK;
}

void training_group_free(training_group *group) {
    for (size_t i = 0; group->passages && i < group->num_positives + group->num_negatives; i++) {
        mem_free(group->passages[i].docid);
        mem_free(group->passages[i].title);
        mem_free(group->passages[i].text);
    }
    mem_free(group->passages);
    mem_free(group->query_id);
    mem_free(group->query);
    mem_free(group->drawn);
    *group = (training_group){0};
}
