/* `dear train`'s own commands; argv[0] is the command's name. */
#ifndef DEAR_CLI_TRAIN_COMMANDS_H
#define DEAR_CLI_TRAIN_COMMANDS_H

int train_pointwise(int argc, char **argv);

#endif
