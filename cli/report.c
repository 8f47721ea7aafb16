#define _GNU_SOURCE
#include "command.h"

#include "base/memory.h"
#include "base/strbuf.h"
#include "report/report.h"
#include "report/write_document.h"

#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is given on the command line works in its order: a run belongs to the data set before it. */
typedef struct report_step {
    enum { STEP_DATASET, STEP_RUN, STEP_SECONDS } kind;
    char *text;
} report_step;

typedef struct report_command {
    report_step *steps; ///< [count], in room for all arguments
    size_t count;
    const char *html, *markdown, *baseline;
    bool published;
} report_command;

enum { OPTION_DATASET = 'd', OPTION_OUTPUT = 'o', OPTION_MARKDOWN = 'M', OPTION_BASELINE = 'b' };
enum { OPTION_SECONDS = 1, OPTION_PUBLISHED };

static const struct argp_option options[] = {
    {"dataset", OPTION_DATASET, "D", 0,
     "The runs that follow are of this data set: a name that `dear data list` knows, or NAME=QRELS",
     0},
    {"seconds", OPTION_SECONDS, "LABEL=S", 0,
     "The run of that label before this took S seconds a query", 0},
    {"baseline", OPTION_BASELINE, "LABEL", 0,
     "What the others are compared with (default: the first run)", 0},
    {"published", OPTION_PUBLISHED, NULL, 0,
     "Show what others published beside what is measured, marked so", 0},
    {"output", OPTION_OUTPUT, "FILE", 0, "HTML page to write", 0},
    {"markdown", OPTION_MARKDOWN, "FILE", 0,
     "Markdown to write (default, with neither given: report.html and report.md)", 0},
    {0}};

static const char doc[] =
    "Show how runs compare: measures with significance, differences by query, time, where relevant "
    "documents went, scores. One HTML page that needs nothing else, and Markdown."
    "\v"
    "A RUN is a file in any format with the label that the report gives it; RESULT.json is what "
    "--result of `dear rerank`, `retrieve` or `eval` wrote, and brings its own data set, label, "
    "model and time. Drawings are made by gnuplot.\n"
    "\n"
    "Examples:\n"
    "  dear report --dataset noveleval bm25=bm25.json stage1=stage1.trec\n"
    "  dear report --dataset dl19 bm25=b19.trec dear=d19.trec --dataset dl20 bm25=b20.trec \\\n"
    "    dear=d20.trec --published --output dl.html\n"
    "  dear report results/*.json --baseline BM25 --markdown table.md\n"
    "  dear report --dataset mine=qrels.txt a=a.trec b=b.trec --seconds b=1.5";

static error_t parse(int key, char *argument, struct argp_state *state) {
    report_command *c = state->input;
    switch (key) {
    case OPTION_DATASET:
        c->steps[c->count++] = (report_step){STEP_DATASET, argument};
        return 0;
    case ARGP_KEY_ARG:
        c->steps[c->count++] = (report_step){STEP_RUN, argument};
        return 0;
    case OPTION_SECONDS:
        c->steps[c->count++] = (report_step){STEP_SECONDS, argument};
        return 0;
    case OPTION_BASELINE:
        c->baseline = argument;
        return 0;
    case OPTION_PUBLISHED:
        c->published = true;
        return 0;
    case OPTION_OUTPUT:
        c->html = argument;
        return 0;
    case OPTION_MARKDOWN:
        c->markdown = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no run is given: LABEL=RUN or RESULT.json");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Splits "LABEL=VALUE" in place; NULL when it is not of that form. */
static const char *split(char *text) {
    char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return NULL;
    *equals = 0;
    return equals + 1;
}

static dear_status add_run(study *s, char *text, dear_error *err) {
    if (!strchr(text, '='))
        return study_add_result(s, text, err);
    const char *path = split(text);
    if (!path)
        return error_set(err, DEAR_ERROR_USAGE, "\"%s\": LABEL=RUN is expected", text);
    return study_add_run(s, text, path, err);
}

static dear_status set_seconds(study *s, char *text, dear_error *err) {
    const char *number = split(text);
    char *end = NULL;
    double seconds = number ? strtod(number, &end) : NAN;
    if (!number || *end || !isfinite(seconds) || seconds <= 0)
        return error_set(err, DEAR_ERROR_USAGE,
                         "--seconds \"%s\": LABEL=S is expected, S a number of seconds over 0",
                         number ? number : text);
    return study_set_seconds(s, text, seconds, err);
}

static dear_status take_step(study *s, const report_step *step, dear_error *err) {
    switch (step->kind) {
    case STEP_DATASET:
        return study_add_dataset(s, step->text, err);
    case STEP_RUN:
        return add_run(s, step->text, err);
    case STEP_SECONDS:
        return set_seconds(s, step->text, err);
    }
    return DEAR_OK;
}

static dear_status write_report(const report_command *c, const study *s, const char *command,
                                dear_error *err) {
    published rows = {0};
    if (c->published)
        TRY(published_read(&rows, err));
    document d;
    dear_status status = report_fill(&d, s, &rows, command, err);
    if (status == DEAR_OK) {
        status = write_document(&d, c->html, c->markdown, err);
        document_free(&d);
    }
    published_free(&rows);
    return status;
}

static dear_status make_report(const report_command *c, const char *command, dear_error *err) {
    study s;
    TRY(study_begin(&s, err));
    dear_status status = DEAR_OK;
    for (size_t i = 0; i < c->count && status == DEAR_OK; i++)
        status = take_step(&s, &c->steps[i], err);
    if (status == DEAR_OK)
        status = study_measure_runs(&s, c->baseline, err);
    if (status == DEAR_OK)
        status = write_report(c, &s, command, err);
    study_free(&s);
    return status;
}

/* The command line as a shell takes it: what is not plain in single quotes. */
static char *command_line(int argc, char **argv) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=:,+@%";
    strbuf out = {0};
    strbuf_puts(&out, argv[0]);
    for (int i = 1; i < argc; i++) {
        bool quoted = !*argv[i] || strspn(argv[i], plain) != strlen(argv[i]);
        strbuf_puts(&out, quoted ? " '" : " ");
        for (const char *c = argv[i]; *c; c++)
            if (*c == '\'')
                strbuf_puts(&out, "'\\''");
            else
                strbuf_putc(&out, *c);
        strbuf_puts(&out, quoted ? "'" : "");
    }
    return strbuf_take(&out);
}

int command_report(int argc, char **argv) {
    static const struct argp argp = {
        options, parse, "[--dataset D] LABEL=RUN...\nRESULT.json...", doc, NULL, NULL, NULL};
    report_command c = {.steps = mem_calloc((size_t)argc, sizeof *c.steps)};
    char *command = command_line(argc, argv);
    dear_error err;
    dear_status status = c.steps && command ? DEAR_OK : error_memory(&err);
    if (status == DEAR_OK) {
        argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &c);
        if (!c.html && !c.markdown) {
            c.html = "report.html";
            c.markdown = "report.md";
        }
        status = make_report(&c, command, &err);
    }
    mem_free(c.steps);
    mem_free(command);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
