#include "report/report.h"

#include "base/file.h"
#include "report/sections.h"
#include "report/write_html.h"
#include "report/write_markdown.h"

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

static dear_status write_page(const char *path, const document *d,
                              dear_status (*write)(strbuf *, const document *, dear_error *),
                              dear_error *err) {
    strbuf page = {0};
    output_file out = {0};
    dear_status status = write(&page, d, err);
    if (status == DEAR_OK)
        status = output_file_open(&out, path, err);
    if (status == DEAR_OK) {
        fwrite(page.text, 1, page.length, out.stream); /* commit sees what fails */
        status = output_file_commit(&out, err);
    }
    strbuf_free(&page);
    return status;
}

dear_status report_write(const document *d, const char *html_path, const char *markdown_path,
                         dear_error *err) {
    if (html_path)
        TRY(write_page(html_path, d, write_html, err));
    if (markdown_path)
        TRY(write_page(markdown_path, d, write_markdown, err));
    return DEAR_OK;
}
