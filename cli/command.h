/*
 * The program's subcommands, one file each. A command gets the arguments from its own name on
 * (argv[0] is "dear NAME", so that glibc's argp prints it so) and returns the exit code.
 */
#ifndef DEAR_CLI_COMMAND_H
#define DEAR_CLI_COMMAND_H

#include "base/error.h"

/* Exit codes. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int command_index(int argc, char **argv);
int command_retrieve(int argc, char **argv);
int command_rerank(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_report(int argc, char **argv);
int command_leaderboard(int argc, char **argv);
int command_convert_run(int argc, char **argv);
int command_data(int argc, char **argv);
int command_models(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_train(int argc, char **argv);
int command_tokenize(int argc, char **argv);
int command_generate(int argc, char **argv);
int command_info(int argc, char **argv);

/* Prints "dear: message" and gives the exit code for it: 2 for wrong usage, else 1. */
int command_fail(const dear_error *err);

/* After this, the first SIGINT or SIGTERM makes interrupt_requested true and a second one ends the
 * program at once. */
void interrupt_catch(void);
bool interrupt_requested(void);

#endif
