#define _GNU_SOURCE
#include "base/progress.h"

#include "base/clock.h"

#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 24 };

void progress_start(progress *p, FILE *stream, const char *label, const char *unit, double total) {
    *p = (progress){.label = label, .unit = unit, .total = total, .started = clock_seconds()};
    if (stream && isatty(fileno(stream)))
        p->stream = stream;
}

static void print_amount(FILE *stream, double amount, const char *unit) {
    if (strcmp(unit, "B") == 0)
        fprintf(stream, "%.1f MiB", amount / (1 << 20));
    else
        fprintf(stream, "%.*f %s", amount < 10 && amount != (long)amount ? 1 : 0, amount, unit);
}

static void print_duration(FILE *stream, double seconds) {
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        fprintf(stream, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        fprintf(stream, "%ld:%02ld", s / 60, s % 60);
}

static void draw(const progress *p, double now) {
    double elapsed = now - p->started;
    double rate = elapsed > 0 ? p->done / elapsed : 0;
    fprintf(p->stream, "\r%s ", p->label);
    if (p->total > 0) {
        double part = p->done < p->total ? p->done / p->total : 1;
        int filled = (int)(part * BAR_WIDTH);
        fputc('[', p->stream);
        for (int i = 0; i < BAR_WIDTH; i++)
            fputc(i < filled ? '#' : '.', p->stream);
        fprintf(p->stream, "] %3.0f%%  ", 100 * part);
    }
    if (strcmp(p->unit, "%") != 0) {
        print_amount(p->stream, p->done, p->unit);
        fputs("  ", p->stream);
        print_amount(p->stream, rate, p->unit);
        fputs("/s", p->stream);
    }
    if (p->total > 0 && rate > 0) {
        fputs("  left ", p->stream);
        print_duration(p->stream, (p->total - p->done) / rate);
    }
    fputs("\x1b[K", p->stream);
    fflush(p->stream);
}

void progress_update(progress *p, double done) {
    p->done = done;
    double now = clock_seconds();
    if (!p->stream || now - p->shown < 0.1)
        return;
    p->shown = now;
    draw(p, now);
}

void progress_finish(progress *p) {
    if (p->stream) {
        fputs("\r\x1b[K", p->stream);
        fflush(p->stream);
    }
    p->stream = NULL;
}
