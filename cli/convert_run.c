#define _GNU_SOURCE
#include "command.h"
#include "hits_options.h"

#include "base/file.h"
#include "rank/hits_format.h"

#include <argp.h>
#include <string.h>

typedef struct convert_command {
    char **inputs;
    int num_inputs;
    hits_io io;     ///< path aside
    hits_format to; ///< HITS_FORMAT_AUTO: not given
} convert_command;

enum { OPTION_TO = 3000, OPTION_FROM };

static const struct argp_option options[] = {
    {"to", OPTION_TO, "F", 0, "Format to write: trec, json (RankGPT), dpr, jsonl, tsv or table", 1},
    {"from", OPTION_FROM, "F", 0,
     "Format of the inputs (default: auto, told from each one's content)", 1},
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

static bool holds_texts(hits_format format) {
    return format == HITS_FORMAT_RANKGPT || format == HITS_FORMAT_DPR ||
           format == HITS_FORMAT_JSONL;
}

static void settle(struct argp_state *state, convert_command *c) {
    refuse_two_standard_inputs(state, c->inputs, c->num_inputs);
    if (c->num_inputs == 0)
        argp_error(state, "no input is given");
    if (c->to == HITS_FORMAT_AUTO)
        argp_error(state, "--to FORMAT is missing");
    c->io.input.need_texts = holds_texts(c->to);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    convert_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->io;
        return 0;
    case OPTION_TO:
        c->to = parse_hits_format(state, argument);
        return 0;
    case OPTION_FROM:
        c->io.input.format = parse_input_format(state, argument);
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
    hits_input input = c->io.input;
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
        TRY(hits_write_list(stream, c->to, &set->lists[i], i, c->io.tag, err));
    return hits_write_end(stream, c->to, err);
}

static dear_status write_output(const convert_command *c, const hit_set *set, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, c->io.output, err));
    dear_status status = write_lists(out.stream, c, set, err);
    if (status == DEAR_OK)
        return output_file_commit(&out, err);
    output_file_discard(&out, false);
    return status;
}

int command_convert_run(int argc, char **argv) {
    static const struct argp_child children[] = {{&hits_io_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "FILE... --to FORMAT", doc, children,
                                     NULL,    NULL};
    convert_command c = {.io = {.tag = "dear"}};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    hit_set set = {0};
    dear_status status = read_inputs(&set, &c, &err);
    if (status == DEAR_OK)
        status = write_output(&c, &set, &err);
    hit_set_free(&set);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
