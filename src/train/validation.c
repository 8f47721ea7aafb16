#include "train/validation.h"

#include "train/group_scores.h"

#include <math.h>

enum { DEPTH = 10 };

/* The rank of passage `i` by score, from 1; among equals those behind it come first, so that a student
 * that tells nothing apart gains nothing by the positives' standing first. */
static size_t rank_of(const group_scores *g, size_t i) {
    size_t rank = 1;
    for (size_t j = 0; j < g->count; j++)
        rank += g->scores[j] > g->scores[i] || (g->scores[j] == g->scores[i] && j > i);
    return rank;
}

static double discount(size_t rank) {
    return rank <= DEPTH ? 1 / log2((double)rank + 1) : 0;
}

static void add_group(validation *v, const group_scores *g, size_t num_positives) {
    double gained = 0, ideal = 0;
    size_t first = g->count;
    for (size_t i = 0; i < num_positives; i++) {
        size_t rank = rank_of(g, i);
        gained += discount(rank);
        ideal += discount(i + 1);
        first = rank < first ? rank : first;
    }
    v->groups++;
    v->ndcg += gained / ideal;
    v->mrr += first <= DEPTH ? 1 / (double)first : 0;
}

static dear_status validate_group(validation *out, group_scores *room, student *s,
                                  group_data *held_out, size_t position, dear_error *err) {
    training_group group;
    TRY(group_data_read(held_out, 0, position, &group, err));
    dear_status status = group_score(room, s, &group, false, 0, err);
    if (status == DEAR_OK)
        add_group(out, room, group.num_positives);
    training_group_free(&group);
    return status;
}

dear_status validate_student(validation *out, student *s, group_data *held_out, dear_error *err) {
    *out = (validation){0};
    group_scores room = {0};
    dear_status status = DEAR_OK;
    size_t groups = group_data_groups(held_out);
    for (size_t i = 0; i < groups && status == DEAR_OK; i++)
        status = validate_group(out, &room, s, held_out, i, err);
    group_scores_free(&room);
    out->ndcg /= (double)groups;
    out->mrr /= (double)groups;
    return status;
}
