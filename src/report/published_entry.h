/* Published numbers as rows of a table: a system's, on one data set, from one source. */
#ifndef DEAR_REPORT_PUBLISHED_ENTRY_H
#define DEAR_REPORT_PUBLISHED_ENTRY_H

#include "eval/published.h"

/* Whether number `i` is the first of its entry. */
bool published_begins_entry(const published *rows, size_t i);

/* The value of the measure `name` ("ndcg_cut_10") in the entry of `row`; NAN when it lacks it. */
double published_entry_value(const published *rows, const published_row *row, const char *name);

#endif
