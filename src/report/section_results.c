#include "report/sections.h"

#include "base/memory.h"
#include "report/published_entry.h"

#include <math.h>
#include <string.h>

/* What the best value of a column is, as it is printed: in tenths of a per cent. */
static long tenths(double value) {
    return isnan(value) ? -1 : lround(value * 1000);
}

static void value_cell(document *d, double value, long best) {
    section_value_cell(d, value);
    if (tenths(value) == best && best >= 0)
        document_cell_is_best(d);
}

static long best_of_dataset(const study_dataset *set, study_measure m) {
    long best = -1;
    for (size_t i = 0; i < set->count; i++)
        if (tenths(study_mean(&set->runs[i], m)) > best)
            best = tenths(study_mean(&set->runs[i], m));
    return best;
}

static const char *significance_mark(const study_run *r, study_measure m) {
    if (!r->has_comparison)
        return "";
    return r->against[m].adjusted_p < 0.01 ? "**" : r->against[m].adjusted_p < 0.05 ? "*" : "";
}

static bool has_seconds(const study_dataset *set, const published *rows) {
    for (size_t i = 0; i < set->count; i++)
        if (!isnan(set->runs[i].seconds))
            return true;
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->rows[i].dataset, set->name) == 0 && !isnan(rows->rows[i].seconds))
            return true;
    return false;
}

static void seconds_cell(document *d, double seconds) {
    if (isnan(seconds))
        document_cell(d, "\u2013");
    else
        document_cell(d, "%.3g", seconds);
}

static void measured_row(document *d, const study *s, const study_dataset *set, const study_run *r,
                         const long best[STUDY_MEASURES], bool timed) {
    document_cell(d, "%s%s", r->label, r == study_baseline(s, set) ? " (baseline)" : "");
    for (study_measure m = 0; m < STUDY_MEASURES; m++) {
        value_cell(d, study_mean(r, m), best[m]);
        document_cell_mark(d, significance_mark(r, m));
    }
    if (timed)
        seconds_cell(d, r->seconds);
}

static bool has_measure(const study *s, const published *rows, const published_row *entry) {
    for (study_measure m = 0; m < STUDY_MEASURES; m++)
        if (!isnan(published_entry_value(rows, entry, s->measures.specs[m].name)))
            return true;
    return false;
}

static bool is_shown(const study *s, const study_dataset *set, const published *rows, size_t i) {
    const published_row *row = &rows->rows[i];
    return strcmp(row->dataset, set->name) == 0 && published_begins_entry(rows, i) &&
           has_measure(s, rows, row);
}

static bool is_shown_anywhere(const study *s, const published *rows, size_t i) {
    for (size_t set = 0; set < s->count; set++)
        if (is_shown(s, &s->datasets[set], rows, i))
            return true;
    return false;
}

/* Whether row `i` is the first shown of its source. */
static bool begins_source(const study *s, const published *rows, size_t i) {
    for (size_t before = 0; before < i; before++)
        if (is_shown_anywhere(s, rows, before) &&
            strcmp(rows->rows[before].source, rows->rows[i].source) == 0)
            return false;
    return is_shown_anywhere(s, rows, i);
}

/* The number, from 1, under which a row's source is listed. */
static size_t source_number(const study *s, const published *rows, const published_row *row) {
    size_t number = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (begins_source(s, rows, i)) {
            number++;
            if (strcmp(rows->rows[i].source, row->source) == 0)
                break;
        }
    return number;
}

static void published_rows(document *d, const study *s, const study_dataset *set,
                           const published *rows, bool timed) {
    for (size_t i = 0; i < rows->count; i++) {
        if (!is_shown(s, set, rows, i))
            continue;
        const published_row *row = &rows->rows[i];
        document_cell(d, "%s (as published, %zu)", row->system, source_number(s, rows, row));
        for (study_measure m = 0; m < STUDY_MEASURES; m++)
            section_value_cell(d, published_entry_value(rows, row, s->measures.specs[m].name));
        if (timed)
            seconds_cell(d, row->seconds);
    }
}

/* Each source once, with what is said against it. */
static void published_sources(document *d, const study *s, const published *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        const published_row *row = &rows->rows[i];
        if (begins_source(s, rows, i))
            document_paragraph(d, "As published (%zu), not measured here: %s.%s%s%s",
                               source_number(s, rows, row), row->source, row->note ? " Note: " : "",
                               row->note ? row->note : "", row->note ? "." : "");
    }
}

static void missing_queries(document *d, const study_dataset *set) {
    for (size_t i = 0; i < set->count; i++) {
        const study_run *r = &set->runs[i];
        if (r->num_ranked < r->measured.num_queries)
            document_paragraph(d, "%s ranks %zu of the %zu judged queries; the others count as 0.",
                               r->label, r->num_ranked, r->measured.num_queries);
    }
}

static void measure_columns(document *d) {
    document_column(d, COLUMN_NAME, "Run");
    for (study_measure m = 0; m < STUDY_MEASURES; m++)
        document_column(d, COLUMN_NUMBER, "%s", study_measure_title(m));
}

static void dataset_table(document *d, const study *s, const study_dataset *set,
                          const published *rows) {
    long best[STUDY_MEASURES];
    for (study_measure m = 0; m < STUDY_MEASURES; m++)
        best[m] = best_of_dataset(set, m);
    bool timed = has_seconds(set, rows);
    document_table(d, "%s, %zu queries: means \u00d7 100", set->name,
                   set->runs[0].measured.num_queries);
    measure_columns(d);
    if (timed)
        document_column(d, COLUMN_NUMBER, "s/query");
    for (size_t i = 0; i < set->count; i++)
        measured_row(d, s, set, &set->runs[i], best, timed);
    published_rows(d, s, set, rows, timed);
    missing_queries(d, set);
}

/* The mean of a system's means; NAN when a data set lacks it. */
static double average(const study *s, const char *label, study_measure m) {
    double sum = 0;
    for (size_t i = 0; i < s->count; i++) {
        const study_run *r = study_find_run(&s->datasets[i], label);
        sum += r ? study_mean(r, m) : NAN;
    }
    return sum / (double)s->count;
}

static double dataset_value(const study *s, size_t set, const char *label) {
    if (set == s->count)
        return average(s, label, STUDY_NDCG_10);
    const study_run *r = study_find_run(&s->datasets[set], label);
    return r ? study_mean(r, STUDY_NDCG_10) : NAN;
}

static long best_of_column(const study *s, size_t set, const char *const *labels, size_t count) {
    long best = -1;
    for (size_t i = 0; i < count; i++)
        if (tenths(dataset_value(s, set, labels[i])) > best)
            best = tenths(dataset_value(s, set, labels[i]));
    return best;
}

/* nDCG@10 by data set, their mean in the last column. */
static void overview_table(document *d, const study *s, const char *const *labels, size_t count) {
    document_table(d, "nDCG@10 \u00d7 100 by data set");
    document_column(d, COLUMN_NAME, "Run");
    for (size_t set = 0; set < s->count; set++)
        document_column(d, COLUMN_NUMBER, "%s", s->datasets[set].name);
    document_column(d, COLUMN_NUMBER, "Average");
    for (size_t i = 0; i < count; i++) {
        document_cell(d, "%s", labels[i]);
        for (size_t set = 0; set <= s->count; set++)
            value_cell(d, dataset_value(s, set, labels[i]), best_of_column(s, set, labels, count));
    }
}

static long best_average(const study *s, study_measure m, const char *const *labels, size_t count) {
    long best = -1;
    for (size_t i = 0; i < count; i++)
        if (tenths(average(s, labels[i], m)) > best)
            best = tenths(average(s, labels[i], m));
    return best;
}

static void average_table(document *d, const study *s, const char *const *labels, size_t count) {
    document_table(d, "Average over the %zu data sets \u00d7 100, of runs that have all", s->count);
    measure_columns(d);
    for (size_t i = 0; i < count; i++) {
        if (isnan(average(s, labels[i], STUDY_NDCG_10)))
            continue;
        document_cell(d, "%s", labels[i]);
        for (study_measure m = 0; m < STUDY_MEASURES; m++)
            value_cell(d, average(s, labels[i], m), best_average(s, m, labels, count));
    }
}

static bool any_system_has_all(const study *s, const char *const *labels, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isnan(average(s, labels[i], STUDY_NDCG_10)))
            return true;
    return false;
}

static dear_status averages(document *d, const study *s, dear_error *err) {
    size_t count;
    const char **labels = study_labels(s, &count);
    if (!labels)
        return error_memory(err);
    overview_table(d, s, labels, count);
    if (any_system_has_all(s, labels, count))
        average_table(d, s, labels, count);
    mem_free(labels);
    return DEAR_OK;
}

dear_status section_results(document *d, const study *s, const published *rows, dear_error *err) {
    document_heading(d, 2, "Results");
    if (s->count > 1)
        TRY(averages(d, s, err));
    for (size_t i = 0; i < s->count; i++) {
        section_dataset_heading(d, s, &s->datasets[i]);
        dataset_table(d, s, &s->datasets[i], rows);
    }
    document_paragraph(d,
                       "Bold: the best of the runs measured here. * p < 0.05, ** p < 0.01 against "
                       "the baseline, %s: two-sided paired t-test over queries, corrected for the "
                       "number of runs by Holm\u2019s method.",
                       s->baseline);
    published_sources(d, s, rows);
    return DEAR_OK;
}
