#include "eval_compare.h"

#include "engine.h"
#include "record_table.h"

#include "base/memory.h"
#include "base/strbuf.h"
#include "text/utf8.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

enum { OPTION_COMPARE = 6000, OPTION_TEST, OPTION_SAMPLES, OPTION_SEED };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Comparing runs:", 3},
    {"compare", OPTION_COMPARE, "RUN2", 0,
     "Compare this run with RUN, query by query; may be given more than once", 3},
    {"test", OPTION_TEST, "T", 0,
     "t (paired t-test, the default), bootstrap or randomization, each paired and two-sided", 3},
    {"samples", OPTION_SAMPLES, "N", 0,
     "Samples that bootstrap and randomization draw (default: 100000)", 3},
    {"seed", OPTION_SEED, "N", 0, "The same seed draws the same samples (default: 0)", 3},
    {0}};

static const char *const test_names[] = {"t", "bootstrap", "randomization"};

static significance_test parse_test(struct argp_state *state, const char *name) {
    for (size_t i = 0; i < sizeof test_names / sizeof *test_names; i++)
        if (strcmp(name, test_names[i]) == 0)
            return (significance_test)i;
    argp_error(state, "--test is t, bootstrap or randomization, not \"%s\"", name);
    return SIGNIFICANCE_T_TEST;
}

static void add_run(struct argp_state *state, compare_options *o, const char *path) {
    if (o->count == MOST_COMPARED)
        argp_error(state, "--compare takes at most %d runs", MOST_COMPARED);
    if (strcmp(path, "-") == 0)
        argp_error(state, "--compare takes files, not standard input");
    o->paths[o->count++] = path;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    compare_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        o->how = comparison_defaults();
        return 0;
    case OPTION_COMPARE:
        add_run(state, o, argument);
        return 0;
    case OPTION_TEST:
        o->how.test = parse_test(state, argument);
        return 0;
    case OPTION_SAMPLES:
        o->how.samples = (size_t)parse_whole(state, "samples", argument, 1, 100000000);
        return 0;
    case OPTION_SEED:
        o->how.seed = (uint64_t)parse_whole(state, "seed", argument, 0, LONG_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp compare_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

/* p of the whole family below 0.05, 0.01. */
static const char *mark(double adjusted_p) {
    return adjusted_p < 0.01 ? "**" : adjusted_p < 0.05 ? "*" : "";
}

/* The name of a file, which need not be UTF-8, for JSON; NULL when there is no memory. */
static json_t *file_name(const char *path) {
    strbuf name = {0};
    utf8_append_repaired(&name, path, strlen(path));
    json_t *text = name.failed ? NULL : json_string(name.text);
    strbuf_free(&name);
    return text;
}

/* A line of the table; NULL when there is no memory. */
static json_t *make_row(const char *name, const char *run, const run_comparison *c) {
    const comparison *v = &c->values;
    return json_pack("{ss so sI sf sf sf sI sI sI sf sf sf ss}", "measure", name, "run",
                     file_name(run), "queries", (json_int_t)v->num_queries, "first", c->first_mean,
                     "second", c->second_mean, "difference", v->mean_difference, "wins",
                     (json_int_t)v->wins, "ties", (json_int_t)v->ties, "losses",
                     (json_int_t)v->losses, "effect_size", v->effect_size, "p", v->p, "p_holm",
                     c->adjusted_p, "mark", mark(c->adjusted_p));
}

/* Adds the lines of one measure; `c` has room for all runs. */
static dear_status add_measure(json_t *rows, run_comparison *c, const compare_options *o,
                               const compared_runs *runs, size_t column, dear_error *err) {
    TRY(compare_runs(c, runs->first, runs->others, o->count, column, &o->how, err));
    for (size_t i = 0; i < o->count; i++)
        if (json_array_append_new(
                rows, make_row(runs->measures->specs[column].name, o->paths[i], &c[i])) != 0)
            return error_memory(err);
    return DEAR_OK;
}

static dear_status add_measures(json_t *rows, const compare_options *o, const compared_runs *runs,
                                dear_error *err) {
    run_comparison *c = mem_calloc(o->count, sizeof *c);
    dear_status status = c && rows ? DEAR_OK : error_memory(err);
    for (size_t m = 0; m < runs->measures->count && status == DEAR_OK; m++)
        if (runs->measures->specs[m].measure->kind == MEASURE_MEAN)
            status = add_measure(rows, c, o, runs, m, err);
    mem_free(c);
    if (status == DEAR_OK && json_array_size(rows) == 0)
        status = error_set(err, DEAR_ERROR_USAGE,
                           "none of the measures is a mean over queries, which can be compared");
    return status;
}

/* What the numbers are, for people. */
static void print_caption(const compare_options *o, const compared_runs *runs) {
    static const char *const tests[] = {"Student's paired t-test", "the paired bootstrap test",
                                        "Fisher's paired randomization test"};
    printf(
        "first: %s; p: %s, two-sided; p_holm: over the runs of a measure, * < 0.05, ** < 0.01\n\n",
        runs->first_name, tests[o->how.test]);
}

static dear_status print_json(const compare_options *o, const compared_runs *runs,
                              const json_t *rows, dear_error *err) {
    json_t *document = json_pack("{so ss sO}", "first", file_name(runs->first_name), "test",
                                 test_names[o->how.test], "comparisons", rows);
    if (!document)
        return error_memory(err);
    bool drawn = o->how.test != SIGNIFICANCE_T_TEST;
    if (drawn) {
        json_object_set_new(document, "samples", json_integer((json_int_t)o->how.samples));
        json_object_set_new(document, "seed", json_integer((json_int_t)o->how.seed));
    }
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
    return DEAR_OK;
}

static dear_status print_rows(eval_format format, const compare_options *o,
                              const compared_runs *runs, const json_t *rows, dear_error *err) {
    if (format == EVAL_JSON)
        return print_json(o, runs, rows, err);
    if (format != EVAL_CSV)
        print_caption(o, runs);
    return record_table_print(format, rows, err);
}

dear_status eval_compare_print(eval_format format, const compare_options *o,
                               const compared_runs *runs, dear_error *err) {
    json_t *rows = json_array();
    dear_status status = add_measures(rows, o, runs, err);
    if (status == DEAR_OK)
        status = print_rows(format, o, runs, rows, err);
    json_decref(rows);
    if (status == DEAR_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = error_errno(err, "standard output");
    return status;
}
