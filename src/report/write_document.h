/* A document's files. */
#ifndef DEAR_REPORT_WRITE_DOCUMENT_H
#define DEAR_REPORT_WRITE_DOCUMENT_H

#include "report/document.h"

/* Writes the document to `html_path` and to `markdown_path`, beside and renamed; either may be NULL,
 * and "-" is standard output. */
dear_status write_document(const document *d, const char *html_path, const char *markdown_path,
                           dear_error *err);

#endif
