#include "eval_output.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* NULL when there is no memory. */
static json_t *value_json(const eval_row *row, const measure *m, size_t index) {
    const char *text = eval_row_text(row, m, index);
    double value = row->values[index];
    if (m->kind == MEASURE_RUN_ID && !row->run_id)
        return json_null();
    if (text)
        return json_string(text);
    if (m->kind == MEASURE_QUERIES || m->kind == MEASURE_COUNT)
        return json_integer((json_int_t)value);
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_json(const measure_list *measures, const eval_row *row) {
    json_t *object = json_object();
    bool whole = object != NULL;
    for (size_t m = 0; m < measures->count && whole; m++) {
        const measure_spec *spec = &measures->specs[m];
        if (eval_row_has(row, spec->measure))
            whole = json_object_set_new(object, spec->name, value_json(row, spec->measure, m)) == 0;
    }
    if (whole)
        return object;
    json_decref(object);
    return NULL;
}

static bool add_rows(json_t *document, const eval_output *output, const measure_list *measures,
                     const evaluation *e) {
    json_t *queries = output->each_query ? json_object() : NULL;
    if (output->each_query && json_object_set_new(document, "queries", queries) != 0)
        return false;
    for (size_t q = 0; queries && q < e->num_queries; q++) {
        eval_row row = eval_row_of_query(e, q);
        if (json_object_set_new(queries, row.name, row_json(measures, &row)) != 0)
            return false;
    }
    eval_row all = eval_row_of_all(e);
    return output->no_summary ||
           json_object_set_new(document, "all", row_json(measures, &all)) == 0;
}

dear_status eval_json_print(const eval_output *output, const measure_list *measures,
                            const evaluation *e, dear_error *err) {
    json_t *document = json_object();
    dear_status status = DEAR_OK;
    if (!document || !add_rows(document, output, measures, e))
        status = error_memory(err);
    else if (json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
        status = error_errno(err, "standard output");
    putchar('\n');
    json_decref(document);
    return status;
}
