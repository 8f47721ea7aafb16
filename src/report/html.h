/*
 * Writing HTML: text is escaped, attributes are quoted, so nothing that stands in a file can become
 * an element (https://html.spec.whatwg.org/multipage/syntax.html).
 */
#ifndef DEAR_REPORT_HTML_H
#define DEAR_REPORT_HTML_H

#include "base/strbuf.h"

/*
 * Appends text: & < > " ' as character references; U+FFFD for what is no UTF-8, and for control
 * characters but tab and newline. Good between tags and in a quoted attribute.
 */
void html_text(strbuf *out, const char *text);

/* "<tag name="value" …>" with pairs of attribute and value, NULL at the end; a value is escaped,
 * and a pair whose value is NULL left out. */
void html_open(strbuf *out, const char *tag, ...) __attribute__((sentinel));
void html_close(strbuf *out, const char *tag);

/* "<tag>text</tag>" and a new line. */
void html_element(strbuf *out, const char *tag, const char *text);

#endif
