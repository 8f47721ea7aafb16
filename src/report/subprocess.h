/* Another program, run to its end without a shell between. */
#ifndef DEAR_REPORT_SUBPROCESS_H
#define DEAR_REPORT_SUBPROCESS_H

#include "base/error.h"
#include "base/strbuf.h"

/*
 * Runs `argv` (NULL at its end; argv[0] is looked for in PATH) with `input` [input_length] as its
 * standard input and appends its standard output to `output`. Both pass through nameless temporary
 * files, which nobody else can open and nothing leaves behind.
 *
 * A program that is not there, that ends with another code than 0 (the message quotes the first
 * lines of its standard error) or that is not done after `seconds`, when it is killed, is
 * DEAR_ERROR_IO.
 */
dear_status subprocess_run(const char *const *argv, const char *input, size_t input_length,
                           double seconds, strbuf *output, dear_error *err);

#endif
