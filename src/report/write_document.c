#include "report/write_document.h"

#include "base/file.h"
#include "report/write_html.h"
#include "report/write_markdown.h"

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

dear_status write_document(const document *d, const char *html_path, const char *markdown_path,
                           dear_error *err) {
    if (html_path)
        TRY(write_page(html_path, d, write_html, err));
    if (markdown_path)
        TRY(write_page(markdown_path, d, write_markdown, err));
    return DEAR_OK;
}
