#include "report/document.h"

#include "base/memory.h"
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

static char *format_text(document *d, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = d->failed || length < 0 ? NULL : mem_calloc((size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    d->failed |= !text;
    return text;
}

/* Runs `format_text` over the arguments after `format` into `text`. */
#define FORMAT_TEXT(text, d, format)                                                               \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        (text) = format_text(d, format, arguments);                                                \
        va_end(arguments);                                                                         \
    } while (0)

static void add_block(document *d, block b) {
    if (!d->failed && mem_grow((void **)&d->blocks, &d->capacity, d->count, sizeof *d->blocks)) {
        d->blocks[d->count++] = b;
        return;
    }
    d->failed = true;
    mem_free(b.text);
    mem_free(b.table.caption);
    mem_free(b.figure.svg);
    mem_free(b.figure.title);
    mem_free(b.figure.description);
}

void document_title(document *d, const char *format, ...) {
    mem_free(d->title);
    FORMAT_TEXT(d->title, d, format);
}

void document_heading(document *d, int level, const char *format, ...) {
    block b = {.kind = BLOCK_HEADING, .level = level};
    FORMAT_TEXT(b.text, d, format);
    add_block(d, b);
}

void document_paragraph(document *d, const char *format, ...) {
    block b = {.kind = BLOCK_PARAGRAPH};
    FORMAT_TEXT(b.text, d, format);
    add_block(d, b);
}

void document_table(document *d, const char *format, ...) {
    block b = {.kind = BLOCK_TABLE};
    FORMAT_TEXT(b.table.caption, d, format);
    add_block(d, b);
}

static table *last_table(document *d) {
    return &d->blocks[d->count - 1].table;
}

void document_column(document *d, column_kind kind, const char *format, ...) {
    table_column column = {.kind = kind};
    FORMAT_TEXT(column.title, d, format);
    if (d->failed)
        return mem_free(column.title);
    table *t = last_table(d);
    if (mem_grow((void **)&t->columns, &t->column_capacity, t->num_columns, sizeof *t->columns)) {
        t->columns[t->num_columns++] = column;
        return;
    }
    d->failed = true;
    mem_free(column.title);
}

void document_cell(document *d, const char *format, ...) {
    table_cell cell = {0};
    FORMAT_TEXT(cell.text, d, format);
    if (d->failed)
        return mem_free(cell.text);
    table *t = last_table(d);
    if (mem_grow((void **)&t->cells, &t->cell_capacity, t->num_cells, sizeof *t->cells)) {
        t->cells[t->num_cells++] = cell;
        return;
    }
    d->failed = true;
    mem_free(cell.text);
}

void document_cell_is_best(document *d) {
    if (!d->failed)
        last_table(d)->cells[last_table(d)->num_cells - 1].is_best = true;
}

void document_cell_mark(document *d, const char *mark) {
    if (d->failed)
        return;
    table_cell *cell = &last_table(d)->cells[last_table(d)->num_cells - 1];
    mem_free(cell->mark);
    cell->mark = mem_strdup(mark);
    d->failed = !cell->mark;
}

void document_table_is_sortable(document *d) {
    if (!d->failed)
        last_table(d)->is_sortable = true;
}

void document_figure(document *d, char *svg, const char *title, const char *description) {
    block b = {.kind = BLOCK_FIGURE};
    b.figure = (figure){svg, mem_strdup(title), mem_strdup(description)};
    d->failed |= !svg || !b.figure.title || !b.figure.description;
    add_block(d, b);
}

dear_status document_check(const document *d, dear_error *err) {
    return d->failed ? error_memory(err) : DEAR_OK;
}

static void table_free(table *t) {
    for (size_t i = 0; i < t->num_columns; i++)
        mem_free(t->columns[i].title);
    for (size_t i = 0; i < t->num_cells; i++) {
        mem_free(t->cells[i].text);
        mem_free(t->cells[i].mark);
    }
    mem_free(t->columns);
    mem_free(t->cells);
    mem_free(t->caption);
}

void document_free(document *d) {
    for (size_t i = 0; i < d->count; i++) {
        block *b = &d->blocks[i];
        mem_free(b->text);
        table_free(&b->table);
        mem_free(b->figure.svg);
        mem_free(b->figure.title);
        mem_free(b->figure.description);
    }
    mem_free(d->blocks);
    mem_free(d->title);
    *d = (document){0};
}
