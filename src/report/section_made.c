#include "report/sections.h"

#include "compute/cpu.h"
#include "report/today.h"

static const char *const definition[STUDY_MEASURES] = {
    [STUDY_NDCG_1] = "discounted cumulative gain of the first document, as a share of the best "
                     "possible order\u2019s",
    [STUDY_NDCG_5] = "the same of the first 5: relevance / log2(rank + 1), added up",
    [STUDY_NDCG_10] = "the same of the first 10 (J\u00e4rvelin and Kek\u00e4l\u00e4inen, 2002)",
    [STUDY_MAP] = "average precision: precision at each relevant document, 0 for those not ranked; "
                  "its mean is MAP",
    [STUDY_MRR] = "1 / rank of the first relevant document; its mean is MRR",
};

static void definitions(document *d, const study *s) {
    document_table(d, "Measures, as trec_eval computes them");
    document_column(d, COLUMN_NAME, "Measure");
    document_column(d, COLUMN_CODE, "trec_eval\u2019s name");
    document_column(d, COLUMN_TEXT, "Of a query");
    for (study_measure m = 0; m < STUDY_MEASURES; m++) {
        document_cell(d, "%s", study_measure_title(m));
        document_cell(d, "%s", s->measures.specs[m].name);
        document_cell(d, "%s", definition[m]);
    }
}

static void file_row(document *d, const char *dataset, const char *what, const char *path,
                     const char *sha256) {
    document_cell(d, "%s", what);
    document_cell(d, "%s", dataset);
    document_cell(d, "%s", path);
    document_cell(d, "%s", sha256);
}

static void files(document *d, const study *s) {
    document_table(d, "Files that were read");
    document_column(d, COLUMN_NAME, "File");
    document_column(d, COLUMN_WORD, "Data set");
    document_column(d, COLUMN_CODE, "Path");
    document_column(d, COLUMN_CODE, "SHA-256");
    for (size_t i = 0; i < s->count; i++) {
        const study_dataset *set = &s->datasets[i];
        file_row(d, set->name, "judgments", set->qrels_path, set->qrels_sha256);
        for (size_t r = 0; r < set->count; r++)
            file_row(d, set->name, set->runs[r].label, set->runs[r].path, set->runs[r].sha256);
    }
}

static bool has_result(const study_run *r) {
    return r->about.run_path != NULL;
}

static bool any_result(const study *s) {
    for (size_t i = 0; i < s->count; i++)
        for (size_t r = 0; r < s->datasets[i].count; r++)
            if (has_result(&s->datasets[i].runs[r]))
                return true;
    return false;
}

static void text_cell(document *d, const char *text) {
    document_cell(d, "%s", text ? text : "\u2013");
}

static void result_row(document *d, const study_dataset *set, const study_run *r) {
    text_cell(d, r->label);
    text_cell(d, set->name);
    text_cell(d, r->about.model);
    text_cell(d, r->about.method);
    text_cell(d, r->about.machine);
    text_cell(d, r->about.version);
    text_cell(d, r->about.date);
}

static void results(document *d, const study *s) {
    if (!any_result(s))
        return;
    static const char *const columns[] = {"Data set", "Model",   "Method",
                                          "Machine",  "Version", "Date"};
    document_table(d, "What the result files say of their runs");
    document_column(d, COLUMN_NAME, "Run");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        document_column(d, COLUMN_WORD, "%s", columns[i]);
    for (size_t i = 0; i < s->count; i++)
        for (size_t r = 0; r < s->datasets[i].count; r++)
            if (has_result(&s->datasets[i].runs[r]))
                result_row(d, &s->datasets[i], &s->datasets[i].runs[r]);
}

static void command_table(document *d, const char *command) {
    document_table(d, "This report");
    document_column(d, COLUMN_NAME, "What");
    document_column(d, COLUMN_CODE, "Value");
    char date[DATE_LENGTH];
    const char *const rows[][2] = {{"made by", "dear " DEAR_VERSION},
                                   {"on", today(date)},
                                   {"machine", cpu_get_features()->name},
                                   {"with", command}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        document_cell(d, "%s", rows[i][0]);
        document_cell(d, "%s", rows[i][1]);
    }
}

void section_made(document *d, const study *s, const char *command) {
    document_heading(d, 2, "How this was made");
    document_paragraph(d, "Every measure is a mean over the judged queries of a data set; a query "
                          "that a run lacks counts as 0 (trec_eval -c). Rankings go by score, ties "
                          "by document id; runs in JSON go by their order.");
    definitions(d, s);
    command_table(d, command);
    results(d, s);
    files(d, s);
}
