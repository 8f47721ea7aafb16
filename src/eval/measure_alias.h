/* Measures as ir_measures and papers write them. Internal to src/eval. */
#ifndef DEAR_EVAL_MEASURE_ALIAS_H
#define DEAR_EVAL_MEASURE_ALIAS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes trec_eval's way of asking for "nDCG@10", "RR", "MAP@100" (upper or lower case) to `out`;
 * false for what is not known, or longer than `size`. */
bool measure_alias_resolve(char *out, size_t size, const char *text);

#endif
