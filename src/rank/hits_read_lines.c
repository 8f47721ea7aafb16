#include "rank/hits_read.h"

#include "base/json.h"
#include "base/memory.h"
#include "rank/columns.h"
#include "rank/json_record.h"
#include "rank/score_text.h"
#include "rank/utf8_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(const char *line, size_t length) {
    return strspn(line, COLUMN_GAPS) == length;
}

dear_status hits_lines_next(hits_lines *lines, dear_error *err) {
    do {
        TRY(line_reader_next(lines->reader, &lines->line, &lines->length, err));
    } while (lines->line && is_blank(lines->line, lines->length));
    lines->path = line_reader_path(lines->reader);
    lines->number = line_reader_number(lines->reader);
    return DEAR_OK;
}

static dear_status line_error(const hits_lines *lines, dear_error *err, const char *what) {
    return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: %s", lines->path, lines->number, what);
}

/* The same, with the place in the line where what is wrong stands. */
static dear_status place_error(const hits_lines *lines, const char *at, dear_error *err,
                               const char *what) {
    return error_set(err, DEAR_ERROR_INPUT, "%s:%zu:%zu: %s", lines->path, lines->number,
                     column_position(lines->line, at), what);
}

static dear_status check_utf8(const hits_lines *lines, dear_error *err) {
    size_t valid = utf8_valid_length(lines->line, lines->length);
    if (valid == lines->length)
        return DEAR_OK;
    return place_error(lines, lines->line + valid, err, "is not UTF-8 text");
}

/* Adds the hit to its query's list, wherever in the file that began. */
static dear_status add_hit(hit_set *set, const hits_lines *lines, const char *qid,
                           const char *query, const char *docid, const char *title,
                           const char *text, double score, dear_error *err) {
    hit_list *list = hit_set_find(set, qid);
    if (!list)
        list = hit_set_add(set, qid, query);
    if (!list || !hit_list_add(list, docid, title, text, score))
        return error_memory(err);
    list->hits[list->count - 1].place = lines->number;
    if (query && list->query && strcmp(query, list->query) != 0)
        return line_error(lines, err, "another \"query\" than this query id had before");
    return DEAR_OK;
}

static bool parse_rank(int64_t *out, const char *text) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *out = value;
    return end != text && *end == 0 && errno == 0;
}

/* A run bears the name that stands in its first line. */
static dear_status name_run(hit_set *set, const char *tag, dear_error *err) {
    if (!set->tag)
        set->tag = mem_strdup(tag);
    return set->tag ? DEAR_OK : error_memory(err);
}

/* Lines that begin with "#" are comments, as for trec_eval. */
static dear_status read_trec(hit_set *set, const hits_lines *lines, dear_error *err) {
    char *columns[6];
    if (*lines->line == '#')
        return DEAR_OK;
    TRY(check_utf8(lines, err));
    if (columns_split(lines->line, columns, 6) < 6)
        return place_error(lines, lines->line + lines->length, err,
                           "the line ends before its six columns: qid Q0 docid rank score tag");
    int64_t rank;
    double score;
    if (!parse_rank(&rank, columns[3]))
        return place_error(lines, columns[3], err, "the rank (4th column) must be a whole number");
    if (!score_parse(&score, columns[4], strlen(columns[4])))
        return place_error(lines, columns[4], err,
                           "the score (5th column) must be a finite number");
    TRY(name_run(set, columns[5], err));
    TRY(add_hit(set, lines, columns[0], NULL, columns[2], NULL, NULL, score, err));
    hit_list *list = hit_set_find(set, columns[0]);
    list->hits[list->count - 1].rank = rank;
    return DEAR_OK;
}

static dear_status read_tsv(hit_set *set, const hits_lines *lines, dear_error *err) {
    static const char need[] = "needs three columns with tabs between: qid, docid, score";
    TRY(check_utf8(lines, err));
    char *docid = strchr(lines->line, '\t');
    char *number = docid ? strchr(docid + 1, '\t') : NULL;
    if (!number)
        return place_error(lines, lines->line + lines->length, err, need);
    *docid++ = *number++ = 0;
    char *fourth = strchr(number, '\t');
    if (*lines->line == 0 || *docid == 0 || fourth)
        return place_error(lines,
                           fourth              ? fourth
                           : *lines->line == 0 ? lines->line
                                               : docid,
                           err, need);
    double score;
    if (!score_parse(&score, number, strlen(number)))
        return place_error(lines, number, err, "the score (3rd column) must be a finite number");
    return add_hit(set, lines, lines->line, NULL, docid, NULL, NULL, score, err);
}

/* The strings of a JSON line. */
typedef struct jsonl_fields {
    strbuf qid, query, docid, title, text, where;
} jsonl_fields;

static dear_status read_json_object(hit_set *set, const hits_lines *lines, const json_t *object,
                                    jsonl_fields *f, dear_error *err) {
    static const char *const qid_keys[] = {"query_id", "qid", NULL};
    static const char *const query_keys[] = {"query", "question", NULL};
    static const char *const title_keys[] = {"title", NULL};
    const char *where = f->where.text;
    if (!json_is_object(object))
        return line_error(lines, err, "must be a JSON object");
    bool has_query, has_title, has_text;
    double score;
    TRY(record_id(&f->qid, object, qid_keys, where, err));
    TRY(record_id(&f->docid, object, record_document_id_keys, where, err));
    TRY(record_text(&f->query, &has_query, object, query_keys, where, err));
    TRY(record_text(&f->title, &has_title, object, title_keys, where, err));
    TRY(record_text(&f->text, &has_text, object, record_document_text_keys, where, err));
    TRY(record_score(&score, object, where, err));
    if (f->qid.length == 0 || f->docid.length == 0)
        return line_error(lines, err, f->qid.length ? "has no \"docid\"" : "has no \"query_id\"");
    return add_hit(set, lines, f->qid.text, has_query ? f->query.text : NULL, f->docid.text,
                   has_text ? f->title.text : NULL, has_text ? f->text.text : NULL, score, err);
}

static dear_status read_json_text(hit_set *set, const hits_lines *lines, jsonl_fields *f,
                                  dear_error *err) {
    if (!strbuf_printf(&f->where, "%s:%zu", lines->path, lines->number))
        return error_memory(err);
    json_t *object;
    TRY(json_read_text(&object, lines->line, lines->length, f->where.text, err));
    dear_status status = read_json_object(set, lines, object, f, err);
    json_decref(object);
    return status;
}

static dear_status read_jsonl(hit_set *set, const hits_lines *lines, dear_error *err) {
    jsonl_fields f = {0};
    dear_status status = read_json_text(set, lines, &f, err);
    strbuf_free(&f.qid);
    strbuf_free(&f.query);
    strbuf_free(&f.docid);
    strbuf_free(&f.title);
    strbuf_free(&f.text);
    strbuf_free(&f.where);
    return status;
}

dear_status hits_read_line(hit_set *set, const hits_lines *lines, hits_format format,
                           dear_error *err) {
    if (format == HITS_FORMAT_JSONL)
        return read_jsonl(set, lines, err);
    return format == HITS_FORMAT_TREC ? read_trec(set, lines, err) : read_tsv(set, lines, err);
}

dear_status hits_read_lines(hit_set *set, hits_lines *lines, hits_format format, dear_error *err) {
    while (lines->line) {
        TRY(hits_read_line(set, lines, format, err));
        TRY(hits_lines_next(lines, err));
    }
    return DEAR_OK;
}
