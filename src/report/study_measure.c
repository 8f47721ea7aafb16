#include "report/study.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static int by_score_then_docid(const void *a, const void *b) {
    const hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return strcmp(y->docid, x->docid);
}

/* Puts the lists into the order in which evaluate() sees them. */
static void rank_hits(hit_set *hits) {
    for (size_t i = 0; i < hits->count; i++) {
        hit_list *list = &hits->lists[i];
        if (!hits->ordered && list->count > 1)
            qsort(list->hits, list->count, sizeof *list->hits, by_score_then_docid);
        for (size_t h = 0; h < list->count; h++)
            list->hits[h].rank = (int64_t)h + 1;
    }
}

static dear_status measure_run(study_run *r, const study *s, const study_dataset *set,
                               dear_error *err) {
    evaluation_options options = evaluation_defaults();
    options.complete = true; /* so that all runs of the set have the same queries */
    rank_hits(&r->hits);
    dear_status status =
        evaluate(&r->measured, &set->judged, &r->hits, &s->measures, &options, err);
    if (status == DEAR_ERROR_INPUT)
        error_prefix(err, "%s, %s", r->path, set->qrels_path);
    for (size_t q = 0; q < r->measured.num_queries && status == DEAR_OK; q++) {
        const hit_list *list = hit_set_find(&r->hits, r->measured.qids[q]);
        r->num_ranked += list && list->count > 0;
    }
    if (status == DEAR_OK && r->num_ranked == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has no query that %s judges", r->path,
                         set->qrels_path);
    return status;
}

/* Shallow copies of what the runs but the baseline measured, in `others`; gives how many. */
static size_t gather(evaluation *others, const study_dataset *set, const study_run *baseline) {
    size_t n = 0;
    for (size_t i = 0; i < set->count; i++)
        if (&set->runs[i] != baseline)
            others[n++] = set->runs[i].measured;
    return n;
}

static void scatter(study_dataset *set, const study_run *baseline, study_measure m,
                    const run_comparison *compared) {
    for (size_t i = 0; i < set->count; i++)
        if (&set->runs[i] != baseline) {
            set->runs[i].against[m] = *compared++;
            set->runs[i].has_comparison = true;
        }
}

/* A test needs two queries; a data set without the baseline has nothing to compare with. */
static dear_status compare_dataset(const study *s, study_dataset *set, dear_error *err) {
    const study_run *baseline = study_baseline(s, set);
    if (!baseline || baseline->measured.num_queries < 2)
        return DEAR_OK;
    evaluation *others = mem_calloc(set->count, sizeof *others);
    run_comparison *compared = mem_calloc(set->count, sizeof *compared);
    comparison_options options = comparison_defaults();
    dear_status status = others && compared ? DEAR_OK : error_memory(err);
    size_t count = status == DEAR_OK ? gather(others, set, baseline) : 0;
    for (study_measure m = 0; m < STUDY_MEASURES && status == DEAR_OK; m++) {
        status = compare_runs(compared, &baseline->measured, others, count, m, &options, err);
        if (status == DEAR_OK)
            scatter(set, baseline, m, compared);
    }
    mem_free(others);
    mem_free(compared);
    return status;
}

static dear_status choose_baseline(study *s, const char *wanted, dear_error *err) {
    bool is_there = false;
    for (size_t d = 0; d < s->count; d++) {
        if (s->datasets[d].count == 0)
            return error_set(err, DEAR_ERROR_INPUT, "data set \"%s\" has no run",
                             s->datasets[d].name);
        if (!wanted)
            wanted = s->datasets[d].runs[0].label;
        is_there |= study_find_run(&s->datasets[d], wanted) != NULL;
    }
    if (!wanted)
        return error_set(err, DEAR_ERROR_INPUT, "no run is given");
    if (!is_there)
        return error_set(err, DEAR_ERROR_INPUT, "no run is called \"%s\", as the baseline is",
                         wanted);
    s->baseline = mem_strdup(wanted);
    return s->baseline ? DEAR_OK : error_memory(err);
}

dear_status study_measure_runs(study *s, const char *baseline, dear_error *err) {
    TRY(choose_baseline(s, baseline, err));
    for (size_t d = 0; d < s->count; d++) {
        study_dataset *set = &s->datasets[d];
        for (size_t i = 0; i < set->count; i++)
            TRY(measure_run(&set->runs[i], s, set, err));
        TRY(compare_dataset(s, set, err));
    }
    return DEAR_OK;
}
