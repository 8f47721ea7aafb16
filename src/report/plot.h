/*
 * Drawings by gnuplot (http://www.gnuplot.info, at least 5.0), all in one style: readable without
 * colour, by point types, dashes and labels. gnuplot sees numbers and our own words only; a text
 * from outside is kept beside as a label, for which "{7}" stands until the drawing is made
 * (report/svg.h).
 */
#ifndef DEAR_REPORT_PLOT_H
#define DEAR_REPORT_PLOT_H

#include "base/error.h"
#include "base/strbuf.h"

enum { PLOT_LABEL_LENGTH = 28 }; ///< characters of a label, at most

/* End with plot_free. */
typedef struct plot {
    strbuf script;
    char **labels;
    size_t num_labels, label_capacity;
    bool failed; ///< there was no memory
} plot;

/* An empty drawing, `height` units high and 560 wide; text is 13 units. */
plot plot_begin(int height);

/* Adds to the script: commands, or a data block "$name << EOD … EOD". */
void plot_add(plot *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a label, cut to PLOT_LABEL_LENGTH; its number n for "{n}". */
size_t plot_label(plot *p, const char *text);

/*
 * Draws: *svg is an <svg> element (report/svg.h) with all ids begun with `id`, in memory that the
 * caller frees with mem_free. DEAR_ERROR_IO when gnuplot is missing or fails.
 */
dear_status plot_draw(char **svg, plot *p, const char *id, const char *title,
                      const char *description, dear_error *err);
void plot_free(plot *p);

#endif
