#include "eval_result.h"

#include "engine.h"

#include "base/file.h"
#include "eval/result_paths.h"

#include <math.h>
#include <string.h>

enum { OPTION_MODEL = 6200, OPTION_METHOD, OPTION_SECONDS };

static const struct argp_option options[] = {
    {"model", OPTION_MODEL, "NAME", 0, "The model that ranked", 6},
    {"method", OPTION_METHOD, "NAME", 0, "How it ranked: bm25, pointwise, listwise, ...", 6},
    {"seconds-per-query", OPTION_SECONDS, "S", 0, "How long a query took", 6},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    eval_result_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        o->seconds_per_query = NAN;
        state->child_inputs[0] = &o->common;
        return 0;
    case OPTION_MODEL:
        o->model = argument;
        return 0;
    case OPTION_METHOD:
        o->method = argument;
        return 0;
    case OPTION_SECONDS:
        o->seconds_per_query = parse_number(state, "seconds-per-query", argument, 0, 1e9);
        return 0;
    case ARGP_KEY_END:
        if (!o->common.path && (o->model || o->method || !isnan(o->seconds_per_query)))
            argp_error(state, "--model, --method and --seconds-per-query go with --result");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&result_argp, 0, NULL, 0}, {0}};

const struct argp eval_result_argp = {options, parse, NULL, NULL, children, NULL, NULL};

/* Into `r`, which knows its run: what the file that is there says of the same one. */
static dear_status take_known(result *r, const char *path, dear_error *err) {
    result known;
    if (!file_exists(path))
        return DEAR_OK;
    TRY(result_read(&known, path, err));
    bool same = strcmp(known.run_sha256, r->run_sha256) == 0;
    dear_status status = same ? result_set_text(&known.run_path, r->run_path, err) : DEAR_OK;
    if (same && status == DEAR_OK) {
        result_free(r);
        *r = known;
    } else {
        result_free(&known);
    }
    return status;
}

static dear_status set_measures(result *r, const measure_list *measures, const evaluation *e,
                                dear_error *err) {
    r->num_queries = e->num_queries;
    for (size_t m = 0; m < measures->count; m++) {
        measure_kind kind = measures->specs[m].measure->kind;
        if ((kind == MEASURE_MEAN || kind == MEASURE_GEOMETRIC_MEAN) && isfinite(e->all[m]))
            TRY(result_set_measure(r, measures->specs[m].name, e->all[m], err));
    }
    return DEAR_OK;
}

static dear_status fill(result *r, const eval_result_options *o, const evaluated_files *files,
                        dear_error *err) {
    const char *path = o->common.path;
    TRY(result_set_run(r, path, files->run, err));
    TRY(take_known(r, path, err));
    if (files->qrels)
        TRY(result_set_qrels(r, path, files->qrels, err));
    if (o->model)
        TRY(result_set_text(&r->model, o->model, err));
    if (o->method)
        TRY(result_set_text(&r->method, o->method, err));
    if (!isnan(o->seconds_per_query))
        r->seconds_per_query = o->seconds_per_query;
    return result_set_options(r, &o->common, err);
}

dear_status eval_result_write(const eval_result_options *o, const evaluated_files *files,
                              const measure_list *measures, const evaluation *e, dear_error *err) {
    result r = result_defaults();
    dear_status status = fill(&r, o, files, err);
    if (status == DEAR_OK)
        status = set_measures(&r, measures, e, err);
    if (status == DEAR_OK)
        status = result_write(&r, o->common.path, err);
    result_free(&r);
    return status;
}
