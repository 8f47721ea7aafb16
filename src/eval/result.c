#include "eval/result.h"

#include "base/memory.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>

result result_defaults(void) {
    return (result){.seconds_per_query = NAN};
}

void result_free(result *r) {
    char *const strings[] = {r->name,       r->model,        r->method,  r->dataset,
                             r->run_path,   r->run_sha256,   r->machine, r->version,
                             r->qrels_path, r->qrels_sha256, r->date};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        mem_free(strings[i]);
    for (size_t i = 0; i < r->num_measures; i++)
        mem_free(r->measures[i].name);
    mem_free(r->measures);
    json_decref(r->responses);
    *r = result_defaults();
}

dear_status result_set_text(char **field, const char *value, dear_error *err) {
    if (value && utf8_valid_prefix(value, strlen(value)) != strlen(value))
        return error_set(err, DEAR_ERROR_INPUT, "a result cannot hold \"%s\": it is not UTF-8",
                         value);
    char *copy = value ? mem_strdup(value) : NULL;
    if (value && !copy)
        return error_memory(err);
    mem_free(*field);
    *field = copy;
    return DEAR_OK;
}

static result_measure *find_measure(const result *r, const char *name) {
    for (size_t i = 0; i < r->num_measures; i++)
        if (strcmp(r->measures[i].name, name) == 0)
            return &r->measures[i];
    return NULL;
}

double result_get_measure(const result *r, const char *name) {
    const result_measure *m = find_measure(r, name);
    return m ? m->value : NAN;
}

dear_status result_set_measure(result *r, const char *name, double value, dear_error *err) {
    if (!isfinite(value))
        return error_set(err, DEAR_ERROR_INPUT, "a result cannot hold %s: it is not finite", name);
    result_measure *known = find_measure(r, name);
    if (known) {
        known->value = value;
        return DEAR_OK;
    }
    char *copy = mem_strdup(name);
    if (!copy || !mem_grow((void **)&r->measures, &r->measures_capacity, r->num_measures,
                           sizeof *r->measures)) {
        mem_free(copy);
        return error_memory(err);
    }
    r->measures[r->num_measures++] = (result_measure){copy, value};
    return DEAR_OK;
}
