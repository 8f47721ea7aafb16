/* The parameters of measures, from text. Internal to src/eval. */
#ifndef DEAR_EVAL_MEASURE_PARAMETERS_H
#define DEAR_EVAL_MEASURE_PARAMETERS_H

#include "eval/measures.h"

/*
 * Reads the next measure from "5,10,..." (ranks or fractions: one parameter) or the only one
 * (numbers, gains: all of the text), names it and puts *text behind; *text is NULL after the last.
 * What is malformed is DEAR_ERROR_USAGE.
 */
dear_status measure_spec_parse(measure_spec *out, const measure *m, const char **text,
                               dear_error *err);

/* The measure that needs no parameters, or with its usual ones. */
dear_status measure_spec_plain(measure_spec *out, const measure *m, dear_error *err);

#endif
