#define _GNU_SOURCE
#include "result_options.h"

#include "compute/cpu.h"
#include "eval/result_paths.h"

#include <string.h>
#include <time.h>

enum { OPTION_RESULT = 5000, OPTION_NAME, OPTION_DATASET };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Result file, for reports and leaderboards:", 6},
    {"result", OPTION_RESULT, "FILE", 0,
     "Describe the run here (JSON), beside it or in a folder above it", 6},
    {"name", OPTION_NAME, "NAME", 0, "What the run is called there", 6},
    {"dataset", OPTION_DATASET, "NAME", 0, "The data set that its queries are from", 6},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    result_options *o = state->input;
    switch (key) {
    case OPTION_RESULT:
        o->path = argument;
        return 0;
    case OPTION_NAME:
        o->name = argument;
        return 0;
    case OPTION_DATASET:
        o->dataset = argument;
        return 0;
    case ARGP_KEY_END:
        if (!o->path && (o->name || o->dataset))
            argp_error(state, "--name and --dataset go with --result");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp result_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

void check_result_options(struct argp_state *state, const result_options *o, const char *output) {
    dear_error err;
    if (!o->path)
        return;
    if (!output || strcmp(output, "-") == 0)
        argp_error(state, "--result describes a file: name it with --output");
    if (strcmp(o->path, "-") == 0 || strcmp(o->path, output) == 0)
        argp_error(state, "--result is a file of its own, not \"%s\"", o->path);
    if (result_check_run(o->path, output, &err) != DEAR_OK)
        argp_error(state, "--result: %s", err.message);
}

static dear_status set_date(result *r, dear_error *err) {
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return result_set_text(&r->date, text, err);
}

dear_status result_set_options(result *r, const result_options *o, dear_error *err) {
    if (o->name)
        TRY(result_set_text(&r->name, o->name, err));
    if (o->dataset)
        TRY(result_set_text(&r->dataset, o->dataset, err));
    if (!r->version)
        TRY(result_set_text(&r->version, DEAR_VERSION, err));
    return r->date ? DEAR_OK : set_date(r, err);
}

static dear_status set_machine(result *r, dear_error *err) {
    char text[128];
    int threads = compute_threads();
    snprintf(text, sizeof text, "%s, %d thread%s", cpu_get_features()->name, threads,
             threads == 1 ? "" : "s");
    return result_set_text(&r->machine, text, err);
}

static dear_status fill(result *r, const result_options *o, const made_run *run, dear_error *err) {
    r->num_queries = run->num_queries;
    r->seconds_per_query = run->seconds_per_query;
    r->responses = json_incref(run->responses);
    TRY(result_set_text(&r->model, run->model, err));
    TRY(result_set_text(&r->method, run->method, err));
    TRY(set_machine(r, err));
    TRY(result_set_options(r, o, err));
    return result_set_run(r, o->path, run->path, err);
}

dear_status record_run(const result_options *o, const made_run *run, dear_error *err) {
    if (!o->path)
        return DEAR_OK;
    result r = result_defaults();
    dear_status status = fill(&r, o, run, err);
    if (status == DEAR_OK)
        status = result_write(&r, o->path, err);
    result_free(&r);
    return status;
}
