/* A document as one HTML page that needs nothing else: style, script and drawings stand in it. */
#ifndef DEAR_REPORT_WRITE_HTML_H
#define DEAR_REPORT_WRITE_HTML_H

#include "base/strbuf.h"
#include "report/document.h"

/* The style is the shipped report/report.css, the script report/sort.js (base/data_path.h), which
 * is there only for a page with a table to sort. */
dear_status write_html(strbuf *out, const document *d, dear_error *err);

#endif
