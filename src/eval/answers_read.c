#include "eval/answers.h"

#include "base/file.h"
#include "base/json.h"
#include "eval/python_list.h"
#include "rank/csv_field.h"
#include "rank/hits_format.h"
#include "rank/json_record.h"
#include "rank/utf8_text.h"
#include "text/utf8.h"

#include <string.h>

/* A file under way; the buffers are reused from line to line. */
typedef struct reading {
    answer_set *set;
    line_reader *lines;
    strbuf id, question, line;
    strbuf where; ///< "file:line"
} reading;

static dear_status read_object(reading *r, const json_t *object, dear_error *err) {
    const char *where = r->where.text;
    if (!json_is_object(object))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", where);
    bool has_question;
    TRY(record_id(&r->id, object, record_query_id_keys, where, err));
    TRY(record_text(&r->question, &has_question, object, record_query_text_keys, where, err));
    if (r->id.length == 0 && !has_question)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has neither an \"id\" nor a \"question\"",
                         where);
    const json_t *answers = json_object_get(object, "answers");
    if (!answers)
        answers = json_object_get(object, "answer");
    if (!answers)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has no \"answers\"", where);
    return answer_set_add(r->set, r->id.length ? r->id.text : NULL,
                          has_question ? r->question.text : NULL, answers, where, err);
}

static dear_status read_json_line(reading *r, const char *line, size_t length, dear_error *err) {
    json_t *object;
    TRY(json_read_text(&object, line, length, r->where.text, err));
    dear_status status = read_object(r, object, err);
    json_decref(object);
    return status;
}

/* "question<tab>list" */
static dear_status read_columns(reading *r, const char *line, size_t length, dear_error *err) {
    strbuf_clear(&r->line);
    if (!utf8_append_repaired(&r->line, line, length))
        return error_memory(err);
    utf8_blank_zeros(r->line.text, r->line.length);
    char *question = r->line.text, *list = strrchr(question, '\t');
    if (!list || list == question)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: needs a question, a tab and its answers as a list", r->where.text);
    *list++ = 0;
    csv_unquote(question);
    csv_unquote(list);
    json_t *answers;
    TRY(python_list_read(&answers, list, r->where.text, err));
    dear_status status = answer_set_add(r->set, NULL, question, answers, r->where.text, err);
    json_decref(answers);
    return status;
}

/* The next line that is not blank; *line is NULL at the end. */
static dear_status next_line(reading *r, char **line, size_t *length, dear_error *err) {
    do
        TRY(line_reader_next(r->lines, line, length, err));
    while (*line && strspn(*line, " \t") == *length);
    strbuf_clear(&r->where);
    strbuf_printf(&r->where, "%s:%zu", line_reader_path(r->lines), line_reader_number(r->lines));
    return r->where.failed ? error_memory(err) : DEAR_OK;
}

static dear_status read_lines(reading *r, char *line, size_t length, dear_error *err) {
    bool json = line && *line == '{';
    while (line) {
        TRY(json ? read_json_line(r, line, length, err) : read_columns(r, line, length, err));
        TRY(next_line(r, &line, &length, err));
    }
    if (r->set->count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds no answers", line_reader_path(r->lines));
    return DEAR_OK;
}

static dear_status read_run(answer_set *out, const char *path, dear_error *err) {
    if (strcmp(path, "-") == 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "standard input: a run that holds answers must be a file");
    hit_set run;
    TRY(hits_read(&run, &(hits_input){.path = path}, err));
    dear_status status = answers_of_run(out, &run, err);
    hit_set_free(&run);
    if (status == DEAR_ERROR_INPUT)
        error_prefix(err, "%s", path);
    return status;
}

/* Reads lines; or says by *is_run that the file is a run, and has read nothing. */
static dear_status read_file(answer_set *out, bool *is_run, const char *path, dear_error *err) {
    reading r = {.set = out};
    TRY(line_reader_open(&r.lines, path, err));
    char *line;
    size_t length;
    dear_status status = next_line(&r, &line, &length, err);
    *is_run = status == DEAR_OK && line && *line == '[';
    if (status == DEAR_OK && !*is_run)
        status = read_lines(&r, line, length, err);
    line_reader_close(r.lines);
    strbuf_free(&r.id);
    strbuf_free(&r.question);
    strbuf_free(&r.line);
    strbuf_free(&r.where);
    return status;
}

dear_status answers_read(answer_set *out, const char *path, dear_error *err) {
    *out = (answer_set){0};
    bool is_run;
    dear_status status = read_file(out, &is_run, path, err);
    if (status == DEAR_OK && is_run)
        status = read_run(out, path, err);
    if (status != DEAR_OK)
        answer_set_free(out);
    return status;
}
