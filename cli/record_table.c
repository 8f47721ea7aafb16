#include "record_table.h"
#include "table_text.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_SIZE = 40 };

/* Four decimals; a number so small that they would all be zeros keeps its magnitude. */
static void write_rounded(char buffer[CELL_SIZE], double value) {
    bool vanishes = value != 0 && fabs(value) < 0.00005;
    snprintf(buffer, CELL_SIZE, vanishes ? "%.0e" : "%.4f", value);
}

/* A value as text: a string's own, or a number written into `buffer`. */
static const char *cell_text(char buffer[CELL_SIZE], const json_t *value, bool rounded) {
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        snprintf(buffer, CELL_SIZE, "%lld", (long long)json_integer_value(value));
    else if (rounded)
        write_rounded(buffer, json_real_value(value));
    else
        snprintf(buffer, CELL_SIZE, "%.10g", json_real_value(value));
    return buffer;
}

/* How many characters a text is, for lining up. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* The widest text of a column. */
static int column_width(const json_t *records, const char *key) {
    int widest = width_of(key);
    for (size_t i = 0; i < json_array_size(records); i++) {
        char buffer[CELL_SIZE];
        const json_t *value = json_object_get(json_array_get(records, i), key);
        int width = width_of(cell_text(buffer, value, true));
        widest = width > widest ? width : widest;
    }
    return widest;
}

typedef void record_printer(const json_t *record, const int *widths);

/* Strings to the left, numbers to the right; nothing is padded at the end of a line. */
static void print_cell(const char *text, bool to_left, bool is_last, int width) {
    int pad = width - width_of(text);
    if (!to_left)
        printf("%*s", pad, "");
    fputs(text, stdout);
    if (to_left && !is_last)
        printf("%*s", pad, "");
    fputs(is_last ? "\n" : "  ", stdout);
}

static void print_aligned(const json_t *record, const int *widths) {
    size_t left = json_object_size(record);
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)record, key, value) {
        char buffer[CELL_SIZE];
        print_cell(cell_text(buffer, value, true), json_is_string(value), --left == 0, *widths++);
    }
}

static void print_csv(const json_t *record, const int *widths) {
    (void)widths;
    size_t left = json_object_size(record);
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)record, key, value) {
        char buffer[CELL_SIZE];
        print_csv_text(cell_text(buffer, value, false));
        fputs(--left ? "," : "\r\n", stdout);
    }
}

static void print_markdown(const json_t *record, const int *widths) {
    (void)widths;
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)record, key, value) {
        char buffer[CELL_SIZE];
        fputs("| ", stdout);
        print_markdown_text(cell_text(buffer, value, true));
        putchar(' ');
    }
    fputs("|\n", stdout);
}

/* The line under a Markdown table's head, which tells how columns are aligned. */
static void print_markdown_rule(const json_t *record) {
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)record, key, value)
        fputs(json_is_string(value) ? "| --- " : "| ---: ", stdout);
    fputs("|\n", stdout);
}

/* The keys of a record as a record of their own; NULL when there is no memory. */
static json_t *head_of(const json_t *record) {
    json_t *head = json_object();
    const char *key;
    const json_t *value;
    bool whole = head != NULL;
    json_object_foreach((json_t *)record, key, value) whole =
        whole && json_object_set_new(head, key, json_string(key)) == 0;
    if (whole)
        return head;
    json_decref(head);
    return NULL;
}

static int *column_widths(const json_t *records) {
    const json_t *first = json_array_get(records, 0);
    int *widths = mem_calloc(json_object_size(first), sizeof *widths), *next = widths;
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)first, key, value) if (widths) *next++ =
        column_width(records, key);
    return widths;
}

dear_status record_table_print(eval_format format, const json_t *records, dear_error *err) {
    const json_t *first = json_array_get(records, 0);
    record_printer *print = format == EVAL_CSV        ? print_csv
                            : format == EVAL_MARKDOWN ? print_markdown
                                                      : print_aligned;
    json_t *head = head_of(first);
    int *widths = column_widths(records);
    bool ready = head && widths;
    if (ready)
        print(head, widths);
    if (ready && format == EVAL_MARKDOWN)
        print_markdown_rule(first);
    for (size_t i = 0; ready && i < json_array_size(records); i++)
        print(json_array_get(records, i), widths);
    json_decref(head);
    mem_free(widths);
    return ready ? DEAR_OK : error_memory(err);
}
