#include "rank/collection.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "rank/json_record.h"
#include "rank/utf8_text.h"

#include <string.h>

dear_status collection_want(collection *c, const char *id, dear_error *err) {
    if (id_table_find(&c->ids, id) != ID_NONE)
        return DEAR_OK;
    if (!mem_grow((void **)&c->entries, &c->capacity, c->count, sizeof *c->entries))
        return error_memory(err);
    collection_entry entry = {.id = mem_strdup(id)};
    size_t *place = entry.id ? id_table_at(&c->ids, entry.id) : NULL;
    if (!place) {
        mem_free(entry.id);
        return error_memory(err);
    }
    *place = c->count;
    c->entries[c->count++] = entry;
    return DEAR_OK;
}

const collection_entry *collection_find(const collection *c, const char *id) {
    size_t place = id_table_find(&c->ids, id);
    return place != ID_NONE && c->entries[place].text ? &c->entries[place] : NULL;
}

void collection_free(collection *c) {
    for (size_t i = 0; i < c->count; i++) {
        mem_free(c->entries[i].id);
        mem_free(c->entries[i].title);
        mem_free(c->entries[i].text);
    }
    mem_free(c->entries);
    id_table_free(&c->ids);
    *c = (collection){0};
}

/* One file being read. */
typedef struct reading {
    collection *c;
    collection_kind kind;
    line_reader *lines;
    bool settled;    ///< the first line was seen, and told the two below
    bool jsonl;      ///< JSON Lines, else TSV
    bool has_titles; ///< TSV with three columns
    strbuf id, title, text, where;
} reading;

static const char *describe_place(reading *r) {
    strbuf_clear(&r->where);
    strbuf_printf(&r->where, "%s:%zu", line_reader_path(r->lines), line_reader_number(r->lines));
    return r->where.failed ? line_reader_path(r->lines) : r->where.text;
}

static dear_status keep(collection_entry *entry, const char *title, const char *text, size_t line,
                        const char *where, dear_error *err) {
    if (entry->text)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" is there twice (first on line %zu)",
                         where, entry->id, entry->line);
    entry->title = mem_strdup(title);
    entry->text = mem_strdup(text);
    entry->line = line;
    return entry->title && entry->text ? DEAR_OK : error_memory(err);
}

static dear_status read_json_line(reading *r, const json_t *object, const char *where,
                                  dear_error *err) {
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
    size_t place = id_table_find(&r->c->ids, r->id.text);
    if (place == ID_NONE)
        return DEAR_OK;
    bool has_text, has_title;
    TRY(record_text(&r->text, &has_text, object,
                    queries ? record_query_text_keys : record_document_text_keys, where, err));
    if (!has_text)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" has no %s", where, r->id.text,
                         queries ? "\"query\" or \"text\"" : "\"text\" or \"contents\"");
    TRY(record_text(&r->title, &has_title, object, title_keys, where, err));
    return keep(&r->c->entries[place], queries ? "" : r->title.text, r->text.text,
                line_reader_number(r->lines), where, err);
}

static dear_status read_jsonl(reading *r, const char *line, size_t length, dear_error *err) {
    const char *where = describe_place(r);
    json_t *object;
    TRY(json_read_text(&object, line, length, where, err));
    dear_status status = read_json_line(r, object, where, err);
    json_decref(object);
    return status;
}

/* True for a field that CSV writers quoted because of what it holds: in quotes, each quote inside
 * doubled, and a doubled quote or a tab there as the reason. Text that merely stands in quotes is
 * not taken for that. */
static bool is_csv_quoted(const char *field, size_t length) {
    if (length < 2 || field[0] != '"' || field[length - 1] != '"')
        return false;
    bool reason = false;
    for (size_t i = 1; i < length - 1; i++) {
        reason = reason || field[i] == '"' || field[i] == '\t';
        if (field[i] == '"' && (i + 1 == length - 1 || field[++i] != '"'))
            return false;
    }
    return reason;
}

static void undo_csv_quotes(char *field) {
    size_t length = strlen(field);
    if (!is_csv_quoted(field, length))
        return;
    char *out = field;
    for (size_t i = 1; i < length - 1; i++) {
        *out++ = field[i];
        i += field[i] == '"';
    }
    *out = 0;
}

static dear_status read_tsv(reading *r, char *line, size_t length, dear_error *err) {
    char *tab = memchr(line, '\t', length);
    if (!tab || tab == line)
        return error_set(err, DEAR_ERROR_INPUT, "%s: needs an id, a tab and a text",
                         describe_place(r));
    *tab = 0;
    size_t place = id_table_find(&r->c->ids, line);
    if (place == ID_NONE)
        return DEAR_OK;
    char *text = tab + 1;
    utf8_blank_zeros(text, length - (size_t)(text - line));
    char no_title[1] = "";
    char *title = no_title;
    if (r->has_titles) {
        char *second = strchr(text, '\t');
        if (!second)
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: \"%s\" has no title, unlike the first line", describe_place(r),
                             line);
        *second = 0;
        title = text;
        text = second + 1;
        undo_csv_quotes(title);
    }
    undo_csv_quotes(text);
    return keep(&r->c->entries[place], title, text, line_reader_number(r->lines), describe_place(r),
                err);
}

/* The first line tells the format: JSON Lines or not, and how many columns a corpus has. Later a
 * tab may also stand inside a text. */
static dear_status settle_format(reading *r, const char *line, size_t length, dear_error *err) {
    r->settled = true;
    r->jsonl = *line == '{';
    size_t tabs = 0;
    for (size_t i = 0; i < length; i++)
        tabs += line[i] == '\t';
    if (!r->jsonl && r->kind == COLLECTION_CORPUS && tabs > 2)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: has %zu columns; a corpus has docid and text, or docid, title, text",
                         describe_place(r), tabs + 1);
    r->has_titles = r->kind == COLLECTION_CORPUS && tabs == 2;
    return DEAR_OK;
}

static dear_status read_lines(reading *r, dear_error *err) {
    for (;;) {
        char *line;
        size_t length;
        TRY(line_reader_next(r->lines, &line, &length, err));
        if (!line)
            return DEAR_OK;
        if (length == 0)
            continue;
        if (!r->settled)
            TRY(settle_format(r, line, length, err));
        TRY(r->jsonl ? read_jsonl(r, line, length, err) : read_tsv(r, line, length, err));
    }
}

dear_status collection_read(collection *c, collection_kind kind, const char *path,
                            dear_error *err) {
    reading r = {.c = c, .kind = kind};
    TRY(line_reader_open(&r.lines, path, err));
    dear_status status = read_lines(&r, err);
    line_reader_close(r.lines);
    strbuf_free(&r.id);
    strbuf_free(&r.title);
    strbuf_free(&r.text);
    strbuf_free(&r.where);
    return status;
}
