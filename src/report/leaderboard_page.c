#include "report/leaderboard.h"

#include "base/memory.h"
#include "report/published_entry.h"
#include "report/today.h"

#include <math.h>
#include <string.h>

/* Names of measures, in the order in which results first have them. */
typedef struct name_list {
    const char **names; ///< [count], of the results
    size_t count, capacity;
} name_list;

static bool add_name(name_list *list, const char *name) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0)
            return true;
    if (!mem_grow((void **)&list->names, &list->capacity, list->count, sizeof *list->names))
        return false;
    list->names[list->count++] = name;
    return true;
}

static dear_status gather_measures(name_list *list, const leaderboard *l, dear_error *err) {
    for (size_t i = 0; i < l->num_entries; i++)
        for (size_t m = 0; m < l->entries[i].about.num_measures; m++)
            if (!add_name(list, l->entries[i].about.measures[m].name))
                return error_memory(err);
    return DEAR_OK;
}

/* Measures of these names are known to people by other ones. */
static const char *title_of(const char *name) {
    static const char *const titles[][2] = {
        {"ndcg_cut_1", "nDCG@1"},        {"ndcg_cut_5", "nDCG@5"}, {"ndcg_cut_10", "nDCG@10"},
        {"ndcg_cut_20", "nDCG@20"},      {"map", "MAP"},           {"recip_rank", "MRR"},
        {"recip_rank_cut_10", "MRR@10"}, {"P_10", "P@10"},         {"recall_100", "R@100"},
        {"recall_1000", "R@1000"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(titles[i][0], name) == 0)
            return titles[i][1];
    return name;
}

static void text_cell(document *d, const char *text) {
    document_cell(d, "%s", text ? text : "\u2013");
}

/* Shares and means of them times 100; counts as they are. */
static void measure_cell(document *d, double value) {
    if (isnan(value))
        document_cell(d, "\u2013");
    else if (fabs(value) <= 1)
        document_cell(d, "%.1f", value * 100);
    else
        document_cell(d, "%.5g", value);
}

static void seconds_cell(document *d, double seconds) {
    if (isnan(seconds))
        document_cell(d, "\u2013");
    else
        document_cell(d, "%.3g", seconds);
}

static void columns(document *d, const name_list *measures) {
    document_column(d, COLUMN_NAME, "Run");
    document_column(d, COLUMN_WORD, "Data set");
    for (size_t m = 0; m < measures->count; m++)
        document_column(d, COLUMN_NUMBER, "%s", title_of(measures->names[m]));
    document_column(d, COLUMN_NUMBER, "s/query");
    document_column(d, COLUMN_TEXT, "Check");
    document_column(d, COLUMN_WORD, "Model");
    document_column(d, COLUMN_WORD, "Machine");
    document_column(d, COLUMN_WORD, "Version");
    document_column(d, COLUMN_WORD, "Date");
}

static void entry_row(document *d, const leaderboard_entry *e, const name_list *measures) {
    const result *about = &e->about;
    text_cell(d, about->name ? about->name : about->run_path ? about->run_path : e->path);
    text_cell(d, about->dataset);
    for (size_t m = 0; m < measures->count; m++)
        measure_cell(d, result_get_measure(about, measures->names[m]));
    seconds_cell(d, about->seconds_per_query);
    document_cell(d, "%s%s", e->doubt ? "unverified: " : "verified", e->doubt ? e->doubt : "");
    text_cell(d, about->model);
    text_cell(d, about->machine);
    text_cell(d, about->version);
    text_cell(d, about->date);
}

static bool has_dataset(const leaderboard *l, const char *name) {
    for (size_t i = 0; i < l->num_entries; i++)
        if (l->entries[i].about.dataset && strcmp(l->entries[i].about.dataset, name) == 0)
            return true;
    return false;
}

static void published_row_of(document *d, const published *rows, const published_row *row,
                             const name_list *measures) {
    document_cell(d, "%s (as published)", row->system);
    text_cell(d, row->dataset);
    for (size_t m = 0; m < measures->count; m++)
        measure_cell(d, published_entry_value(rows, row, measures->names[m]));
    seconds_cell(d, row->seconds);
    text_cell(d, "as published");
    for (int i = 0; i < 4; i++) /* model, machine, version, date */
        text_cell(d, NULL);
}

/* On data sets that results have. */
static void published_rows(document *d, const leaderboard *l, const published *rows,
                           const name_list *measures) {
    for (size_t i = 0; i < rows->count; i++)
        if (published_begins_entry(rows, i) && has_dataset(l, rows->rows[i].dataset))
            published_row_of(d, rows, &rows->rows[i], measures);
}

/* Each source of the rows shown, once. */
static void published_sources(document *d, const leaderboard *l, const published *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        bool is_new = has_dataset(l, rows->rows[i].dataset);
        for (size_t k = 0; k < i && is_new; k++)
            is_new = strcmp(rows->rows[k].source, rows->rows[i].source) != 0 ||
                     !has_dataset(l, rows->rows[k].dataset);
        if (is_new)
            document_paragraph(d, "As published, not measured here: %s.", rows->rows[i].source);
    }
}

static void results(document *d, const leaderboard *l, const published *rows,
                    const name_list *measures) {
    document_table(d, "Measures \u00d7 100; press a heading to sort");
    document_table_is_sortable(d);
    columns(d, measures);
    for (size_t i = 0; i < l->num_entries; i++)
        entry_row(d, &l->entries[i], measures);
    published_rows(d, l, rows, measures);
    document_paragraph(d, "Verified: the run is there with the SHA-256 that its result names, the "
                          "judgments are known, and measuring it again gave the same to 4 digits. "
                          "Models, times and machines are as the results say.");
    published_sources(d, l, rows);
}

static void failures(document *d, const leaderboard *l) {
    document_heading(d, 2, "Files that are no results");
    document_table(d, "Left out of the table above");
    document_column(d, COLUMN_CODE, "File");
    document_column(d, COLUMN_TEXT, "Why");
    for (size_t i = 0; i < l->num_failures; i++) {
        document_cell(d, "%s", l->failures[i].path);
        document_cell(d, "%s", l->failures[i].message);
    }
}

static size_t count_verified(const leaderboard *l) {
    size_t n = 0;
    for (size_t i = 0; i < l->num_entries; i++)
        n += !l->entries[i].doubt;
    return n;
}

static void fill(document *d, const leaderboard *l, const published *rows,
                 const name_list *measures) {
    char date[DATE_LENGTH];
    document_title(d, "Leaderboard");
    document_paragraph(d, "%zu results, %zu of them verified. Made by dear %s on %s.",
                       l->num_entries, count_verified(l), DEAR_VERSION, today(date));
    if (l->num_entries > 0)
        results(d, l, rows, measures);
    if (l->num_failures > 0)
        failures(d, l);
}

dear_status leaderboard_fill(document *out, const leaderboard *l, const published *rows,
                             dear_error *err) {
    *out = (document){0};
    name_list measures = {0};
    dear_status status = gather_measures(&measures, l, err);
    if (status == DEAR_OK) {
        fill(out, l, rows, &measures);
        status = document_check(out, err);
    }
    mem_free(measures.names);
    if (status != DEAR_OK)
        document_free(out);
    return status;
}
