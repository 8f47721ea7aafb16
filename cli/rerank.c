#define _GNU_SOURCE
#include "command.h"
#include "dataset_argument.h"
#include "engine.h"
#include "hits_options.h"
#include "result_options.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/strbuf.h"
#include "model/lookup.h"
#include "rank/passages.h"
#include "rank/pointwise.h"
#include "rank/rerank_job.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct rerank_command {
    engine_options engine;
    pointwise_options scoring;
    const char *query;
    char **files; ///< passages of the query
    int num_files;
    hits_io io; ///< a set, and where the output goes
    hits_format format;
    result_options result;
    size_t top_k; ///< 0 until it is settled
    size_t shard, shards;
    bool resume;
    bool timing;
} rerank_command;

enum { TOP_K = 100 }; ///< DeAR's

enum {
    OPTION_INPUT = 'i',
    OPTION_TOP_K = 'k',
    OPTION_FORMAT = 'f',
    OPTION_QUERY = 3000,
    OPTION_INPUT_FORMAT,
    OPTION_SCORER,
    OPTION_Q_MAX_LEN,
    OPTION_P_MAX_LEN,
    OPTION_SHARD,
    OPTION_RESUME,
    OPTION_TIMING
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "One query:", 1},
    {"query", OPTION_QUERY, "TEXT", 0,
     "Rerank the passages in FILE... (one a line; \"-\" is standard input) for this query", 1},
    {NULL, 0, NULL, 0, "A set of queries:", 2},
    {"input", OPTION_INPUT, "FILE", 0,
     "Queries with their candidates (\"-\" is standard input; .gz is read as well), or the name of "
     "a "
     "data set that has them (`dear data list`)",
     2},
    {"input-format", OPTION_INPUT_FORMAT, "F", 0,
     "auto, json (RankGPT), dpr, jsonl, trec or tsv (default: auto, told from the content)", 2},
    {"top-k", OPTION_TOP_K, "K", 0,
     "Rerank and keep each query's first K candidates (default: 100; all with --query)", 2},
    {"shard", OPTION_SHARD, "I/N", 0,
     "Do every N-th query only, from query I on, counted from 0 (I < N); `dear convert-run` joins "
     "the parts",
     2},
    {NULL, 0, NULL, 0, "Scoring:", 3},
    {"scorer", OPTION_SCORER, "S", 0,
     "auto, head (score head), qlm (query likelihood) or yesno; auto is head if the model has "
     "one, else qlm",
     3},
    {"q-max-len", OPTION_Q_MAX_LEN, "N", 0, "Tokens kept of a query (default: 32)", 3},
    {"p-max-len", OPTION_P_MAX_LEN, "N", 0, "Tokens kept of a passage (default: 196)", 3},
    {NULL, 0, NULL, 0, "Output:", 4},
    {"format", OPTION_FORMAT, "F", 0,
     "trec, json (what stage 2 reads), dpr, jsonl, tsv or table (default: table for --query and "
     "on a terminal, else trec)",
     4},
    {"resume", OPTION_RESUME, NULL, 0,
     "Go on from the FILE.part (or a cut-off FILE) that an interrupted run left", 4},
    {"timing", OPTION_TIMING, NULL, 0, "Show where the time went", 4},
    {0}};

static void parse_shard(struct argp_state *state, rerank_command *c, const char *text) {
    unsigned shard = 0, shards = 0;
    char rest;
    bool digits = strspn(text, "0123456789/") == strlen(text) && strlen(text) < 20;
    if (!digits || sscanf(text, "%u/%u%c", &shard, &shards, &rest) != 2 || shard >= shards)
        argp_error(state, "--shard must be I/N with I from 0 to N - 1, not \"%s\"", text);
    c->shard = shard;
    c->shards = shards;
}

static bool is_standard_stream(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

static void check_query(struct argp_state *state, const rerank_command *c) {
    const hits_input *input = &c->io.input;
    if (c->num_files == 0)
        argp_error(state, "--query needs a FILE of passages, or \"-\" for standard input");
    if (input->queries_path || input->corpus_path || input->format != HITS_FORMAT_AUTO)
        argp_error(state, "--queries, --corpus and --input-format go with --input, not --query");
    if (c->shards != 1)
        argp_error(state, "--shard goes with --input: a single query cannot be shared out");
    if (c->result.path)
        argp_error(state, "--result goes with --input: it describes the run of a whole set");
    refuse_two_standard_inputs(state, c->files, c->num_files);
}

static void check_input(struct argp_state *state, const rerank_command *c) {
    const hits_input *input = &c->io.input;
    char *const paths[] = {(char *)input->path, (char *)input->queries_path,
                           (char *)input->corpus_path};
    refuse_two_standard_inputs(state, paths, 3);
    if (c->num_files)
        argp_error(state, "\"%s\": files of passages go with --query, not --input", c->files[0]);
}

static void check_output(struct argp_state *state, const rerank_command *c) {
    if (c->resume && is_standard_stream(c->io.output))
        argp_error(state, "--resume needs the --output FILE to go on with");
    if (c->resume && c->format == HITS_FORMAT_TABLE)
        argp_error(state, "--resume: a table cannot be gone on with; name another --format");
    if (c->result.path && c->format == HITS_FORMAT_TABLE)
        argp_error(state, "--result: a table cannot be measured; name another --format");
    check_result_options(state, &c->result, c->io.output);
}

static void settle(struct argp_state *state, rerank_command *c) {
    if (!c->query == !c->io.input.path)
        argp_error(state, c->query ? "--query and --input exclude each other"
                                   : "give --query TEXT with FILE..., or --input FILE");
    if (c->query)
        check_query(state, c);
    else
        check_input(state, c);
    if (c->top_k == 0)
        c->top_k = c->query ? SIZE_MAX : TOP_K;
    bool terminal = is_standard_stream(c->io.output) && isatty(STDOUT_FILENO);
    if (c->format == HITS_FORMAT_AUTO)
        c->format = c->query || terminal ? HITS_FORMAT_TABLE : HITS_FORMAT_TREC;
    check_output(state, c);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    rerank_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->io;
        state->child_inputs[1] = &c->engine;
        state->child_inputs[2] = &c->result;
        return 0;
    case OPTION_QUERY:
        c->query = argument;
        return 0;
    case OPTION_INPUT:
        c->io.input.path = file_or_dataset(argument, DATASET_HITS);
        return 0;
    case OPTION_INPUT_FORMAT:
        c->io.input.format = parse_input_format(state, argument);
        return 0;
    case OPTION_TOP_K:
        c->top_k = (size_t)parse_whole(state, "top-k", argument, 1, INT_MAX);
        return 0;
    case OPTION_SHARD:
        parse_shard(state, c, argument);
        return 0;
    case OPTION_SCORER:
        if (!scorer_parse(&c->scoring.scorer, argument))
            argp_error(state, "--scorer is auto, head, qlm or yesno, not \"%s\"", argument);
        return 0;
    case OPTION_Q_MAX_LEN:
        c->scoring.q_max_len = parse_whole(state, "q-max-len", argument, 1, 1 << 20);
        return 0;
    case OPTION_P_MAX_LEN:
        c->scoring.p_max_len = parse_whole(state, "p-max-len", argument, 4, 1 << 20);
        return 0;
    case OPTION_FORMAT:
        c->format = parse_hits_format(state, argument);
        return 0;
    case OPTION_RESUME:
        c->resume = true;
        return 0;
    case OPTION_TIMING:
        c->timing = true;
        return 0;
    case ARGP_KEY_ARGS:
        c->files = state->argv + state->next;
        c->num_files = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Rerank passages for a query, or the candidates of a whole set of queries, best first."
    "\v"
    "Examples:\n"
    "  dear rerank --query 'where do llamas live' passages.txt\n"
    "  dear rerank --input hits.json --output reranked.trec\n"
    "  dear rerank --input noveleval --output reranked.trec\n"
    "  dear rerank --input run.trec --queries q.tsv --corpus c.jsonl.gz -f json\n"
    "  dear rerank --model dear-8b-ce --input hits.json --shard 0/4 -o part0.trec\n"
    "  dear rerank --input hits.json -o reranked.trec --result reranked.json\n"
    "\n"
    "Candidates with equal scores keep their order. Ctrl-C, or a crash, leaves what was finished "
    "in FILE.part; the same command with --resume goes on from there.";

/* One query with the passages that the files hold. */
static dear_status read_passages(hit_set *set, const rerank_command *c, dear_error *err) {
    hit_list *list = hit_set_add(set, "1", c->query);
    if (!list)
        return error_memory(err);
    for (int i = 0; i < c->num_files; i++)
        TRY(passages_read(list, c->files[i], c->num_files > 1, err));
    if (list->count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds no passages", c->files[0]);
    return DEAR_OK;
}

static dear_status read_set(hit_set *set, const rerank_command *c, dear_error *err) {
    dear_status status = c->query ? read_passages(set, c, err) : hits_read(set, &c->io.input, err);
    if (status == DEAR_OK && set->count == 0)
        status = error_set(err, DEAR_ERROR_INPUT, "%s: holds no queries", c->io.input.path);
    if (status != DEAR_OK)
        hit_set_free(set);
    return status;
}

static dear_status score_list(void *context, hit_list *list, dear_error *err) {
    return pointwise_score(context, list, err);
}

/* The bar counts from where a resumed run goes on, so that its rate is this run's. */
typedef struct job_progress {
    progress bar;
    bool quiet;
    bool started;
    size_t before; ///< passages of queries that an earlier run finished
    size_t done;   ///< passages of finished queries
} job_progress;

static bool show_queries(void *context, size_t done, size_t passages) {
    job_progress *p = context;
    if (!p->started) {
        p->before = done;
        progress_start(&p->bar, p->quiet ? NULL : stderr, "reranking", "passages",
                       (double)(passages - done));
    }
    p->started = true;
    p->done = done;
    progress_update(&p->bar, (double)(done - p->before));
    return !interrupt_requested();
}

/* Within one query: `scored` of its passages are done. */
static bool show_passages(void *context, size_t scored) {
    job_progress *p = context;
    progress_update(&p->bar, (double)(p->done - p->before + scored));
    return !interrupt_requested();
}

/* After the error: what is left of the work, and how to go on. */
static void tell_rest(const rerank_command *c, const rerank_result *ran) {
    if (ran->part_kept)
        fprintf(stderr,
                "dear: %zu of %zu queries are kept in %s.part; the same command with --resume "
                "goes on from there\n",
                ran->finished, ran->queries, c->io.output);
}

/* The model as it was asked for; a path's last part, which means the same elsewhere. */
static void put_model(strbuf *out, const char *name) {
    const char *slash = strrchr(name, '/');
    strbuf_puts(out, slash && slash[1] && file_exists(name) ? slash + 1 : name);
}

static char *describe_model(const engine_options *o) {
    size_t count;
    const char *preset = getenv("DEAR_MODEL");
    const char *chosen = o->model ? o->model : preset && *preset ? preset : NULL;
    strbuf text = {0};
    put_model(&text, chosen ? chosen : lookup_known(&count)->name);
    if (o->adapter) {
        strbuf_puts(&text, " + ");
        put_model(&text, o->adapter);
    }
    return strbuf_take(&text);
}

/* Leaves the result file that was asked for; `seconds` were spent on what this job finished. */
static dear_status record_job(const rerank_command *c, const rerank_result *ran, double seconds,
                              dear_error *err) {
    size_t done = ran->finished - ran->resumed;
    char *name = describe_model(&c->engine);
    if (!name)
        return error_memory(err);
    made_run run = {.path = c->io.output,
                    .model = name,
                    .method = "pointwise",
                    .num_queries = ran->finished,
                    .seconds_per_query = done ? seconds / (double)done : NAN};
    dear_status status = record_run(&c->result, &run, err);
    mem_free(name);
    return status;
}

static int run_job(const rerank_command *c, hit_set *set, pointwise *p, job_progress *shown) {
    rerank_job job = {.set = set,
                      .top_k = c->top_k,
                      .shard = c->shard,
                      .shards = c->shards,
                      .output = c->io.output,
                      .format = c->format,
                      .tag = c->io.tag,
                      .resume = c->resume,
                      .score = score_list,
                      .score_context = p,
                      .progress = show_queries,
                      .progress_context = shown};
    rerank_result ran;
    dear_error err;
    interrupt_catch();
    double started = clock_seconds();
    dear_status status = rerank_job_run(&job, &ran, &err);
    double seconds = clock_seconds() - started;
    if (shown->started)
        progress_finish(&shown->bar);
    if (status == DEAR_OK)
        status = record_job(c, &ran, seconds, &err);
    if (status == DEAR_OK)
        return EXIT_DONE;
    int code = command_fail(&err);
    tell_rest(c, &ran);
    return code;
}

static int rerank_set(const rerank_command *c, hit_set *set) {
    dear_error err;
    engine e;
    if (engine_open(&e, &c->engine, &err) != DEAR_OK)
        return command_fail(&err);
    bool shares_terminal = is_standard_stream(c->io.output) && isatty(STDOUT_FILENO);
    job_progress shown = {.quiet = c->engine.quiet || shares_terminal};
    pointwise_options scoring = c->scoring;
    scoring.progress = show_passages;
    scoring.progress_context = &shown;
    pointwise *p = NULL;
    int code;
    if (pointwise_open(&p, e.m, e.l, &scoring, &err) == DEAR_OK)
        code = run_job(c, set, p, &shown);
    else
        code = command_fail(&err);
    if (c->timing && code == EXIT_DONE)
        engine_print_timing(&e);
    pointwise_close(p);
    engine_close(&e);
    return code;
}

int command_rerank(int argc, char **argv) {
    static const struct argp_child children[] = {
        {&hits_io_argp, 0, NULL, 0}, {&engine_argp, 0, NULL, 0}, {&result_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options, parse, "--query TEXT FILE...\n--input FILE", doc, children, NULL, NULL};
    rerank_command c = {.scoring = pointwise_defaults(),
                        .io = {.input = {.need_texts = true}, .tag = "dear"},
                        .shards = 1};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    hit_set set = {0};
    if (read_set(&set, &c, &err) != DEAR_OK)
        return command_fail(&err);
    int code = rerank_set(&c, &set);
    hit_set_free(&set);
    return code;
}
