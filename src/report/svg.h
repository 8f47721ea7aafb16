/* A drawing that a program made, made ready to stand in an HTML page beside others. */
#ifndef DEAR_REPORT_SVG_H
#define DEAR_REPORT_SVG_H

#include "base/error.h"
#include "base/strbuf.h"

typedef struct svg_frame {
    const char *id;          ///< unique in the page; begins every id of the drawing
    const char *title;       ///< what screen readers say
    const char *description; ///< ... and on request
    char *const *labels;     ///< [num_labels]: the texts that "{0}", "{1}", … stand for
    size_t num_labels;
} svg_frame;

/*
 * Appends the <svg> element of `drawing`, an SVG document as gnuplot writes it, of which every text
 * is our own: without prologue, titles and remarks, its ids and the references to them begun with
 * the frame's, role="img" with the frame's title and description, and the labels, escaped, in their
 * places. DEAR_ERROR_INPUT when it is no SVG document or names a label that is not there.
 */
dear_status svg_embed(strbuf *out, const char *drawing, const svg_frame *frame, dear_error *err);

#endif
