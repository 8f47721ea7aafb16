#define _GNU_SOURCE
#include "eval/result.h"

#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 20, SHA256_DIGITS = 64, REAL_DIGITS = 15 };

static const char schema[] = "dear-result/1";

/* The fields that are plain strings, in the order in which they are written. */
static const struct text_field {
    const char *key;
    size_t offset;
} texts[] = {
    {"name", offsetof(result, name)},       {"model", offsetof(result, model)},
    {"method", offsetof(result, method)},   {"dataset", offsetof(result, dataset)},
    {"machine", offsetof(result, machine)}, {"version", offsetof(result, version)},
    {"date", offsetof(result, date)},
};

/* The files that a result speaks of: objects of a path and a digest. */
static const struct file_field {
    const char *key;
    size_t path, sha256;
} files[] = {
    {"run", offsetof(result, run_path), offsetof(result, run_sha256)},
    {"qrels", offsetof(result, qrels_path), offsetof(result, qrels_sha256)},
};

static const char *const document_keys[] = {"schema",   "name",      "model",
                                            "method",   "dataset",   "run",
                                            "qrels",    "queries",   "seconds_per_query",
                                            "machine",  "version",   "date",
                                            "measures", "responses", NULL};
static const char *const file_keys[] = {"path", "sha256", NULL};

enum { NUM_TEXTS = sizeof texts / sizeof *texts, NUM_FILES = sizeof files / sizeof *files };

static char **string_at(const result *r, size_t offset) {
    return (char **)((char *)r + offset);
}

static dear_status check_keys(const json_t *object, const char *const *known, const char *where,
                              dear_error *err) {
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" is not a field of %s", where, key,
                             schema);
    }
    return DEAR_OK;
}

static bool is_plain_text(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return length > 0;
}

/* Leaves *out as it is when the key is missing or null. */
static dear_status read_text(char **out, const json_t *object, const char *key, const char *where,
                             dear_error *err) {
    const char *text = NULL;
    TRY(json_get_string(object, key, &text, where, err));
    if (!text)
        return DEAR_OK;
    if (!is_plain_text(text, json_string_length(json_object_get(object, key))))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"%s\" must be a line of text, neither empty nor with control "
                         "characters",
                         where, key);
    return result_set_text(out, text, err);
}

/* Whether a path leads from a folder to something below it. */
static bool stays_below(const char *path) {
    if (*path == '/')
        return false;
    for (const char *part = path; *part; part += strspn(part, "/")) {
        size_t length = strcspn(part, "/");
        if (length == 2 && memcmp(part, "..", 2) == 0)
            return false;
        part += length;
    }
    return true;
}

static bool is_sha256(const char *text) {
    return strlen(text) == SHA256_DIGITS && strspn(text, "0123456789abcdef") == SHA256_DIGITS;
}

static dear_status check_file(const char *path, const char *sha256, const char *where,
                              dear_error *err) {
    if (path && !stays_below(path))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"path\" must lead from the result file's folder to a file below it, "
                         "not \"%s\"",
                         where, path);
    if (sha256 && !is_sha256(sha256))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"sha256\" must be 64 hexadecimal digits in lower case", where);
    if (!sha256)
        return error_set(err, DEAR_ERROR_INPUT, "%s: needs a \"sha256\"", where);
    return DEAR_OK;
}

static dear_status read_file(result *r, const struct file_field *field, const json_t *document,
                             const char *path, dear_error *err) {
    const json_t *object = json_object_get(document, field->key);
    if (!object || json_is_null(object))
        return DEAR_OK;
    if (!json_is_object(object))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be an object", path, field->key);
    strbuf where = {0};
    if (!strbuf_printf(&where, "%s: \"%s\"", path, field->key))
        return error_memory(err);
    char **file = string_at(r, field->path), **sha256 = string_at(r, field->sha256);
    dear_status status = check_keys(object, file_keys, where.text, err);
    if (status == DEAR_OK)
        status = read_text(file, object, "path", where.text, err);
    if (status == DEAR_OK)
        status = read_text(sha256, object, "sha256", where.text, err);
    if (status == DEAR_OK)
        status = check_file(*file, *sha256, where.text, err);
    strbuf_free(&where);
    return status;
}

/* "2026-11-23T20:15:00Z" */
static bool is_date(const char *text) {
    static const char pattern[] = "dddd-dd-ddTdd:dd:ddZ";
    if (strlen(text) != sizeof pattern - 1)
        return false;
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
            return false;
    int month, day, hour, minute, second;
    return sscanf(text, "%*d-%2d-%2dT%2d:%2d:%2d", &month, &day, &hour, &minute, &second) == 5 &&
           month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 &&
           second <= 60;
}

static dear_status read_numbers(result *r, const json_t *document, const char *path,
                                dear_error *err) {
    int64_t queries = 0;
    TRY(json_get_int(document, "queries", 0, INT64_C(1) << 53, &queries, path, err));
    r->num_queries = (size_t)queries;
    TRY(json_get_double(document, "seconds_per_query", &r->seconds_per_query, path, err));
    if (r->seconds_per_query < 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"seconds_per_query\" must not be negative",
                         path);
    return DEAR_OK;
}

/* The object under `key`; NULL when it is missing or null. */
static dear_status find_object(json_t **out, const json_t *document, const char *key,
                               const char *path, dear_error *err) {
    *out = json_object_get(document, key);
    if (json_is_null(*out))
        *out = NULL;
    if (*out && !json_is_object(*out))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be an object", path, key);
    return DEAR_OK;
}

static dear_status read_measures(result *r, const json_t *document, const char *path,
                                 dear_error *err) {
    json_t *object;
    TRY(find_object(&object, document, "measures", path, err));
    const char *name;
    const json_t *value;
    json_object_foreach(object, name, value) {
        if (!is_plain_text(name, strlen(name)))
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: \"measures\": a name is empty or has control characters", path);
        if (!json_is_number(value) || !isfinite(json_number_value(value)))
            return error_set(err, DEAR_ERROR_INPUT, "%s: \"measures\": \"%s\" must be a number",
                             path, name);
        TRY(result_set_measure(r, name, json_number_value(value), err));
    }
    return DEAR_OK;
}

static dear_status read_responses(result *r, const json_t *document, const char *path,
                                  dear_error *err) {
    json_t *object;
    TRY(find_object(&object, document, "responses", path, err));
    const char *name;
    const json_t *value;
    json_object_foreach(object, name, value) {
        if (!is_plain_text(name, strlen(name)) || !json_is_integer(value) ||
            json_integer_value(value) < 0)
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: \"responses\": \"%s\" must be how often that class came", path,
                             name);
    }
    r->responses = json_incref(object);
    return DEAR_OK;
}

static dear_status check_schema(const json_t *document, const char *path, dear_error *err) {
    if (!json_is_object(document))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", path);
    const char *found = NULL;
    TRY(json_get_string(document, "schema", &found, path, err));
    if (!found || strcmp(found, schema) != 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"schema\" must be \"%s\"", path, schema);
    return check_keys(document, document_keys, path, err);
}

static dear_status read_document(result *r, const json_t *document, const char *path,
                                 dear_error *err) {
    TRY(check_schema(document, path, err));
    for (size_t i = 0; i < NUM_TEXTS; i++)
        TRY(read_text(string_at(r, texts[i].offset), document, texts[i].key, path, err));
    if (r->date && !is_date(r->date))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: \"date\" must be of the form 2026-11-23T20:15:00Z, not \"%s\"", path,
                         r->date);
    for (size_t i = 0; i < NUM_FILES; i++)
        TRY(read_file(r, &files[i], document, path, err));
    if (!r->run_path)
        return error_set(err, DEAR_ERROR_INPUT, "%s: needs a \"run\" with its \"path\"", path);
    TRY(read_numbers(r, document, path, err));
    TRY(read_measures(r, document, path, err));
    return read_responses(r, document, path, err);
}

static dear_status take_document(result *out, const json_t *document, const char *path,
                                 dear_error *err) {
    *out = result_defaults();
    dear_status status = read_document(out, document, path, err);
    if (status != DEAR_OK)
        result_free(out);
    return status;
}

dear_status result_read(result *out, const char *path, dear_error *err) {
    *out = result_defaults();
    json_t *document;
    TRY(json_read_file(&document, path, FILE_LIMIT, err));
    dear_status status = take_document(out, document, path, err);
    json_decref(document);
    return status;
}

/* Sets a key when there is a text; false when there is no memory. */
static bool put_text(json_t *object, const char *key, const char *text) {
    return !text || json_object_set_new(object, key, json_string(text)) == 0;
}

static bool put_file(json_t *document, const struct file_field *field, const result *r) {
    const char *path = *string_at(r, field->path), *sha256 = *string_at(r, field->sha256);
    if (!path && !sha256)
        return true;
    json_t *object = json_object();
    bool made = json_object_set_new(document, field->key, object) == 0;
    return made && put_text(object, "path", path) && put_text(object, "sha256", sha256);
}

static bool put_measures(json_t *document, const result *r) {
    json_t *object = json_object();
    bool made = json_object_set_new(document, "measures", object) == 0;
    for (size_t i = 0; i < r->num_measures && made; i++)
        made =
            json_object_set_new(object, r->measures[i].name, json_real(r->measures[i].value)) == 0;
    return made;
}

static bool fill_document(json_t *document, const result *r) {
    bool made = put_text(document, "schema", schema);
    for (size_t i = 0; i < NUM_TEXTS; i++)
        made = made && put_text(document, texts[i].key, *string_at(r, texts[i].offset));
    for (size_t i = 0; i < NUM_FILES; i++)
        made = made && put_file(document, &files[i], r);
    if (r->num_queries)
        made = made && json_object_set_new(document, "queries",
                                           json_integer((json_int_t)r->num_queries)) == 0;
    if (isfinite(r->seconds_per_query))
        made = made && json_object_set_new(document, "seconds_per_query",
                                           json_real(r->seconds_per_query)) == 0;
    if (r->num_measures)
        made = made && put_measures(document, r);
    if (r->responses)
        made = made && json_object_set(document, "responses", r->responses) == 0;
    return made;
}

static dear_status write_document(const json_t *document, const char *path, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, path, err));
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS);
    if (json_dumpf(document, out.stream, flags) != 0 || fputc('\n', out.stream) == EOF) {
        dear_status status = error_errno(err, path);
        output_file_discard(&out, false);
        return status;
    }
    return output_file_commit(&out, err);
}

dear_status result_write(const result *r, const char *path, dear_error *err) {
    json_t *document = json_object();
    bool made = document && fill_document(document, r);
    result copy = result_defaults();
    dear_status status = made ? take_document(&copy, document, path, err) : error_memory(err);
    if (status == DEAR_OK)
        status = write_document(document, path, err);
    result_free(&copy);
    json_decref(document);
    return status;
}
