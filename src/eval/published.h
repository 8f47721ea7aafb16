/*
 * Results that others published, as data (data/published.json, described in docs/formats.md): what
 * papers and repositories say of themselves, not what was measured here. Reports that show them mark
 * them "as published".
 */
#ifndef DEAR_EVAL_PUBLISHED_H
#define DEAR_EVAL_PUBLISHED_H

#include "base/error.h"

#include <jansson.h>

/* One number. Its strings belong to the list. */
typedef struct published_row {
    const char *system;  ///< "DeAR-L-8B"
    const char *dataset; ///< as eval/datasets.h names it: "dl19"
    const char *measure; ///< as trec_eval names it: "ndcg_cut_10"
    double value;        ///< 0 to 1, as eval/evaluation.h has it (the file holds per cent)
    double seconds;      ///< a query, on the authors' machine; NAN where they do not say
    const char *source;  ///< the paper or page, and the table there
    const char *note;    ///< what does not fit with another source; NULL where all does
} published_row;

typedef struct published {
    published_row *rows; ///< [count], as the file has them
    size_t count;
    json_t *tree; ///< owns the strings
} published;

/* Reads the published results that ship; what is malformed is DEAR_ERROR_INPUT that names its place.
 * The caller ends the list with published_free. */
dear_status published_read(published *out, dear_error *err);

/* The same, of JSON in memory; `where` begins messages. */
dear_status published_parse(published *out, const char *text, size_t length, const char *where,
                            dear_error *err);
void published_free(published *p);

#endif
