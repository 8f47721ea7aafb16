#include "rank/record_lines.h"

#include "base/json.h"
#include "rank/csv_field.h"
#include "rank/json_record.h"
#include "rank/utf8_text.h"

#include <string.h>

static dear_status read_object(record_lines *r, record *out, const json_t *object,
                               const char *where, dear_error *err) {
    static const char *const title_keys[] = {"title", NULL};
    bool queries = r->kind == COLLECTION_QUERIES;
    if (!json_is_object(object))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", where);
    TRY(record_id(&r->id, object, queries ? record_query_id_keys : record_document_id_keys, where,
                  err));
    if (r->id.length == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has no %s", where,
                         queries ? "query id (\"query_id\", \"qid\", \"_id\" or \"id\")"
                                 : "document id (\"docid\", \"_id\" or \"id\")");
    bool has_text, has_title;
    TRY(record_text(&r->text, &has_text, object,
                    queries ? record_query_text_keys : record_document_text_keys, where, err));
    if (!has_text)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" has no %s", where, r->id.text,
                         queries ? "\"query\" or \"text\"" : "\"text\" or \"contents\"");
    TRY(record_text(&r->title, &has_title, object, title_keys, where, err));
    out->id = r->id.text;
    out->title = queries ? "" : r->title.text;
    out->text = r->text.text;
    return DEAR_OK;
}

static dear_status parse_jsonl(record_lines *r, record *out, const char *line, size_t length,
                               const char *where, dear_error *err) {
    json_t *object;
    TRY(json_read_text(&object, line, length, where, err));
    dear_status status = read_object(r, out, object, where, err);
    json_decref(object);
    return status;
}

static dear_status parse_tsv(const record_lines *r, record *out, char *line, size_t length,
                             const char *where, dear_error *err) {
    char *tab = memchr(line, '\t', length);
    if (!tab || tab == line)
        return error_set(err, DEAR_ERROR_INPUT, "%s: needs an id, a tab and a text", where);
    utf8_blank_zeros(line, length);
    *tab = 0;
    *out = (record){.id = line, .title = "", .text = tab + 1};
    char *text = tab + 1;
    if (r->has_titles) {
        char *second = strchr(text, '\t');
        if (!second)
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: \"%s\" has no title, unlike the first line", where, line);
        *second = 0;
        csv_unquote(text);
        out->title = text;
        out->text = text = second + 1;
    }
    csv_unquote(text);
    return DEAR_OK;
}

/* The first line tells the format: JSON Lines or not, and how many columns a corpus has. Later a
 * tab may also stand inside a text. */
static dear_status settle_format(record_lines *r, const char *line, size_t length,
                                 const char *where, dear_error *err) {
    size_t tabs = 0;
    for (size_t i = 0; i < length; i++)
        tabs += line[i] == '\t';
    r->jsonl = *line == '{';
    if (!r->jsonl && r->kind == COLLECTION_CORPUS && tabs > 2)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: has %zu columns; a corpus has docid and text, or docid, title, text",
                         where, tabs + 1);
    r->has_titles = r->kind == COLLECTION_CORPUS && tabs == 2;
    r->settled = true;
    return DEAR_OK;
}

dear_status record_lines_parse(record_lines *r, record *out, char *line, size_t length,
                               const char *where, dear_error *err) {
    if (!r->settled)
        TRY(settle_format(r, line, length, where, err));
    return r->jsonl ? parse_jsonl(r, out, line, length, where, err)
                    : parse_tsv(r, out, line, length, where, err);
}

void record_lines_free(record_lines *r) {
    strbuf_free(&r->id);
    strbuf_free(&r->title);
    strbuf_free(&r->text);
}
