#include "train/group_scores.h"

#include "base/memory.h"

static dear_status reserve(group_scores *room, size_t count, dear_error *err) {
    if (count <= room->capacity)
        return DEAR_OK;
    group_scores_free(room);
    room->passages = mem_calloc(count, sizeof *room->passages);
    room->scores = mem_calloc(count, sizeof *room->scores);
    room->teacher = mem_calloc(count, sizeof *room->teacher);
    room->gradient = mem_calloc(count, sizeof *room->gradient);
    if (!room->passages || !room->scores || !room->teacher || !room->gradient)
        return error_memory(err);
    room->capacity = count;
    return DEAR_OK;
}

dear_status group_score(group_scores *room, student *s, const training_group *group, bool learning,
                        uint64_t step, dear_error *err) {
    size_t all = group->num_positives + group->num_negatives;
    size_t count = group->num_drawn ? group->num_drawn : all;
    TRY(reserve(room, count, err));
    room->count = count;
    for (size_t i = 0; i < count; i++) {
        const training_passage *p = &group->passages[group->num_drawn ? group->drawn[i] : i];
        room->passages[i] = (student_passage){p->title, p->text};
        room->teacher[i] = p->teacher_score;
    }
    student_group texts = {group->query, room->passages, count};
    return student_forward(s, &texts, learning, step, room->scores, err);
}

void group_scores_free(group_scores *room) {
    mem_free(room->passages);
    mem_free(room->scores);
    mem_free(room->teacher);
    mem_free(room->gradient);
    *room = (group_scores){0};
}
