/* The sections of a report, each in the file of its name. They add to a document, whose `failed`
 * tells of missing memory; drawings can fail otherwise. */
#ifndef DEAR_REPORT_SECTIONS_H
#define DEAR_REPORT_SECTIONS_H

#include "eval/published.h"
#include "report/document.h"
#include "report/plot.h"
#include "report/study.h"

/* What a data set's table shows, averages over data sets first; `rows` may be empty. */
dear_status section_results(document *d, const study *s, const published *rows, dear_error *err);

/* nDCG@10 of each run against the baseline, query by query. */
dear_status section_queries(document *d, const study *s, dear_error *err);

/* nDCG@10 against seconds a query, where any are known. */
dear_status section_efficiency(document *d, const study *s, const published *rows, dear_error *err);

/* Where the relevant documents of the baseline's rankings went. */
dear_status section_ranks(document *d, const study *s, dear_error *err);

/* Scores of relevant, not relevant and unjudged documents. */
dear_status section_scores(document *d, const study *s, dear_error *err);

/* Classes of stage 2's responses, where result files count any. */
dear_status section_responses(document *d, const study *s, dear_error *err);

/* Definitions, versions, files; `command` is what made the report. */
void section_made(document *d, const study *s, const char *command);

/* "h2" for a section; below it one for a data set, when there are several. */
void section_dataset_heading(document *d, const study *s, const study_dataset *set);

/* Adds a cell with a value from 0 to 1, times 100 with one decimal; "–" for NAN. */
void section_value_cell(document *d, double value);

/* Adds what `p` draws as the next figure, and frees `p`. */
dear_status section_add_plot(document *d, plot *p, const char *title, const char *description,
                             dear_error *err);

#endif
