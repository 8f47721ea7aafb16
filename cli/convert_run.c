#define _GNU_SOURCE
#include "command.h"

#include "base/file.h"
#include "rank/hits_format.h"

#include <argp.h>
#include <string.h>

typedef struct convert_command {
    char **inputs;
    int num_inputs;
    hits_input input; ///< path aside
    hits_format to;   ///< HITS_FORMAT_AUTO: not given
    const char *output;
    const char *tag;
} convert_command;

enum {
    OPTION_OUTPUT = 'o',
    OPTION_TO = 3000,
    OPTION_FROM,
    OPTION_QUERIES,
    OPTION_CORPUS,
    OPTION_TAG
};

static const struct argp_option options[] = {
    {"to", OPTION_TO, "F", 0, "Format to write: trec, json (RankGPT), dpr, jsonl, tsv or table", 1},
    {"from", OPTION_FROM, "F", 0,
     "Format of the inputs (default: auto, told from each one's content)", 1},
    {"queries", OPTION_QUERIES, "FILE", 0, "Texts of queries that the inputs lack", 1},
    {"corpus", OPTION_CORPUS, "FILE", 0, "Texts of documents that the inputs lack", 1},
    {"output", OPTION_OUTPUT, "FILE", 0, "Write here (default: standard output)", 1},
    {"tag", OPTION_TAG, "NAME", 0, "Last column of a TREC run (default: dear)", 1},
    {0}};

static const char doc[] =
    "Join runs (the parts that --shard made, say) and convert between their formats."
    "\v"
    "Examples:\n"
    "  dear convert-run part0.trec part1.trec --to trec --output whole.trec\n"
    "  dear convert-run bm25.trec --queries queries.tsv --corpus corpus.jsonl --to json\n"
    "\n"
    "Queries come in the order of the inputs; a query that two inputs have is an error. JSON "
    "formats are ranked by the order of their lists, TREC and TSV runs by score (ties by the rank "
    "column, then by line). TREC and TSV output keeps that order for readers that sort by score: "
    "a score that ties with the one before it is lowered by one float32 step, and a list whose "
    "scores contradict its order, or that has none, gets 1/rank.";

static hits_format parse_format(struct argp_state *state, const char *name) {
    dear_error err;
    hits_format format;
    if (hits_format_parse(&format, name, &err) != DEAR_OK)
        argp_error(state, "%s", err.message);
    return format;
}

static bool holds_texts(hits_format format) {
    return format == HITS_FORMAT_RANKGPT || format == HITS_FORMAT_DPR ||
           format == HITS_FORMAT_JSONL;
}

static void settle(struct argp_state *state, convert_command *c) {
    int from_stdin = 0;
    for (int i = 0; i < c->num_inputs; i++)
        from_stdin += strcmp(c->inputs[i], "-") == 0;
    if (from_stdin > 1)
        argp_error(state, "standard input (\"-\") can be read only once");
    if (c->num_inputs == 0)
        argp_error(state, "no input is given");
    if (c->to == HITS_FORMAT_AUTO)
        argp_error(state, "--to FORMAT is missing");
    if (c->input.format == HITS_FORMAT_TABLE)
        argp_error(state, "--from: a table is for people and cannot be read back");
    c->input.need_texts = holds_texts(c->to);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    convert_command *c = state->input;
    switch (key) {
    case OPTION_TO:
        c->to = parse_format(state, argument);
        return 0;
    case OPTION_FROM:
        c->input.format = parse_format(state, argument);
        return 0;
    case OPTION_QUERIES:
        c->input.queries_path = argument;
        return 0;
    case OPTION_CORPUS:
        c->input.corpus_path = argument;
        return 0;
    case OPTION_OUTPUT:
        c->output = argument;
        return 0;
    case OPTION_TAG:
        c->tag = argument;
        return 0;
    case ARGP_KEY_ARGS:
        c->inputs = state->argv + state->next;
        c->num_inputs = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static dear_status join_input(hit_set *set, const hits_input *input, dear_error *err) {
    hit_set part;
    TRY(hits_read(&part, input, err));
    dear_status status = hit_set_join(set, &part, err);
    if (status == DEAR_ERROR_INPUT)
        error_prefix(err, "%s", input->path);
    hit_set_free(&part);
    return status;
}

static dear_status read_inputs(hit_set *set, const convert_command *c, dear_error *err) {
    hits_input input = c->input;
    for (int i = 0; i < c->num_inputs; i++) {
        input.path = c->inputs[i];
        TRY(join_input(set, &input, err));
    }
    return DEAR_OK;
}

static dear_status write_lists(FILE *stream, const convert_command *c, const hit_set *set,
                               dear_error *err) {
    TRY(hits_write_begin(stream, c->to, err));
    for (size_t i = 0; i < set->count; i++)
        TRY(hits_write_list(stream, c->to, &set->lists[i], i, c->tag, err));
    return hits_write_end(stream, c->to, err);
}

static dear_status write_output(const convert_command *c, const hit_set *set, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, c->output, err));
    dear_status status = write_lists(out.stream, c, set, err);
    if (status == DEAR_OK)
        return output_file_commit(&out, err);
    output_file_discard(&out, false);
    return status;
}

int command_convert_run(int argc, char **argv) {
    static const struct argp argp = {options, parse, "FILE... --to FORMAT", doc, NULL, NULL, NULL};
    convert_command c = {.tag = "dear"};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    hit_set set = {0};
    dear_status status = read_inputs(&set, &c, &err);
    if (status == DEAR_OK)
        status = write_output(&c, &set, &err);
    hit_set_free(&set);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
