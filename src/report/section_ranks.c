#include "report/sections.h"

#include "base/memory.h"
#include "rank/id_table.h"

#include <stdio.h>

enum { DEPTH = 100 }; /* ranks drawn; those further down are drawn at it */

/* Relevant documents that both rankings hold, counted by rank in the one and the other. */
typedef struct movement {
    size_t *counts; ///< [DEPTH, DEPTH], by baseline's rank - 1 and run's rank - 1
    size_t rose, fell, stayed;
    size_t lost, found; ///< only the baseline ranks them, only the run does
    size_t deepest;     ///< rank to be drawn
} movement;

static size_t *cell(movement *m, size_t before, size_t after) {
    before = before < DEPTH ? before : DEPTH;
    after = after < DEPTH ? after : DEPTH;
    if (before > m->deepest)
        m->deepest = before;
    if (after > m->deepest)
        m->deepest = after;
    return &m->counts[(before - 1) * DEPTH + after - 1];
}

static void count_move(movement *m, size_t before, size_t after) {
    ++*cell(m, before, after);
    m->rose += after < before;
    m->fell += after > before;
    m->stayed += after == before;
}

/* Ranks of documents by their id. */
static dear_status index_ranks(id_table *ranks, const hit_list *list, dear_error *err) {
    for (size_t i = 0; list && i < list->count; i++) {
        size_t *rank = id_table_at(ranks, list->hits[i].docid);
        if (!rank)
            return error_memory(err);
        *rank = (size_t)list->hits[i].rank;
    }
    return DEAR_OK;
}

static void count_topic(movement *m, const qrels_topic *topic, const id_table *baseline,
                        const id_table *run) {
    for (size_t i = 0; i < topic->count; i++) {
        if (topic->judgments[i].relevance < 1)
            continue;
        size_t before = id_table_find(baseline, topic->judgments[i].docid);
        size_t after = id_table_find(run, topic->judgments[i].docid);
        if (before != ID_NONE && after != ID_NONE)
            count_move(m, before, after);
        m->lost += before != ID_NONE && after == ID_NONE;
        m->found += before == ID_NONE && after != ID_NONE;
    }
}

static dear_status count_moves(movement *m, const study_dataset *set, const study_run *baseline,
                               const study_run *r, dear_error *err) {
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < set->judged.count && status == DEAR_OK; i++) {
        const qrels_topic *topic = &set->judged.topics[i];
        id_table before = {0}, after = {0};
        status = index_ranks(&before, hit_set_find(&baseline->hits, topic->qid), err);
        if (status == DEAR_OK)
            status = index_ranks(&after, hit_set_find(&r->hits, topic->qid), err);
        if (status == DEAR_OK)
            count_topic(m, topic, &before, &after);
        id_table_free(&before);
        id_table_free(&after);
    }
    return status;
}

static dear_status draw(document *d, const study_dataset *set, const study_run *baseline,
                        const study_run *r, const movement *m, dear_error *err) {
    char title[256], description[320];
    snprintf(title, sizeof title, "%s: %s after %s", set->name, r->label, baseline->label);
    snprintf(description, sizeof description,
             "Of the relevant documents that both rank, %zu rose, %zu stayed, %zu fell; %zu are "
             "ranked by the baseline alone, %zu by the run alone. Below the dashed line is "
             "risen; larger circles are more documents.",
             m->rose, m->stayed, m->fell, m->lost, m->found);
    plot p = plot_begin(420);
    plot_add(&p, "$d << EOD\n");
    for (size_t i = 0; i < (size_t)DEPTH * DEPTH; i++)
        if (m->counts[i])
            plot_add(&p, "%zu %zu %zu\n", i / DEPTH + 1, i % DEPTH + 1, m->counts[i]);
    plot_add(&p,
             "EOD\nset size square\nset xrange [0:%zu]\nset yrange [0:%zu]\n"
             "set xlabel 'rank in the baseline%s'\nset ylabel 'rank in the run'\n"
             "plot $d using 1:2:(%g * sqrt($3)) with points linestyle 1 pointsize variable, "
             "x with lines linestyle 9\n",
             m->deepest + 1, m->deepest + 1, m->deepest == DEPTH ? " (100: 100 or more)" : "",
             m->deepest > 40 ? 0.4 : 0.7);
    return section_add_plot(d, &p, title, description, err);
}

static dear_status draw_run(document *d, const study_dataset *set, const study_run *baseline,
                            const study_run *r, dear_error *err) {
    movement m = {.counts = mem_calloc((size_t)DEPTH * DEPTH, sizeof *m.counts)};
    if (!m.counts)
        return error_memory(err);
    dear_status status = count_moves(&m, set, baseline, r, err);
    if (status == DEAR_OK && m.deepest > 0)
        status = draw(d, set, baseline, r, &m, err);
    else if (status == DEAR_OK)
        document_paragraph(d, "%s: %s ranks no relevant document that %s ranks too.", set->name,
                           r->label, baseline->label);
    mem_free(m.counts);
    return status;
}

dear_status section_ranks(document *d, const study *s, dear_error *err) {
    document_heading(d, 2, "Where relevant documents went");
    document_paragraph(d, "Ranks of relevant documents in the baseline, %s, and in each run.",
                       s->baseline);
    for (size_t i = 0; i < s->count; i++) {
        const study_dataset *set = &s->datasets[i];
        const study_run *baseline = study_baseline(s, set);
        section_dataset_heading(d, s, set);
        for (size_t r = 0; r < set->count && baseline; r++)
            if (&set->runs[r] != baseline)
                TRY(draw_run(d, set, baseline, &set->runs[r], err));
    }
    return DEAR_OK;
}
