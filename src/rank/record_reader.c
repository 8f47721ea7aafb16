#include "rank/record_reader.h"

#include "base/file.h"
#include "base/memory.h"
#include "rank/record_lines.h"
#include "rank/trec_sgml.h"

#include <string.h>

struct record_reader {
    line_reader *lines;
    bool settled; ///< the first line was seen, and told the format
    bool is_sgml; ///< TREC, else a record a line
    record_lines by_line;
    trec_sgml sgml;
    strbuf where;
};

dear_status record_reader_open(record_reader **out, collection_kind kind, const char *path,
                               dear_error *err) {
    *out = NULL;
    record_reader *r = mem_calloc(1, sizeof *r);
    if (!r)
        return error_memory(err);
    dear_status status = line_reader_open(&r->lines, path, err);
    if (status != DEAR_OK) {
        mem_free(r);
        return status;
    }
    r->by_line.kind = r->sgml.kind = kind;
    r->sgml.lines = r->lines;
    *out = r;
    return DEAR_OK;
}

const char *record_reader_path(const record_reader *r) {
    return line_reader_path(r->lines);
}

static dear_status parse_line(record_reader *r, record *out, char *line, size_t length,
                              dear_error *err) {
    size_t number = line_reader_number(r->lines);
    strbuf_clear(&r->where);
    if (!strbuf_printf(&r->where, "%s:%zu", line_reader_path(r->lines), number))
        return error_memory(err);
    TRY(record_lines_parse(&r->by_line, out, line, length, r->where.text, err));
    out->line = number;
    return DEAR_OK;
}

dear_status record_reader_next(record_reader *r, record *out, dear_error *err) {
    *out = (record){0};
    if (r->is_sgml)
        return trec_sgml_next(&r->sgml, out, err);
    char *line;
    size_t length;
    do {
        TRY(line_reader_next(r->lines, &line, &length, err));
    } while (line && length == 0);
    if (!line)
        return DEAR_OK;
    r->is_sgml = !r->settled && line[strspn(line, " \t")] == '<';
    r->settled = true;
    if (!r->is_sgml)
        return parse_line(r, out, line, length, err);
    trec_sgml_begin(&r->sgml, line, length);
    return trec_sgml_next(&r->sgml, out, err);
}

void record_reader_close(record_reader *r) {
    if (!r)
        return;
    line_reader_close(r->lines);
    record_lines_free(&r->by_line);
    trec_sgml_free(&r->sgml);
    strbuf_free(&r->where);
    mem_free(r);
}
