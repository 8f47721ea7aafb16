#define _GNU_SOURCE
#include "command.h"
#include "hits_options.h"

#include "base/strbuf.h"
#include "eval/evaluation.h"
#include "rank/hits_format.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

typedef struct eval_command {
    const char *qrels;
    hits_input run;
    measure_list measures;
    bool each_query;
} eval_command;

enum { OPTION_MEASURE = 'm', OPTION_QUERIES = 'q', OPTION_FORMAT = 'f' };

static const char default_measures[] = "ndcg_cut.1,5,10";

static const struct argp_option options[] = {
    {"measure", OPTION_MEASURE, "M", 0,
     "Measure to print, as trec_eval names it, with cutoffs if it takes any (ndcg_cut.1,5,10, the "
     "default); may be given more than once",
     0},
    {"queries", OPTION_QUERIES, NULL, 0, "Print each query's values too", 0},
    {"run-format", OPTION_FORMAT, "F", 0,
     "auto, trec, tsv, json (RankGPT), dpr or jsonl (default: auto, told from the content)", 0},
    {0}};

static void parse_measure(struct argp_state *state, eval_command *c, const char *text) {
    dear_error err;
    if (measure_list_add(&c->measures, text, &err) != DEAR_OK)
        argp_error(state, "%s", err.message);
}

static void settle(struct argp_state *state, eval_command *c) {
    if (!c->run.path)
        argp_error(state, "needs judgments and a run: QRELS RUN");
    else if (strcmp(c->qrels, "-") == 0 && strcmp(c->run.path, "-") == 0)
        argp_error(state, "standard input (\"-\") can be read only once");
    if (c->measures.count == 0)
        parse_measure(state, c, default_measures);
    measure_list_sort(&c->measures);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    eval_command *c = state->input;
    switch (key) {
    case OPTION_MEASURE:
        parse_measure(state, c, argument);
        return 0;
    case OPTION_QUERIES:
        c->each_query = true;
        return 0;
    case OPTION_FORMAT:
        c->run.format = parse_input_format(state, argument);
        return 0;
    case ARGP_KEY_ARG:
        if (c->run.path)
            argp_error(state, "\"%s\": one QRELS and one RUN are all there is to give", argument);
        if (c->qrels)
            c->run.path = argument;
        else
            c->qrels = argument;
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The known measures, after the options in --help. */
static char *list_measures(int key, const char *text, void *input) {
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    strbuf out = {0};
    strbuf_puts(&out, "Measures:\n");
    size_t count;
    const measure *all = measures_all(&count);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&out, "  %-12s %s\n", all[i].name, all[i].what);
    strbuf_puts(&out, text);
    return strbuf_take(&out);
}

static const char doc[] =
    "Measure a run against relevance judgments, as trec_eval does: names, tie-breaking, averaging "
    "and output are the same."
    "\v"
    "\nQueries that are not in both files are left out. A run in a JSON format is taken in the "
    "order of its lists; TREC and TSV runs go by score, ties by docid.\n"
    "\n"
    "Example:\n"
    "  dear eval qrels.txt run.trec -m map -m ndcg_cut.10";

static void print_value(const measure_spec *spec, const char *qid, double value) {
    if (spec->measure->kind == MEASURE_MEAN)
        printf("%-22s\t%s\t%6.4f\n", spec->name, qid, value);
    else
        printf("%-22s\t%s\t%.0f\n", spec->name, qid, value);
}

static void print_query(const eval_command *c, const evaluation *e, size_t query) {
    const double *values = e->values + query * e->num_measures;
    for (size_t m = 0; m < e->num_measures; m++)
        if (c->measures.specs[m].measure->kind != MEASURE_QUERIES)
            print_value(&c->measures.specs[m], e->qids[query], values[m]);
}

static void print_evaluation(const eval_command *c, const evaluation *e) {
    for (size_t q = 0; q < e->num_queries && c->each_query; q++)
        print_query(c, e, q);
    for (size_t m = 0; m < e->num_measures; m++)
        print_value(&c->measures.specs[m], "all", e->all[m]);
}

static dear_status evaluate_run(const eval_command *c, const qrels *judged, dear_error *err) {
    hit_set run;
    TRY(hits_read(&run, &c->run, err));
    evaluation e;
    dear_status status = evaluate(&e, judged, &run, &c->measures, NULL, err);
    if (status == DEAR_OK) {
        print_evaluation(c, &e);
        evaluation_free(&e);
    } else if (status == DEAR_ERROR_INPUT) {
        error_prefix(err, "%s, %s", c->run.path, c->qrels);
    }
    hit_set_free(&run);
    return status;
}

int command_eval(int argc, char **argv) {
    static const struct argp argp = {options, parse, "QRELS RUN", doc, NULL, list_measures, NULL};
    eval_command c = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    qrels judged;
    dear_status status = qrels_read(&judged, c.qrels, &err);
    if (status == DEAR_OK) {
        status = evaluate_run(&c, &judged, &err);
        qrels_free(&judged);
    }
    measure_list_free(&c.measures);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
