#define _GNU_SOURCE
#include "command.h"
#include "hits_options.h"

#include "base/progress.h"
#include "retrieve/index_build.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

typedef struct index_command {
    index_build job;
    bool quiet;
} index_command;

enum { BATCH_BYTES = 8 << 20 }; /* a second or two of work */

enum {
    OPTION_OUTPUT = 'o',
    OPTION_QUIET = 'q',
    OPTION_STOPWORDS = 3000,
    OPTION_NO_STEMMING,
    OPTION_NO_TEXT,
    OPTION_RESUME
};

static const struct argp_option options[] = {
    {"output", OPTION_OUTPUT, "INDEX", 0,
     "Write the index here; until it is whole it is called INDEX.part", 1},
    {"out", 0, NULL, OPTION_ALIAS, NULL, 1},
    {"stopwords", OPTION_STOPWORDS, "LIST", 0,
     "English words to leave out: none, short (Lucene's 33, the default: what published baselines "
     "do) or long (a few hundred; for longer passages often better)",
     1},
    {"no-stemming", OPTION_NO_STEMMING, NULL, 0,
     "Keep words as they are, where Porter's stemmer would make \"retrieval\" and \"retrieve\" one",
     1},
    {"no-text", OPTION_NO_TEXT, NULL, 0,
     "Keep no texts: a smaller index, that `dear retrieve` writes only TREC and TSV runs from", 1},
    {"resume", OPTION_RESUME, NULL, 0, "Go on from the INDEX.part that an interrupted run left", 1},
    {"quiet", OPTION_QUIET, NULL, 0, "No progress bar", 1},
    {0}};

static void settle(struct argp_state *state, index_command *c) {
    if (c->job.num_corpora == 0)
        argp_error(state, "no corpus is given");
    if (!c->job.output || strcmp(c->job.output, "-") == 0)
        argp_error(state, "--output INDEX is missing; it must be a file");
    refuse_two_standard_inputs(state, c->job.corpora, (int)c->job.num_corpora);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    index_command *c = state->input;
    switch (key) {
    case OPTION_OUTPUT:
        c->job.output = argument;
        return 0;
    case OPTION_STOPWORDS:
        if (!stopwords_parse(&c->job.analysis.stopwords, argument))
            argp_error(state, "--stopwords is none, short or long, not \"%s\"", argument);
        return 0;
    case OPTION_NO_STEMMING:
        c->job.analysis.stem = false;
        return 0;
    case OPTION_NO_TEXT:
        c->job.texts = false;
        return 0;
    case OPTION_RESUME:
        c->job.resume = true;
        return 0;
    case OPTION_QUIET:
        c->quiet = true;
        return 0;
    case ARGP_KEY_ARGS:
        c->job.corpora = state->argv + state->next;
        c->job.num_corpora = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Make an index of a corpus, for `dear retrieve`."
    "\v"
    "A corpus is TSV (docid, text or docid, title, text: MS MARCO), JSON Lines (BEIR, Tevatron) or "
    "TREC <DOC>s, told from the content; .gz is read as well, \"-\" is standard input.\n"
    "\n"
    "Examples:\n"
    "  dear index collection.tsv --output msmarco.index\n"
    "  dear index corpus.jsonl.gz --stopwords long -o scifact.index\n"
    "\n"
    "Ctrl-C, or a crash, leaves what was finished in INDEX.part; the same command with --resume "
    "goes on from there. An INDEX that is there is replaced at the end.";

static bool show_passages(void *context, int64_t passages) {
    progress_update(context, (double)passages);
    return !interrupt_requested();
}

static void tell_rest(const index_command *c, const index_result *result) {
    if (result->part_kept)
        fprintf(stderr,
                "dear: %lld passages are kept in %s.part; the same command with --resume goes on "
                "from there\n",
                (long long)result->passages, c->job.output);
}

int command_index(int argc, char **argv) {
    static const struct argp argp = {options, parse, "CORPUS... --output INDEX", doc, NULL,
                                     NULL,    NULL};
    index_command c = {
        .job = {.analysis = analysis_defaults(), .texts = true, .batch_bytes = BATCH_BYTES}};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    progress bar;
    progress_start(&bar, c.quiet ? NULL : stderr, "indexing", "passages", 0);
    c.job.progress = show_passages;
    c.job.progress_context = &bar;
    interrupt_catch();
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is to be an error like a full disk */
    index_result result;
    dear_error err;
    dear_status status = index_build_run(&c.job, &result, &err);
    progress_finish(&bar);
    if (status == DEAR_OK)
        return EXIT_DONE;
    int code = command_fail(&err);
    tell_rest(&c, &result);
    return code;
}
