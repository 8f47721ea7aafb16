#include "rank/passages.h"

#include "base/file.h"
#include "rank/utf8_text.h"

#include <string.h>

static dear_status add_line(hit_list *list, const line_reader *lines, const char *text,
                            bool name_file, strbuf *docid, dear_error *err) {
    strbuf_clear(docid);
    if (name_file)
        strbuf_printf(docid, "%s:", line_reader_path(lines));
    strbuf_printf(docid, "%zu", line_reader_number(lines));
    if (docid->failed || !hit_list_add(list, docid->text, "", text, 0))
        return error_memory(err);
    list->hits[list->count - 1].place = line_reader_number(lines);
    return DEAR_OK;
}

static dear_status add_lines(hit_list *list, line_reader *lines, bool name_file, strbuf *docid,
                             dear_error *err) {
    for (;;) {
        char *line;
        size_t length;
        TRY(line_reader_next(lines, &line, &length, err));
        if (!line)
            return DEAR_OK;
        utf8_blank_zeros(line, length);
        if (line[strspn(line, " \t\r\v\f")] != 0)
            TRY(add_line(list, lines, line, name_file, docid, err));
    }
}

dear_status passages_read(hit_list *list, const char *path, bool name_file, dear_error *err) {
    line_reader *lines;
    TRY(line_reader_open(&lines, path, err));
    strbuf docid = {0};
    dear_status status = add_lines(list, lines, name_file, &docid, err);
    strbuf_free(&docid);
    line_reader_close(lines);
    return status;
}
