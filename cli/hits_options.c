#include "hits_options.h"

#include "dataset_argument.h"

#include <string.h>

enum { OPTION_OUTPUT = 'o', OPTION_QUERIES = 4000, OPTION_CORPUS, OPTION_TAG };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Texts of runs, and where the output goes:", 5},
    {"queries", OPTION_QUERIES, "FILE", 0,
     "Texts of queries that the input lacks (a TREC or TSV run has none): TSV, JSON Lines or TREC "
     "topics, or a data set's name",
     5},
    {"corpus", OPTION_CORPUS, "FILE", 0,
     "Texts of its documents: TSV (docid, text or docid, title, text), JSON Lines or TREC <DOC>s, "
     "or "
     "a data set's name",
     5},
    {"output", OPTION_OUTPUT, "FILE", 0,
     "Write here (default: standard output); until it is whole it is called FILE.part", 5},
    {"tag", OPTION_TAG, "NAME", 0, "Last column of a TREC run (default: dear)", 5},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state) {
    hits_io *io = state->input;
    switch (key) {
    case OPTION_QUERIES:
        io->input.queries_path = file_or_dataset(argument, DATASET_TOPICS);
        return 0;
    case OPTION_CORPUS:
        io->input.corpus_path = file_or_dataset(argument, DATASET_CORPUS);
        return 0;
    case OPTION_OUTPUT:
        io->output = argument;
        return 0;
    case OPTION_TAG:
        io->tag = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp hits_io_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

hits_format parse_hits_format(struct argp_state *state, const char *name) {
    dear_error err;
    hits_format format = HITS_FORMAT_AUTO;
    if (hits_format_parse(&format, name, &err) != DEAR_OK)
        argp_error(state, "%s", err.message);
    return format;
}

hits_format parse_input_format(struct argp_state *state, const char *name) {
    hits_format format = parse_hits_format(state, name);
    if (format == HITS_FORMAT_TABLE)
        argp_error(state, "a table is for people and cannot be read back");
    return format;
}

void refuse_two_standard_inputs(struct argp_state *state, char *const *paths, int count) {
    int from_stdin = 0;
    for (int i = 0; i < count; i++)
        from_stdin += paths[i] && strcmp(paths[i], "-") == 0;
    if (from_stdin > 1)
        argp_error(state, "standard input (\"-\") can be read only once");
}
