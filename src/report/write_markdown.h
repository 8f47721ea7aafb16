/* A document as Markdown with tables (GitHub Flavored Markdown, https://github.github.com/gfm/). */
#ifndef DEAR_REPORT_WRITE_MARKDOWN_H
#define DEAR_REPORT_WRITE_MARKDOWN_H

#include "base/strbuf.h"
#include "report/document.h"

/* Appends text so that it shows as it is: what Markdown or HTML would read has a backslash or a
 * character reference, lines are joined, control characters and broken UTF-8 are U+FFFD. */
void markdown_text(strbuf *out, const char *text);

/* Figures are their title and description: Markdown has no place for a drawing. */
dear_status write_markdown(strbuf *out, const document *d, dear_error *err);

#endif
