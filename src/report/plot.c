#include "report/plot.h"

#include "base/memory.h"
#include "report/clean_text.h"
#include "report/subprocess.h"
#include "report/svg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 560 };

static const double draw_seconds = 30;

/* Colours are those of Okabe and Ito, which eyes of every kind tell apart
 * (https://jfly.uni-koeln.de/color/): blue, vermilion, green, purple. */
static const char style[] =
    "set border 3 linecolor '#444444'\n"
    "set tics out nomirror scale 0.5\n"
    "set grid linecolor '#d8d8d8' linewidth 0.6 dashtype solid\n"
    "set style line 1 linecolor '#0072b2' linewidth 2 dashtype solid pointtype 7 pointsize 1\n"
    "set style line 2 linecolor '#d55e00' linewidth 2 dashtype (6,4) pointtype 8 pointsize 1\n"
    "set style line 3 linecolor '#00785a' linewidth 2 dashtype (2,3) pointtype 4 pointsize 0.9\n"
    "set style line 4 linecolor '#8a4a72' linewidth 2 dashtype (9,3,2,3) pointtype 12 pointsize 1\n"
    "set style line 9 linecolor '#444444' linewidth 1 dashtype (4,4)\n"
    "set key off\n";

plot plot_begin(int height) {
    plot p = {0};
    plot_add(&p,
             "set terminal svg size %d,%d dynamic noenhanced background '#ffffff' "
             "font 'system-ui, sans-serif,13'\n%s",
             WIDTH, height, style);
    return p;
}

void plot_add(plot *p, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : mem_calloc((size_t)length + 1, 1);
    if (text) {
        vsnprintf(text, (size_t)length + 1, format, arguments);
        strbuf_append(&p->script, text, (size_t)length);
        mem_free(text);
    }
    va_end(arguments);
    p->failed |= !text || p->script.failed;
}

static char *shorten(const char *text) {
    strbuf out = {0};
    for (int n = 0; *text && n < PLOT_LABEL_LENGTH - 1; n++) {
        clean_character c = clean_text_next(&text);
        strbuf_append(&out, c.bytes, c.length);
    }
    const char *rest = text;
    clean_character last = clean_text_next(&rest);
    if (*rest)
        strbuf_puts(&out, "\xE2\x80\xA6"); /* … */
    else
        strbuf_append(&out, last.bytes, last.length);
    return strbuf_take(&out);
}

size_t plot_label(plot *p, const char *text) {
    char *label = shorten(text);
    if (label &&
        mem_grow((void **)&p->labels, &p->label_capacity, p->num_labels, sizeof *p->labels)) {
        p->labels[p->num_labels] = label;
        return p->num_labels++;
    }
    mem_free(label);
    p->failed = true;
    return 0;
}

dear_status plot_draw(char **svg, plot *p, const char *id, const char *title,
                      const char *description, dear_error *err) {
    static const char *const gnuplot[] = {"gnuplot", "-d", NULL}; /* -d: no one's start-up file */
    *svg = NULL;
    if (p->failed)
        return error_memory(err);
    strbuf drawing = {0}, out = {0};
    svg_frame frame = {id, title, description, p->labels, p->num_labels};
    dear_status status =
        subprocess_run(gnuplot, p->script.text, p->script.length, draw_seconds, &drawing, err);
    if (status == DEAR_OK)
        status = svg_embed(&out, drawing.text ? drawing.text : "", &frame, err);
    if (status == DEAR_OK && !(*svg = strbuf_take(&out)))
        status = error_memory(err);
    strbuf_free(&drawing);
    strbuf_free(&out);
    return status;
}

void plot_free(plot *p) {
    for (size_t i = 0; i < p->num_labels; i++)
        mem_free(p->labels[i]);
    mem_free(p->labels);
    strbuf_free(&p->script);
    *p = (plot){0};
}
