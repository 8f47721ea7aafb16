#include "report/sections.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SHOWN = 5,      ///< largest wins, and losses, in the table
    MANY_BARS = 300 ///< more are drawn as one stepped shape
};

/* A query's nDCG@10 in a run less that in the baseline. */
typedef struct difference {
    double value;
    size_t query; ///< in the evaluation
} difference;

static int larger_first(const void *a, const void *b) {
    const difference *x = a, *y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return (x->query > y->query) - (x->query < y->query);
}

static difference *sorted_differences(const study_run *baseline, const study_run *r) {
    size_t count = r->measured.num_queries;
    difference *all = mem_calloc(count, sizeof *all);
    if (!all)
        return NULL;
    for (size_t q = 0; q < count; q++)
        all[q] = (difference){
            study_value(r, q, STUDY_NDCG_10) - study_value(baseline, q, STUDY_NDCG_10), q};
    qsort(all, count, sizeof *all, larger_first);
    return all;
}

static dear_status draw(document *d, const study_dataset *set, const study_run *baseline,
                        const study_run *r, const difference *all, dear_error *err) {
    const comparison *c = &r->against[STUDY_NDCG_10].values;
    char title[256], description[256];
    snprintf(title, sizeof title, "%s: %s against %s", set->name, r->label, baseline->label);
    snprintf(description, sizeof description,
             "%zu queries are better, %zu equal, %zu worse; nDCG@10 differs by %+.1f on average "
             "(p = %.2g, corrected).",
             c->wins, c->ties, c->losses, c->mean_difference * 100,
             r->against[STUDY_NDCG_10].adjusted_p);
    plot p = plot_begin(300);
    plot_add(&p, "$d << EOD\n");
    for (size_t i = 0; i < c->num_queries; i++)
        plot_add(&p, "%zu %.4f\n", i + 1, all[i].value * 100);
    plot_add(&p,
             "EOD\nset border 2\nunset xtics\nset xrange [0:%zu]\n"
             "set xlabel 'queries, sorted by difference'\nset ylabel 'difference of nDCG@10'\n"
             "set xzeroaxis linetype 1 linecolor '#444444'\nset boxwidth 0.8\n"
             "plot $d using 1:($2 > 0 ? $2 : NaN) with %s linestyle 1 fillstyle solid 0.75, "
             "$d using 1:($2 < 0 ? $2 : NaN) with %s linestyle 2 dashtype solid fillstyle "
             "pattern 4\n",
             c->num_queries + 1, c->num_queries > MANY_BARS ? "fillsteps" : "boxes",
             c->num_queries > MANY_BARS ? "fillsteps" : "boxes");
    return section_add_plot(d, &p, title, description, err);
}

static const char *query_text(const study_run *r, const study_run *baseline, const char *qid) {
    const hit_list *list = hit_set_find(&r->hits, qid);
    if (!list)
        list = hit_set_find(&baseline->hits, qid);
    return list ? list->query : "";
}

static void query_row(document *d, const study_run *baseline, const study_run *r,
                      const difference *of) {
    const char *qid = r->measured.qids[of->query];
    document_cell(d, "%s", qid);
    document_cell(d, "%s", query_text(r, baseline, qid));
    section_value_cell(d, study_value(baseline, of->query, STUDY_NDCG_10));
    section_value_cell(d, study_value(r, of->query, STUDY_NDCG_10));
    document_cell(d, "%+.1f", of->value * 100);
}

static void table_of(document *d, const study_dataset *set, const study_run *baseline,
                     const study_run *r, const difference *all) {
    size_t count = r->measured.num_queries;
    document_table(d, "%s: where %s gains and loses most against %s, nDCG@10 \u00d7 100", set->name,
                   r->label, baseline->label);
    document_column(d, COLUMN_NAME, "Query");
    document_column(d, COLUMN_TEXT, "Text");
    document_column(d, COLUMN_NUMBER, "%s", baseline->label);
    document_column(d, COLUMN_NUMBER, "%s", r->label);
    document_column(d, COLUMN_NUMBER, "Difference");
    for (size_t i = 0; i < count && i < SHOWN && all[i].value > 0; i++)
        query_row(d, baseline, r, &all[i]);
    size_t worst = count > SHOWN ? count - SHOWN : 0;
    for (size_t i = worst; i < count; i++)
        if (all[i].value < 0)
            query_row(d, baseline, r, &all[i]);
}

/* Figures first, so that they stand beside each other, then tables. */
static dear_status compare_dataset(document *d, const study *s, const study_dataset *set,
                                   dear_error *err) {
    const study_run *baseline = study_baseline(s, set);
    for (int tables = 0; tables < 2; tables++)
        for (size_t i = 0; i < set->count; i++) {
            const study_run *r = &set->runs[i];
            if (!r->has_comparison)
                continue;
            difference *all = sorted_differences(baseline, r);
            dear_status status = all ? DEAR_OK : error_memory(err);
            if (status == DEAR_OK && tables)
                table_of(d, set, baseline, r, all);
            else if (status == DEAR_OK)
                status = draw(d, set, baseline, r, all, err);
            mem_free(all);
            TRY(status);
        }
    return DEAR_OK;
}

static bool has_comparison(const study_dataset *set) {
    for (size_t i = 0; i < set->count; i++)
        if (set->runs[i].has_comparison)
            return true;
    return false;
}

dear_status section_queries(document *d, const study *s, dear_error *err) {
    document_heading(d, 2, "Query by query");
    document_paragraph(d, "nDCG@10 of each run less that of the baseline, %s, for each query.",
                       s->baseline);
    for (size_t i = 0; i < s->count; i++) {
        const study_dataset *set = &s->datasets[i];
        section_dataset_heading(d, s, set);
        if (!has_comparison(set))
            document_paragraph(d, "%s has no run to compare with the baseline.", set->name);
        else
            TRY(compare_dataset(d, s, set, err));
    }
    return DEAR_OK;
}
