#define _GNU_SOURCE
#include "command.h"

#include "report/leaderboard.h"
#include "report/write_document.h"

#include <argp.h>

typedef struct leaderboard_command {
    const char *folder, *html, *markdown;
    bool published, strict;
} leaderboard_command;

enum { OPTION_OUTPUT = 'o', OPTION_MARKDOWN = 'M' };
enum { OPTION_PUBLISHED = 1, OPTION_STRICT };

static const struct argp_option options[] = {
    {"output", OPTION_OUTPUT, "FILE", 0,
     "HTML page to write (default, with no --markdown either: leaderboard.html)", 0},
    {"markdown", OPTION_MARKDOWN, "FILE", 0, "Markdown to write", 0},
    {"published", OPTION_PUBLISHED, NULL, 0,
     "Show what others published on the same data sets, marked so", 0},
    {"strict", OPTION_STRICT, NULL, 0, "End with exit code 1 when a file is no result", 0},
    {0}};

static const char doc[] =
    "Rank the results of a folder, as a page with a table that can be sorted: result files "
    "(*.json) "
    "as --result of `dear rerank`, `retrieve` and `eval` writes them, with their runs beside them."
    "\v"
    "Each row is checked: that the run it names is there with its SHA-256, that the judgments are "
    "known, and that measuring again gives the same to 4 digits. What does not hold is marked "
    "\"unverified\" with the reason; files that are no results are listed below, with a warning. "
    "Files that are one JSON array are taken for runs and passed over.\n"
    "\n"
    "Examples:\n"
    "  dear leaderboard results --output leaderboard.html --markdown leaderboard.md\n"
    "  dear leaderboard results --published --strict";

static error_t parse(int key, char *argument, struct argp_state *state) {
    leaderboard_command *c = state->input;
    switch (key) {
    case OPTION_OUTPUT:
        c->html = argument;
        return 0;
    case OPTION_MARKDOWN:
        c->markdown = argument;
        return 0;
    case OPTION_PUBLISHED:
        c->published = true;
        return 0;
    case OPTION_STRICT:
        c->strict = true;
        return 0;
    case ARGP_KEY_ARG:
        if (c->folder)
            argp_error(state, "\"%s\": one folder is all there is to give", argument);
        c->folder = argument;
        return 0;
    case ARGP_KEY_END:
        if (!c->folder)
            argp_error(state, "the folder with the results is missing");
        if (!c->html && !c->markdown)
            c->html = "leaderboard.html";
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static dear_status write_board(const leaderboard_command *c, const leaderboard *l,
                               dear_error *err) {
    published rows = {0};
    if (c->published)
        TRY(published_read(&rows, err));
    document d;
    dear_status status = leaderboard_fill(&d, l, &rows, err);
    if (status == DEAR_OK) {
        status = write_document(&d, c->html, c->markdown, err);
        document_free(&d);
    }
    published_free(&rows);
    return status;
}

int command_leaderboard(int argc, char **argv) {
    static const struct argp argp = {options, parse, "DIR", doc, NULL, NULL, NULL};
    leaderboard_command c = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    dear_error err;
    leaderboard l;
    if (leaderboard_read(&l, c.folder, stderr, &err) != DEAR_OK)
        return command_fail(&err);
    dear_status status = write_board(&c, &l, &err);
    size_t failures = l.num_failures;
    leaderboard_free(&l);
    if (status != DEAR_OK)
        return command_fail(&err);
    if (failures == 0)
        return EXIT_DONE;
    fprintf(stderr, "dear: %zu file%s of %s %s no result; the page lists why\n", failures,
            failures == 1 ? "" : "s", c.folder, failures == 1 ? "is" : "are");
    return c.strict ? EXIT_FAILED : EXIT_DONE;
}
