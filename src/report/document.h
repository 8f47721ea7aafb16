/*
 * A page before it is HTML or Markdown: headings, paragraphs, tables, figures, one after the other.
 * What is put in is plain text; the writers escape it. Allocations that fail are noted in `failed`,
 * and all that follows is left out, so that only the writer has to ask.
 */
#ifndef DEAR_REPORT_DOCUMENT_H
#define DEAR_REPORT_DOCUMENT_H

#include "base/error.h"

typedef enum column_kind {
    COLUMN_NAME,   ///< heads its row
    COLUMN_WORD,   ///< a word or a few
    COLUMN_TEXT,   ///< flows
    COLUMN_NUMBER, ///< stands right, figures of one width
    COLUMN_CODE    ///< digests, paths, commands
} column_kind;

typedef struct table_column {
    char *title;
    column_kind kind;
} table_column;

typedef struct table_cell {
    char *text;
    char *mark;   ///< stands after the text, raised ("**"); or NULL
    bool is_best; ///< of its column: bold
} table_cell;

typedef struct table {
    char *caption;
    table_column *columns;
    size_t num_columns, column_capacity;
    table_cell *cells; ///< row after row
    size_t num_cells, cell_capacity;
    bool is_sortable; ///< the reader may sort its rows by a column
} table;

typedef struct figure {
    char *svg; ///< an <svg> element, for HTML only
    char *title;
    char *description; ///< what the figure shows, for those who do not see it
} figure;

typedef enum block_kind { BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_TABLE, BLOCK_FIGURE } block_kind;

typedef struct block {
    block_kind kind;
    int level;  ///< of a heading: 2 to 4, the title being 1
    char *text; ///< of a heading or paragraph
    table table;
    figure figure;
} block;

/* Zero-initialize; end with document_free. */
typedef struct document {
    char *title;
    block *blocks;
    size_t count, capacity;
    bool failed; ///< there was no memory
} document;

void document_title(document *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void document_heading(document *d, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void document_paragraph(document *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Begins a table, to which the columns and then the cells that follow belong. */
void document_table(document *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void document_column(document *d, column_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void document_cell(document *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Marks the cell added last: as the best of its column, with a sign after its text. */
void document_cell_is_best(document *d);
void document_cell_mark(document *d, const char *mark);

/* Lets the reader sort the table begun last. */
void document_table_is_sortable(document *d);

/* A figure takes `svg` (mem_free), `description` is copied. */
void document_figure(document *d, char *svg, const char *title, const char *description);

/* DEAR_ERROR_MEMORY when something has been left out. */
dear_status document_check(const document *d, dear_error *err);
void document_free(document *d);

#endif
