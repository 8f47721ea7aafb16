#include "report/report.h"

#include "base/strbuf.h"
#include "report/sections.h"

static dear_status add_sections(document *d, const study *s, const published *rows,
                                const char *command, dear_error *err) {
    TRY(section_results(d, s, rows, err));
    TRY(section_queries(d, s, err));
    TRY(section_efficiency(d, s, rows, err));
    TRY(section_ranks(d, s, err));
    TRY(section_scores(d, s, err));
    TRY(section_responses(d, s, err));
    section_made(d, s, command);
    return document_check(d, err);
}

/* "Report: dl19, dl20", or how many there are when they are many. */
static void name_report(document *d, const study *s) {
    strbuf names = {0};
    for (size_t i = 0; i < s->count; i++)
        strbuf_printf(&names, "%s%s", i ? ", " : "", s->datasets[i].name);
    if (names.failed || s->count > 4)
        document_title(d, "Report: %zu data sets", s->count);
    else
        document_title(d, "Report: %s", names.text);
    strbuf_free(&names);
}

dear_status report_fill(document *out, const study *s, const published *rows, const char *command,
                        dear_error *err) {
    *out = (document){0};
    name_report(out, s);
    dear_status status = add_sections(out, s, rows, command, err);
    if (status != DEAR_OK)
        document_free(out);
    return status;
}
