/* A training's log as a picture: loss and validation over the steps. */
#ifndef DEAR_TRAIN_TRAIN_CURVE_H
#define DEAR_TRAIN_TRAIN_CURVE_H

#include "base/error.h"

/*
 * Draws the log at `log_path` (train/train_log.h) into an SVG file, written beside and renamed.
 * Of a log of more than 300 lines each point is the mean of a stretch. DEAR_ERROR_INPUT when the
 * log holds no loss, DEAR_ERROR_IO when gnuplot is missing.
 */
dear_status train_curve_draw(const char *log_path, const char *svg_path, dear_error *err);

#endif
