#include "eval/published.h"

#include "base/data_path.h"
#include "base/json.h"
#include "base/memory.h"

#include <math.h>

enum {
    PUBLISHED_LIMIT = 8 << 20, ///< bytes
    ROWS_LIMIT = 100000,
    WHERE_LENGTH = 256 ///< of "FILE: table 1: row 2"
};

#define PUBLISHED_FILE "published.json"

/* A table as it is read: a row of it gives a number for each column. */
typedef struct table {
    const char *where;
    const char *source;
    const char *note;
    const json_t *columns; ///< [{dataset, measure}]
    const json_t *rows;    ///< [{system, values, seconds}]
} table;

static dear_status required(const char **out, const json_t *object, const char *key,
                            const char *where, dear_error *err) {
    *out = NULL;
    TRY(json_get_string(object, key, out, where, err));
    if (!*out || !**out)
        return error_set(err, DEAR_ERROR_INPUT, "%s: no \"%s\"", where, key);
    return DEAR_OK;
}

static dear_status required_list(const json_t **out, const json_t *object, const char *key,
                                 const char *where, dear_error *err) {
    *out = json_object_get(object, key);
    if (json_array_size(*out) == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a list with something in it",
                         where, key);
    return DEAR_OK;
}

static dear_status read_value(double *out, const json_t *value, const char *where,
                              dear_error *err) {
    double per_cent = json_number_value(value);
    if (!json_is_number(value) || per_cent < 0 || per_cent > 100)
        return error_set(err, DEAR_ERROR_INPUT, "%s: a value must be a number from 0 to 100",
                         where);
    *out = per_cent / 100;
    return DEAR_OK;
}

static dear_status read_seconds(double *out, const json_t *row, const char *where,
                                dear_error *err) {
    *out = NAN;
    TRY(json_get_double(row, "seconds", out, where, err));
    if (*out <= 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"seconds\" must be more than 0", where);
    return DEAR_OK;
}

static dear_status add(published *p, const published_row *row, dear_error *err) {
    if (p->count == ROWS_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "more than %d published numbers", ROWS_LIMIT);
    published_row *rows = mem_realloc(p->rows, p->count + 1, sizeof *rows);
    if (!rows)
        return error_memory(err);
    p->rows = rows;
    p->rows[p->count++] = *row;
    return DEAR_OK;
}

static dear_status read_row(published *p, const table *t, const json_t *object, const char *where,
                            dear_error *err) {
    published_row row = {.source = t->source, .note = t->note};
    TRY(required(&row.system, object, "system", where, err));
    TRY(read_seconds(&row.seconds, object, where, err));
    const json_t *values = json_object_get(object, "values");
    size_t count = json_array_size(t->columns);
    if (json_array_size(values) != count)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"values\" must be %zu, as \"columns\" are",
                         where, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *column = json_array_get(t->columns, i);
        TRY(required(&row.dataset, column, "dataset", t->where, err));
        TRY(required(&row.measure, column, "measure", t->where, err));
        TRY(read_value(&row.value, json_array_get(values, i), where, err));
        TRY(add(p, &row, err));
    }
    return DEAR_OK;
}

static dear_status read_table(published *p, const json_t *object, const char *where,
                              dear_error *err) {
    table t = {.where = where};
    TRY(required(&t.source, object, "source", where, err));
    TRY(json_get_string(object, "note", &t.note, where, err));
    TRY(required_list(&t.columns, object, "columns", where, err));
    TRY(required_list(&t.rows, object, "rows", where, err));
    for (size_t i = 0; i < json_array_size(t.rows); i++) {
        char place[WHERE_LENGTH];
        snprintf(place, sizeof place, "%s: row %zu", where, i + 1);
        TRY(read_row(p, &t, json_array_get(t.rows, i), place, err));
    }
    return DEAR_OK;
}

static dear_status read_tables(published *p, const char *where, dear_error *err) {
    const json_t *tables;
    TRY(required_list(&tables, p->tree, "tables", where, err));
    for (size_t i = 0; i < json_array_size(tables); i++) {
        char place[WHERE_LENGTH / 2];
        snprintf(place, sizeof place, "%s: table %zu", where, i + 1);
        TRY(read_table(p, json_array_get(tables, i), place, err));
    }
    return DEAR_OK;
}

/* Reads the tables of p->tree, which the list owns from here on. */
static dear_status read_tree(published *p, const char *where, dear_error *err) {
    dear_status status = read_tables(p, where, err);
    if (status != DEAR_OK)
        published_free(p);
    return status;
}

dear_status published_parse(published *out, const char *text, size_t length, const char *where,
                            dear_error *err) {
    *out = (published){0};
    TRY(json_read_text(&out->tree, text, length, where, err));
    return read_tree(out, where, err);
}

dear_status published_read(published *out, dear_error *err) {
    *out = (published){0};
    char *path;
    TRY(data_path(&path, PUBLISHED_FILE, err));
    dear_status status = json_read_file(&out->tree, path, PUBLISHED_LIMIT, err);
    if (status == DEAR_OK)
        status = read_tree(out, path, err);
    mem_free(path);
    return status;
}

void published_free(published *p) {
    mem_free(p->rows);
    json_decref(p->tree);
    *p = (published){0};
}
