#include "eval_output.h"
#include "table_text.h"

#include <stdio.h>
#include <string.h>

eval_format parse_eval_format(struct argp_state *state, const char *name) {
    static const char *const names[] = {"text", "json", "csv", "markdown"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return (eval_format)i;
    argp_error(state, "no format \"%s\"; there are text, json, csv and markdown", name);
    return EVAL_TEXT;
}

eval_row eval_row_of_query(const evaluation *e, size_t query) {
    size_t first = query * e->num_measures;
    return (eval_row){
        .name = e->qids[query], .values = e->values + first, .texts = e->texts + first};
}

eval_row eval_row_of_all(const evaluation *e) {
    return (eval_row){.name = "all", .values = e->all, .run_id = e->run_id, .is_all = true};
}

bool eval_row_has(const eval_row *row, const measure *m) {
    return row->is_all ? measure_has_all(m) : measure_has_queries(m);
}

const char *eval_row_text(const eval_row *row, const measure *m, size_t index) {
    if (m->kind == MEASURE_RUN_ID)
        return row->run_id ? row->run_id : "-";
    return m->kind == MEASURE_STRING ? row->texts[index] : NULL;
}

static void print_plain(const char *text) {
    fputs(text, stdout);
}

/* How a value is written, and what stands around the cells of a line. */
typedef struct layout {
    void (*text)(const char *text);
    const char *number; ///< format of a mean
    const char *begin, *between, *end;
} layout;

static const layout plain_layout = {print_plain, "%6.4f", "", "\t", "\n"};
static const layout csv_layout = {print_csv_text, "%.10g", "", ",", "\r\n"};
static const layout markdown_layout = {print_markdown_text, "%.4f", "| ", " | ", " |\n"};

static void print_value(const layout *l, const measure_spec *spec, const eval_row *row,
                        size_t index) {
    measure_kind kind = spec->measure->kind;
    const char *text = eval_row_text(row, spec->measure, index);
    if (text)
        l->text(text);
    else if (kind == MEASURE_QUERIES || kind == MEASURE_COUNT)
        printf("%.0f", row->values[index]);
    else
        printf(l->number, row->values[index]);
}

/* trec_eval's lines. */
static void print_lines(const layout *l, const measure_list *measures, const eval_row *row) {
    for (size_t m = 0; m < measures->count; m++) {
        const measure_spec *spec = &measures->specs[m];
        if (!eval_row_has(row, spec->measure))
            continue;
        printf("%-22s\t%s\t", spec->name, row->name);
        print_value(l, spec, row, m);
        fputs(l->end, stdout);
    }
}

static void print_table_row(const layout *l, const measure_list *measures, const eval_row *row) {
    fputs(l->begin, stdout);
    l->text(row->name);
    for (size_t m = 0; m < measures->count; m++) {
        fputs(l->between, stdout);
        if (eval_row_has(row, measures->specs[m].measure))
            print_value(l, &measures->specs[m], row, m);
    }
    fputs(l->end, stdout);
}

static void print_table_head(const layout *l, const measure_list *measures) {
    fputs(l->begin, stdout);
    l->text("query");
    for (size_t m = 0; m < measures->count; m++) {
        fputs(l->between, stdout);
        l->text(measures->specs[m].name);
    }
    fputs(l->end, stdout);
    if (l != &markdown_layout)
        return;
    fputs("| ---", stdout);
    for (size_t m = 0; m < measures->count; m++)
        fputs(" | ---:", stdout);
    fputs(" |\n", stdout);
}

typedef void row_printer(const layout *l, const measure_list *measures, const eval_row *row);

static void print_rows(const eval_output *output, row_printer *print, const layout *l,
                       const measure_list *measures, const evaluation *e) {
    for (size_t q = 0; q < e->num_queries && output->each_query; q++) {
        eval_row row = eval_row_of_query(e, q);
        print(l, measures, &row);
    }
    eval_row all = eval_row_of_all(e);
    if (!output->no_summary)
        print(l, measures, &all);
}

static dear_status print_formatted(const eval_output *output, const measure_list *measures,
                                   const evaluation *e, dear_error *err) {
    if (output->format == EVAL_JSON)
        return eval_json_print(output, measures, e, err);
    if (output->format == EVAL_TEXT) {
        print_rows(output, print_lines, &plain_layout, measures, e);
        return DEAR_OK;
    }
    const layout *l = output->format == EVAL_CSV ? &csv_layout : &markdown_layout;
    print_table_head(l, measures);
    print_rows(output, print_table_row, l, measures, e);
    return DEAR_OK;
}

dear_status eval_output_print(const eval_output *output, const measure_list *measures,
                              const evaluation *e, dear_error *err) {
    TRY(print_formatted(output, measures, e, err));
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_errno(err, "standard output");
    return DEAR_OK;
}
