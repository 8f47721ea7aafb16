/* What `dear eval` prints. */
#ifndef DEAR_CLI_EVAL_OUTPUT_H
#define DEAR_CLI_EVAL_OUTPUT_H

#include "eval/evaluation.h"

#include <argp.h>

typedef enum eval_format {
    EVAL_TEXT,    ///< trec_eval's: measure, query, value a line
    EVAL_JSON,    ///< {"queries": {qid: {measure: value}}, "all": {measure: value}}
    EVAL_CSV,     ///< a line a query and one for all, a column a measure
    EVAL_MARKDOWN ///< the same as a table
} eval_format;

typedef struct eval_output {
    eval_format format;
    bool each_query;
    bool no_summary; ///< without the values over all queries
} eval_output;

/* The format called `name`, or the end of the program with wrong usage. */
eval_format parse_eval_format(struct argp_state *state, const char *name);

/* Prints to standard output. */
dear_status eval_output_print(const eval_output *output, const measure_list *measures,
                              const evaluation *e, dear_error *err);

/* The measures of one query, or those of all of them. */
typedef struct eval_row {
    const char *name;     ///< the query's id, or "all"
    const double *values; ///< [measures->count]
    char *const *texts;   ///< [measures->count]; NULL for all
    const char *run_id;   ///< NULL for a query, and for a run that has none
    bool is_all;
} eval_row;

eval_row eval_row_of_query(const evaluation *e, size_t query);
eval_row eval_row_of_all(const evaluation *e);

/* Whether the row has the measure; the text of a measure that is no number, else NULL. */
bool eval_row_has(const eval_row *row, const measure *m);
const char *eval_row_text(const eval_row *row, const measure *m, size_t index);

/* EVAL_JSON (eval_json.c). */
dear_status eval_json_print(const eval_output *output, const measure_list *measures,
                            const evaluation *e, dear_error *err);

#endif
