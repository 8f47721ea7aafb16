/* The report on a study, as a document for HTML and Markdown. */
#ifndef DEAR_REPORT_REPORT_H
#define DEAR_REPORT_REPORT_H

#include "eval/published.h"
#include "report/document.h"
#include "report/study.h"

/*
 * Fills `out` with what a measured study shows: tables, differences by query, time, movement of
 * ranks, scores, responses, and how it was made. `rows` (which may be empty) stand beside what was
 * measured, `command` is the command line. Draws by gnuplot (report/plot.h). On failure `out` is
 * empty; otherwise the caller ends it with document_free.
 */
dear_status report_fill(document *out, const study *s, const published *rows, const char *command,
                        dear_error *err);

#endif
