#define _GNU_SOURCE
#include "command.h"

#include "base/strbuf.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"index", command_index, "make an index of a corpus, for retrieve"},
    {"retrieve", command_retrieve, "find the passages for a query, or for a whole set"},
    {"rerank", command_rerank, "rerank passages for a query, or a whole run"},
    {"eval", command_eval, "measure a run against relevance judgments"},
    {"report", command_report, "show how runs compare, as a page"},
    {"leaderboard", command_leaderboard, "rank results of a folder, each checked, as a page"},
    {"convert-run", command_convert_run, "join runs and convert between their formats"},
    {"data", command_data, "list, describe and fetch data sets"},
    {"models", command_models, "list, describe and fetch models"},
    {"merge", command_merge, "write a model and its adapters as one model"},
    {"train", command_train, "train a reranker"},
    {"generate", command_generate, "let a chat model write"},
    {"tokenize", command_tokenize, "show how a model's tokenizer splits a text"},
    {"info", command_info, "show this machine, its kernels, and a model's shape"},
};

enum { NUM_COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *stream) {
    fputs("dear: rerank search results with LLaMA-family models\n\n"
          "Usage: dear COMMAND [OPTION...]\n\nCommands:\n",
          stream);
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        fprintf(stream, "  %-12s %s\n", commands[i].name, commands[i].what);
    fputs("\nTry it:  printf 'Paris is in France.\\nLlamas live in the Andes.\\n' |\n"
          "         dear rerank --query 'where do llamas live' -\n\n"
          "`dear COMMAND --help` tells a command's options. Exit codes: 0 done, 1 failed, 2 wrong "
          "usage.\n",
          stream);
}

/* A message may quote a hostile file: its control characters must not reach the terminal. */
static void print_plainly(FILE *stream, const char *text) {
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, stream);
}

int command_fail(const dear_error *err) {
    fputs("dear: ", stderr);
    print_plainly(stderr, err->message);
    fputc('\n', stderr);
    return err->status == DEAR_ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static int run_command(const struct command *command, int argc, char **argv) {
    char name[64];
    snprintf(name, sizeof name, "dear %s", command->name);
    argv[0] = name;
    if (argc > 1 && strcmp(argv[1], "-h") == 0)
        argv[1] = "--help"; /* argp's own short form is -? */
    program_invocation_name = name;
    program_invocation_short_name = name;
    return command->run(argc, argv);
}

int main(int argc, char **argv) {
    argp_err_exit_status = EXIT_USAGE;
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(word, "--version") == 0) {
        puts("dear " DEAR_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0)
            return run_command(&commands[i], argc - 1, argv + 1);
    fprintf(stderr, "dear: no command \"%s\"; `dear --help` lists them\n", word);
    return EXIT_USAGE;
}
