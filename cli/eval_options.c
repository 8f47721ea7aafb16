#define _GNU_SOURCE
#include "eval_options.h"

#include "dataset_argument.h"
#include "engine.h"
#include "hits_options.h"

#include "base/strbuf.h"

#include <argp.h>
#include <limits.h>
#include <string.h>

enum {
    OPTION_MEASURE = 'm',
    OPTION_QUERIES = 'q',
    OPTION_NO_SUMMARY = 'n',
    OPTION_COMPLETE = 'c',
    OPTION_JUDGED_ONLY = 'J',
    OPTION_LEVEL = 'l',
    OPTION_MAX_RET = 'M',
    OPTION_NUM_DOCS = 'N',
    OPTION_FORMAT = 'f',
    OPTION_GAIN = 4000,
    OPTION_RUN_FORMAT
};

/* With --result, what papers on reranking report. */
static const char *const official[] = {"official", NULL};
static const char *const reported[] = {"ndcg_cut.1,5,10", "map", "recip_rank_cut.10", "P.10",
                                       "recall.100",      NULL};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "What is measured (one letter means what it means to trec_eval):", 1},
    {"measure", OPTION_MEASURE, "M", 0,
     "A measure, with parameters if it takes any (ndcg_cut.1,5,10 or nDCG@10), or a set of them: "
     "official (the default), set, all_trec; may be given more than once",
     1},
    {"complete", OPTION_COMPLETE, NULL, 0,
     "Average over all judged queries: what the run lacks counts as an empty ranking", 1},
    {"judged-only", OPTION_JUDGED_ONLY, NULL, 0,
     "Take documents without a judgment out of the rankings", 1},
    {"level", OPTION_LEVEL, "N", 0,
     "Relevances from N on are relevant to measures that only know relevant or not (default: 1)",
     1},
    {"max-ret", OPTION_MAX_RET, "N", 0, "Look at the first N documents of each query only", 1},
    {"num-docs", OPTION_NUM_DOCS, "N", 0,
     "Documents in the collection, for utility's fourth parameter", 1},
    {"gain", OPTION_GAIN, "KIND", 0,
     "What ndcg and ndcg_cut take a relevance to be worth: linear, itself (the default, as "
     "trec_eval), or exp, 2^relevance - 1",
     1},
    {NULL, 0, NULL, 0, "What is read and printed:", 2},
    {"queries", OPTION_QUERIES, NULL, 0, "Print each query's values too", 2},
    {"no-summary", OPTION_NO_SUMMARY, NULL, 0, "Do not print the values over all queries", 2},
    {"format", OPTION_FORMAT, "F", 0,
     "text (trec_eval's lines, the default), json, csv or markdown (a line a query, a column a "
     "measure)",
     2},
    {"run-format", OPTION_RUN_FORMAT, "F", 0,
     "auto, trec, tsv, json (RankGPT), dpr or jsonl (default: auto, told from the content)", 2},
    {0}};

static void parse_measure(struct argp_state *state, eval_command *c, const char *text) {
    dear_error err;
    if (measure_list_add(&c->measures, text, &err) != DEAR_OK)
        argp_error(state, "%s", err.message);
}

static gain_kind parse_gain(struct argp_state *state, const char *name) {
    if (strcmp(name, "linear") != 0 && strcmp(name, "exp") != 0)
        argp_error(state, "--gain is linear or exp, not \"%s\"", name);
    return strcmp(name, "exp") == 0 ? GAIN_EXP : GAIN_LINEAR;
}

/* Measures that look at relevances another way than they are defined have no place beside others'. */
static bool measures_by_default(const evaluation_options *o) {
    return !o->judged_only && o->relevance_level == 1 && !o->max_ret && !o->num_docs &&
           o->gain == GAIN_LINEAR;
}

static void settle_answers(struct argp_state *state, eval_command *c) {
    dear_error err;
    if (c->measures.count || !measures_by_default(&c->options))
        argp_error(state, "options of measures are for judgments; --answers takes --top-k");
    if (answer_measures(&c->measures, c->answers.top_k, c->answers.count, &err) != DEAR_OK)
        argp_error(state, "%s", err.message);
}

static void settle_measures(struct argp_state *state, eval_command *c) {
    bool asked = c->measures.count > 0;
    for (const char *const *usual = c->result.common.path ? reported : official; !asked && *usual;)
        parse_measure(state, c, *usual++);
    measure_list_sort(&c->measures);
}

static void settle_result(struct argp_state *state, eval_command *c) {
    if (!c->result.common.path)
        return;
    if (strcmp(c->run.path, "-") == 0)
        argp_error(state, "--result describes a file, and the run comes from standard input");
    if (c->qrels && strcmp(c->qrels, "-") == 0)
        argp_error(state, "--result tells judgments by their file, not from standard input");
    if (!measures_by_default(&c->options))
        argp_error(state, "--result takes measures as they are defined, without -J, -l, -M, -N and "
                          "--gain");
    check_result_options(state, &c->result.common, c->run.path);
    c->options.complete = true;
}

/* QRELS may be a data set's name, which the result then bears; with --answers it may be left out. */
static void settle_arguments(struct argp_state *state, eval_command *c) {
    if (c->answers.wanted && !c->run.path) {
        c->run.path = c->qrels;
        c->qrels = NULL;
    }
    if (!c->run.path)
        argp_error(state, c->answers.wanted ? "--answers needs a run: RUN, or ANSWERS RUN"
                                            : "needs judgments and a run: QRELS RUN");
    if (!c->qrels)
        return;
    const char *given = c->qrels;
    c->qrels = file_or_dataset(given, c->answers.wanted ? DATASET_ANSWERS : DATASET_QRELS);
    if (c->qrels != given && !c->result.common.dataset)
        c->result.common.dataset = given;
}

static void settle(struct argp_state *state, eval_command *c) {
    settle_arguments(state, c);
    char *const paths[] = {(char *)c->qrels, (char *)c->run.path, (char *)c->answers.topics,
                           (char *)c->answers.corpus};
    refuse_two_standard_inputs(state, paths, 4);
    if (c->compare.count && (c->output.each_query || c->output.no_summary))
        argp_error(state, "--compare prints no queries' values: it goes without -q and -n");
    settle_result(state, c);
    if (c->answers.wanted)
        settle_answers(state, c);
    else
        settle_measures(state, c);
}

static void take_argument(struct argp_state *state, eval_command *c, char *argument) {
    if (c->run.path)
        argp_error(state, "\"%s\": one QRELS and one RUN are all there is to give (see --compare)",
                   argument);
    if (c->qrels)
        c->run.path = argument;
    else
        c->qrels = argument;
}

/* Options of what is measured. */
static error_t parse_measured(int key, char *argument, struct argp_state *state) {
    eval_command *c = state->input;
    switch (key) {
    case OPTION_MEASURE:
        parse_measure(state, c, argument);
        return 0;
    case OPTION_COMPLETE:
        c->options.complete = true;
        return 0;
    case OPTION_JUDGED_ONLY:
        c->options.judged_only = true;
        return 0;
    case OPTION_LEVEL:
        c->options.relevance_level = (int32_t)parse_whole(state, "level", argument, 1, INT32_MAX);
        return 0;
    case OPTION_MAX_RET:
        c->options.max_ret = (size_t)parse_whole(state, "max-ret", argument, 1, LONG_MAX);
        return 0;
    case OPTION_NUM_DOCS:
        c->options.num_docs = (size_t)parse_whole(state, "num-docs", argument, 1, LONG_MAX);
        return 0;
    case OPTION_GAIN:
        c->options.gain = parse_gain(state, argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    eval_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->compare;
        state->child_inputs[1] = &c->answers;
        state->child_inputs[2] = &c->result;
        return 0;
    case OPTION_QUERIES:
        c->output.each_query = true;
        return 0;
    case OPTION_NO_SUMMARY:
        c->output.no_summary = true;
        return 0;
    case OPTION_FORMAT:
        c->output.format = parse_eval_format(state, argument);
        return 0;
    case OPTION_RUN_FORMAT:
        c->run.format = parse_input_format(state, argument);
        return 0;
    case ARGP_KEY_ARG:
        take_argument(state, c, argument);
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        return parse_measured(key, argument, state);
    }
}

/* "  name  what (usual parameters)", these on a line of their own where they are long. */
static void list_measure(strbuf *out, const measure *m) {
    enum { NAME_WIDTH = 15, LINE_WIDTH = 79 };
    strbuf_printf(out, "  %-*s %s", NAME_WIDTH, m->name, m->what);
    if (m->usual) {
        bool fits = NAME_WIDTH + strlen(m->what) + strlen(m->usual) + 6 < LINE_WIDTH;
        strbuf_printf(out, "%s%*s(%s)", fits ? "" : "\n", fits ? 1 : NAME_WIDTH + 3, "", m->usual);
    }
    strbuf_putc(out, '\n');
}

/* The known measures, after the options in --help. */
static char *list_measures(int key, const char *text, void *input) {
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    strbuf out = {0};
    strbuf_puts(&out, "Measures, and their parameters when none are given:\n");
    size_t count;
    const measure *all = measures_all(&count);
    for (size_t i = 0; i < count; i++)
        list_measure(&out, &all[i]);
    strbuf_puts(&out, text);
    return strbuf_take(&out);
}

static const char doc[] =
    "Measure a run against relevance judgments, as trec_eval does: measures, tie-breaking, "
    "averaging and output are the same, digit by digit."
    "\v"
    "\nndcg, ndcg_rel, Rndcg and G take gains: ndcg.1=3,2=9. Names of ir_measures and of papers "
    "are "
    "known too: nDCG@10, P@5, R@100, RR@10 (recip_rank_cut), AP, Success@5.\n"
    "\n"
    "Queries that are not in both files are left out (see --complete). A run in a JSON format is "
    "taken in the order of its lists; TREC and TSV runs go by score, ties by docid, the larger "
    "first. Both files may be .gz. QRELS may be the name of a data set (`dear data list`).\n"
    "\n"
    "--compare takes the queries that both runs are measured for. p_holm is adjusted by Holm's "
    "method for the number of runs compared, each measure by itself; effect_size is the mean "
    "difference in standard deviations.\n"
    "\n"
    "--answers takes a run as its lists stand. A passage answers when its text (not its title) "
    "holds the tokens of an answer in a row, as in DPR's evaluation. Questions are known by their "
    "id or their text; --complete counts those that the run lacks as not answered.\n"
    "\n"
    "--result keeps what the file says of the same run already (`dear rerank --result`), and "
    "implies --complete. Its measures, when none are named: ndcg_cut.1,5,10, map, "
    "recip_rank_cut.10, P.10, recall.100.\n"
    "\n"
    "Examples:\n"
    "  dear eval qrels.txt run.trec\n"
    "  dear eval noveleval run.trec\n"
    "  dear eval qrels.txt run.trec -m map -m nDCG@10 -q\n"
    "  dear eval qrels.txt run.trec -c -M1000 -l2 -m all_trec\n"
    "  dear eval qrels.txt run.trec -m ndcg_cut.1,5,10 --gain exp --format markdown\n"
    "  dear eval noveleval bm25.trec --compare reranked.trec -m nDCG@10\n"
    "  dear eval --answers nq-test.qa.csv reranked.json --top-k 1,20\n"
    "  dear eval --answers reranked.dpr.json\n"
    "  dear eval noveleval run.trec --result run.json --name 'BM25 + RankZephyr'";

void eval_options_parse(eval_command *out, int argc, char **argv) {
    static const struct argp_child children[] = {{&compare_argp, 0, NULL, 0},
                                                 {&answers_argp, 0, NULL, 0},
                                                 {&eval_result_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        options, parse, "QRELS RUN\n--answers [ANSWERS] RUN", doc, children, list_measures, NULL};
    *out = (eval_command){.options = evaluation_defaults()};
    argp_parse(&argp, argc, argv, 0, NULL, out);
}
