#define _GNU_SOURCE
#include "command.h"
#include "dataset_argument.h"
#include "engine.h"
#include "hits_options.h"
#include "result_options.h"

#include "base/clock.h"
#include "base/progress.h"
#include "compute/cpu.h"
#include "retrieve/query_file.h"
#include "retrieve/retrieve_job.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct retrieve_command {
    const char *index;
    const char *query;
    const char *queries;
    double k1, b;
    size_t top_k; ///< 0 until it is settled
    const char *output;
    const char *tag;
    hits_format format;
    result_options result;
    bool quiet;
} retrieve_command;

enum { TOP_K = 100, TOP_K_ONE = 10 };

enum {
    OPTION_TOP_K = 'k',
    OPTION_OUTPUT = 'o',
    OPTION_FORMAT = 'f',
    OPTION_THREADS = 't',
    OPTION_QUIET = 'q',
    OPTION_QUERY = 3000,
    OPTION_QUERIES,
    OPTION_K1,
    OPTION_B,
    OPTION_TAG
};

static const struct argp_option options[] = {
    {"queries", OPTION_QUERIES, "FILE", 0,
     "Search for these: TSV, JSON Lines or TREC topics (\"-\" is standard input; .gz is read as "
     "well)",
     1},
    {"query", OPTION_QUERY, "TEXT", 0, "Search for this", 1},
    {"top-k", OPTION_TOP_K, "K", 0,
     "Passages of a query that are written (default: 100; 10 with --query)", 1},
    {"k1", OPTION_K1, "X", 0, "BM25: how soon more of a term gives no more (default: 0.9)", 1},
    {"b", OPTION_B, "X", 0, "BM25: how far long passages are held back, 0 to 1 (default: 0.4)", 1},
    {NULL, 0, NULL, 0, "Output:", 2},
    {"output", OPTION_OUTPUT, "FILE", 0,
     "Write here (default: standard output); until it is whole it is called FILE.part", 2},
    {"format", OPTION_FORMAT, "F", 0,
     "trec, json (RankGPT), dpr, jsonl, tsv or table (default: table for --query and on a "
     "terminal, else trec)",
     2},
    {"tag", OPTION_TAG, "NAME", 0, "Last column of a TREC run (default: bm25)", 2},
    {"threads", OPTION_THREADS, "N", 0, "Threads (default: the cores available)", 2},
    {"quiet", OPTION_QUIET, NULL, 0, "No progress bar", 2},
    {0}};

static void settle(struct argp_state *state, retrieve_command *c) {
    if (!c->index)
        argp_error(state, "needs an INDEX, which `dear index` makes");
    if (!c->query == !c->queries)
        argp_error(state, c->query ? "--query and --queries exclude each other"
                                   : "give --queries FILE, or --query TEXT");
    if (c->top_k == 0)
        c->top_k = c->query ? TOP_K_ONE : TOP_K;
    bool terminal = (!c->output || strcmp(c->output, "-") == 0) && isatty(STDOUT_FILENO);
    if (c->format == HITS_FORMAT_AUTO)
        c->format = c->query || terminal ? HITS_FORMAT_TABLE : HITS_FORMAT_TREC;
    c->quiet = c->quiet || terminal;
    check_result_options(state, &c->result, c->output);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    retrieve_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->result;
        return 0;
    case OPTION_QUERIES:
        c->queries = file_or_dataset(argument, DATASET_TOPICS);
        return 0;
    case OPTION_QUERY:
        c->query = argument;
        return 0;
    case OPTION_TOP_K:
        c->top_k = (size_t)parse_whole(state, "top-k", argument, 1, INT_MAX);
        return 0;
    case OPTION_K1:
        c->k1 = parse_number(state, "k1", argument, 0, 1000);
        return 0;
    case OPTION_B:
        c->b = parse_number(state, "b", argument, 0, 1);
        return 0;
    case OPTION_OUTPUT:
        c->output = argument;
        return 0;
    case OPTION_FORMAT:
        c->format = parse_hits_format(state, argument);
        return 0;
    case OPTION_TAG:
        c->tag = argument;
        return 0;
    case OPTION_THREADS:
        compute_set_threads((int)parse_whole(state, "threads", argument, 1, 1024));
        return 0;
    case OPTION_QUIET:
        c->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (c->index)
            argp_error(state, "\"%s\": one INDEX is all there is to give", argument);
        c->index = argument;
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Search an index by BM25: the first stage, whose passages `dear rerank` takes."
    "\v"
    "Examples:\n"
    "  dear retrieve msmarco.index --queries queries.tsv --output bm25.trec\n"
    "  dear retrieve msmarco.index --queries topics.trec -k 1000 --k1 0.82 --b 0.68 -o run.trec\n"
    "  dear retrieve msmarco.index --queries queries.tsv -f json | dear rerank --input -\n"
    "  dear retrieve msmarco.index --query 'what do llamas eat'\n"
    "\n"
    "Scores are Lucene's BM25, with exact lengths. Passages of equal scores come in the order of "
    "the corpus. A query without a word of the corpus finds nothing.";

static dear_status read_queries(hit_set *set, const retrieve_command *c, dear_error *err) {
    if (!c->query)
        return query_file_read(set, c->queries, err);
    *set = (hit_set){.ordered = true};
    return hit_set_add(set, "1", c->query) ? DEAR_OK : error_memory(err);
}

static bool show_queries(void *context, size_t done) {
    progress_update(context, (double)done);
    return !interrupt_requested();
}

static dear_status search(const retrieve_command *c, retriever *index, hit_set *set,
                          dear_error *err) {
    progress bar;
    progress_start(&bar, c->quiet ? NULL : stderr, "searching", "queries", (double)set->count);
    retrieve_job job = {.index = index,
                        .queries = set,
                        .top_k = c->top_k,
                        .output = c->output,
                        .format = c->format,
                        .tag = c->tag,
                        .progress = show_queries,
                        .progress_context = &bar};
    double begun = clock_seconds();
    dear_status status = retrieve_job_run(&job, err);
    double seconds = clock_seconds() - begun;
    progress_finish(&bar);
    TRY(status);
    made_run made = {.path = c->output,
                     .method = "bm25",
                     .num_queries = set->count,
                     .seconds_per_query = seconds / (double)set->count};
    return record_run(&c->result, &made, err);
}

static dear_status retrieve(const retrieve_command *c, hit_set *set, dear_error *err) {
    retriever *index;
    TRY(retriever_open(&index, c->index, c->k1, c->b, err));
    interrupt_catch();
    dear_status status = search(c, index, set, err);
    retriever_close(index);
    return status;
}

int command_retrieve(int argc, char **argv) {
    static const struct argp_child children[] = {{&result_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, "INDEX --queries FILE\nINDEX --query TEXT", doc, children, NULL, NULL};
    retrieve_command c = {.k1 = 0.9, .b = 0.4, .tag = "bm25"};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    hit_set set;
    dear_status status = read_queries(&set, &c, &err);
    if (status == DEAR_OK) {
        status = retrieve(&c, &set, &err);
        hit_set_free(&set);
    }
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
