#include "report/study.h"

#include "base/memory.h"

#include <math.h>
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

static double *column(const study_run *r, study_measure m) {
    double *values = mem_calloc(r->measured.num_queries, sizeof *values);
    for (size_t q = 0; q < r->measured.num_queries && values; q++)
        values[q] = study_value(r, q, m);
    return values;
}

static dear_status compare_run(study_run *r, const study_run *baseline, study_measure m,
                               dear_error *err) {
    double *first = column(baseline, m), *second = column(r, m);
    dear_status status =
        !first || !second ? error_memory(err)
                          : compare_values(&r->against[m], first, second, r->measured.num_queries,
                                           SIGNIFICANCE_T_TEST, 0, 0, err);
    mem_free(first);
    mem_free(second);
    r->adjusted_p[m] = r->against[m].p;
    return status;
}

/* Corrects a measure's p values over all runs but the baseline. */
static dear_status adjust(study_dataset *set, const study_run *baseline, study_measure m,
                          dear_error *err) {
    double *p = mem_calloc(set->count, sizeof *p);
    if (!p)
        return error_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < set->count; i++)
        if (&set->runs[i] != baseline)
            p[n++] = set->runs[i].against[m].p;
    dear_status status = holm_adjust(p, n, err);
    n = 0;
    for (size_t i = 0; i < set->count && status == DEAR_OK; i++)
        if (&set->runs[i] != baseline)
            set->runs[i].adjusted_p[m] = p[n++];
    mem_free(p);
    return status;
}

/* A test needs two queries; a data set without the baseline has nothing to compare with. */
static dear_status compare_dataset(const study *s, study_dataset *set, dear_error *err) {
    const study_run *baseline = study_baseline(s, set);
    if (!baseline || baseline->measured.num_queries < 2)
        return DEAR_OK;
    for (study_measure m = 0; m < STUDY_MEASURES; m++) {
        for (size_t i = 0; i < set->count; i++)
            if (&set->runs[i] != baseline)
                TRY(compare_run(&set->runs[i], baseline, m, err));
        TRY(adjust(set, baseline, m, err));
    }
    for (size_t i = 0; i < set->count; i++)
        set->runs[i].has_comparison = &set->runs[i] != baseline;
    return DEAR_OK;
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
