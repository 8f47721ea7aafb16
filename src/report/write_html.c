#include "report/write_html.h"

#include "base/data_path.h"
#include "base/file.h"
#include "base/memory.h"
#include "report/html.h"

#include <stdio.h>

enum { INLINE_LIMIT = 1 << 20 }; /* bytes of a style or script */

/* A shipped file, as it is, between the tags of `element`. */
static dear_status write_shipped(strbuf *out, const char *element, const char *name,
                                 dear_error *err) {
    char *path;
    TRY(data_path(&path, name, err));
    strbuf content = {0};
    dear_status status = file_read(&content, path, INLINE_LIMIT, err);
    if (status == DEAR_OK) {
        html_open(out, element, NULL);
        strbuf_puts(out, "\n");
        strbuf_append(out, content.text ? content.text : "", content.length);
        html_close(out, element);
    }
    strbuf_free(&content);
    mem_free(path);
    return status;
}

static bool has_sortable_table(const document *d) {
    for (size_t i = 0; i < d->count; i++)
        if (d->blocks[i].kind == BLOCK_TABLE && d->blocks[i].table.is_sortable)
            return true;
    return false;
}

static dear_status write_head(strbuf *out, const document *d, dear_error *err) {
    strbuf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n");
    html_element(out, "title", d->title);
    TRY(write_shipped(out, "style", "report/report.css", err));
    if (has_sortable_table(d))
        TRY(write_shipped(out, "script", "report/sort.js", err));
    html_close(out, "head");
    return DEAR_OK;
}

static const char *column_class(column_kind kind) {
    switch (kind) {
    case COLUMN_WORD:
        return "word";
    case COLUMN_TEXT:
        return "text";
    case COLUMN_NUMBER:
        return "number";
    case COLUMN_CODE:
        return "code";
    case COLUMN_NAME:
        break;
    }
    return NULL;
}

static void write_column_titles(strbuf *out, const table *t) {
    strbuf_puts(out, "<thead><tr>");
    for (size_t i = 0; i < t->num_columns; i++) {
        html_open(out, "th", "scope", "col", "class", column_class(t->columns[i].kind), NULL);
        html_text(out, t->columns[i].title);
        strbuf_puts(out, "</th>");
    }
    strbuf_puts(out, "</tr></thead>\n");
}

static void write_element(strbuf *out, const char *tag, const char *text) {
    html_open(out, tag, NULL);
    html_text(out, text);
    strbuf_printf(out, "</%s>", tag);
}

static void write_cell(strbuf *out, const table_cell *cell, column_kind kind) {
    const char *tag = kind == COLUMN_NAME ? "th" : "td";
    html_open(out, tag, "scope", kind == COLUMN_NAME ? "row" : NULL, "class", column_class(kind),
              NULL);
    if (cell->is_best)
        write_element(out, "strong", cell->text);
    else if (kind == COLUMN_CODE)
        write_element(out, "code", cell->text);
    else
        html_text(out, cell->text);
    if (kind == COLUMN_NUMBER) /* an empty mark too, so that digits stand below each other */
        write_element(out, "sup", cell->mark ? cell->mark : "");
    strbuf_printf(out, "</%s>", tag);
}

static void write_rows(strbuf *out, const table *t) {
    strbuf_puts(out, "<tbody>\n");
    for (size_t i = 0; i < t->num_cells; i++) {
        size_t column = i % t->num_columns;
        strbuf_puts(out, column == 0 ? "<tr>" : "");
        write_cell(out, &t->cells[i], t->columns[column].kind);
        strbuf_puts(out, column + 1 == t->num_columns ? "</tr>\n" : "");
    }
    html_close(out, "tbody");
}

/* A table scrolls in a box of its own, which the keyboard reaches. */
static void write_table(strbuf *out, const table *t) {
    html_open(out, "div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label",
              t->caption, NULL);
    html_open(out, "table", "class", t->is_sortable ? "sortable" : NULL, NULL);
    html_open(out, "caption", NULL);
    write_element(out, "span", t->caption); /* stays in sight when the table scrolls */
    html_close(out, "caption");
    write_column_titles(out, t);
    write_rows(out, t);
    html_close(out, "table");
    html_close(out, "div");
}

static void write_figure(strbuf *out, const figure *f) {
    html_open(out, "figure", NULL);
    html_open(out, "div", "class", "plot", "tabindex", "0", "role", "region", "aria-label",
              f->title, NULL);
    strbuf_puts(out, f->svg);
    html_close(out, "div");
    html_open(out, "figcaption", NULL);
    html_element(out, "b", f->title);
    html_text(out, f->description);
    html_close(out, "figcaption");
    html_close(out, "figure");
}

static void write_block(strbuf *out, const block *b) {
    char tag[16];
    snprintf(tag, sizeof tag, "h%d", b->level);
    switch (b->kind) {
    case BLOCK_HEADING:
        html_element(out, tag, b->text);
        break;
    case BLOCK_PARAGRAPH:
        html_element(out, "p", b->text);
        break;
    case BLOCK_TABLE:
        write_table(out, &b->table);
        break;
    case BLOCK_FIGURE:
        write_figure(out, &b->figure);
        break;
    }
}

/* Figures in a row stand beside each other where there is room. */
static void write_blocks(strbuf *out, const document *d) {
    for (size_t i = 0; i < d->count; i++) {
        bool is_figure = d->blocks[i].kind == BLOCK_FIGURE;
        if (is_figure && (i == 0 || d->blocks[i - 1].kind != BLOCK_FIGURE))
            html_open(out, "div", "class", "figures", NULL);
        write_block(out, &d->blocks[i]);
        if (is_figure && (i + 1 == d->count || d->blocks[i + 1].kind != BLOCK_FIGURE))
            html_close(out, "div");
    }
}

dear_status write_html(strbuf *out, const document *d, dear_error *err) {
    TRY(document_check(d, err));
    TRY(write_head(out, d, err));
    strbuf_puts(out, "<body>\n<main>\n");
    html_element(out, "h1", d->title);
    write_blocks(out, d);
    strbuf_puts(out, "</main>\n</body>\n</html>\n");
    return out->failed ? error_memory(err) : DEAR_OK;
}
