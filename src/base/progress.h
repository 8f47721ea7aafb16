/*
 * A progress bar on a terminal: done, rate, time left. The one piece of the library that writes to
 * a stream, and only to one that a program hands it; quiet when that is no terminal.
 */
#ifndef DEAR_BASE_PROGRESS_H
#define DEAR_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

typedef struct progress {
    FILE *stream;      ///< NULL: quiet
    const char *label; ///< e.g. "reranking"; not copied
    const char *unit;  ///< e.g. "queries"; "B" prints sizes as MiB, "%" the bar alone
    double total;      ///< 0 when unknown
    double done;
    double started; ///< clock_seconds() at the start
    double shown;   ///< clock_seconds() of the last line
} progress;

/* Starts a bar on `stream`, quiet if it is NULL or no terminal. */
void progress_start(progress *p, FILE *stream, const char *label, const char *unit, double total);

/* Sets what is done by now; draws at most ten times a second. */
void progress_update(progress *p, double done);

/* Wipes the bar. */
void progress_finish(progress *p);

#endif
