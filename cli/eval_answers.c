#include "eval_answers.h"

#include "dataset_argument.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_ANSWERS = 6100, OPTION_TOP_K = 'k', OPTION_TOPICS = 6101, OPTION_CORPUS };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Answers of questions:", 4},
    {"answers", OPTION_ANSWERS, NULL, 0,
     "Hold passages to answers instead of judgments: ANSWERS are JSON Lines, DPR's two columns, or "
     "those that the run itself holds",
     4},
    {"top-k", OPTION_TOP_K, "K,...", 0,
     "Share of questions that one of the first K passages answers (default: 1,5,10,20,50,100)", 4},
    {"topics", OPTION_TOPICS, "FILE", 0, "Texts of the queries of a run that has none", 4},
    {"corpus", OPTION_CORPUS, "FILE", 0, "Texts of its documents", 4},
    {0}};

static void add_cutoff(struct argp_state *state, answer_options *o, unsigned long k) {
    if (o->count == MOST_CUTOFFS)
        argp_error(state, "--top-k takes at most %d numbers", MOST_CUTOFFS);
    o->top_k[o->count++] = k;
}

static void parse_top_k(struct argp_state *state, answer_options *o, const char *text) {
    enum { MOST = 1000000 };
    o->count = 0;
    for (const char *at = text;; at++) {
        char *end;
        errno = 0;
        unsigned long k = strtoul(at, &end, 10);
        bool good = *at >= '0' && *at <= '9' && !errno && k >= 1 && k <= MOST;
        if (!good || (*end && *end != ','))
            argp_error(state,
                       "--top-k takes whole numbers from 1 to %d with commas between, not "
                       "\"%s\"",
                       MOST, text);
        add_cutoff(state, o, k);
        if (!*end)
            return;
        at = end;
    }
}

static void settle(struct argp_state *state, answer_options *o) {
    static const size_t usual[] = {1, 5, 10, 20, 50, 100};
    if (!o->wanted && (o->count || o->topics || o->corpus))
        argp_error(state, "--top-k, --topics and --corpus go with --answers");
    if (o->count)
        return;
    o->count = sizeof usual / sizeof *usual;
    memcpy(o->top_k, usual, sizeof usual);
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    answer_options *o = state->input;
    switch (key) {
    case OPTION_ANSWERS:
        o->wanted = true;
        return 0;
    case OPTION_TOP_K:
        parse_top_k(state, o, argument);
        return 0;
    case OPTION_TOPICS:
        o->topics = file_or_dataset(argument, DATASET_TOPICS);
        return 0;
    case OPTION_CORPUS:
        o->corpus = file_or_dataset(argument, DATASET_CORPUS);
        return 0;
    case ARGP_KEY_END:
        settle(state, o);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp answers_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
