/* Random weights as a stream of a file's bytes. */
#ifndef DEAR_BENCH_MAKE_MODEL_WEIGHT_STREAM_H
#define DEAR_BENCH_MAKE_MODEL_WEIGHT_STREAM_H

#include "model/save_weights.h"

/* Hands on random numbers for the listed weights, one after the other, each in its type, under a
 * progress bar. The same list gives the same numbers. */
dear_status random_weights(const weight_list *list, weight_sink sink, void *context,
                           dear_error *err);

#endif
