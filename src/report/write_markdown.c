#include "report/write_markdown.h"

#include "report/clean_text.h"

#include <string.h>

static const char *reference(uint32_t code) {
    return code == '&' ? "&amp;" : code == '<' ? "&lt;" : code == '>' ? "&gt;" : NULL;
}

static bool is_word(uint32_t code) {
    return code >= 0x80 ||
           (code && strchr("0123456789abcdefghijklmnopqrstuvwxyz", (int)code | 0x20));
}

/* What Markdown reads within a line. Inside a word "_" is none of its signs, nor is "@" GitHub's
 * for a person; "://" would make a link. */
static bool is_read(uint32_t before, uint32_t code, const char *after) {
    if (code == '_' || code == '@')
        return !is_word(before) || !is_word((unsigned char)*after);
    return (code < 0x80 && strchr("\\`*[]|~#", (int)code)) ||
           (code == ':' && strncmp(after, "//", 2) == 0);
}

void markdown_text(strbuf *out, const char *text) {
    uint32_t before = 0;
    for (clean_character c; (c = clean_text_next(&text)).code; before = c.code) {
        if (reference(c.code)) {
            strbuf_puts(out, reference(c.code));
            continue;
        }
        if (is_read(before, c.code, text))
            strbuf_putc(out, '\\');
        if (c.code == '\n' || c.code == '\t')
            strbuf_putc(out, ' ');
        else
            strbuf_append(out, c.bytes, c.length);
    }
}

/* Between backticks nothing is read but the backtick (and "|" in a table): those are text. */
static void write_code(strbuf *out, const char *text) {
    if (!*text || strpbrk(text, "`|\n"))
        return markdown_text(out, text);
    strbuf_putc(out, '`');
    for (clean_character c; (c = clean_text_next(&text)).code;)
        strbuf_append(out, c.bytes, c.length);
    strbuf_putc(out, '`');
}

static void write_header(strbuf *out, const table *t) {
    strbuf_putc(out, '|');
    for (size_t i = 0; i < t->num_columns; i++) {
        strbuf_putc(out, ' ');
        markdown_text(out, t->columns[i].title);
        strbuf_puts(out, " |");
    }
    strbuf_puts(out, "\n|");
    for (size_t i = 0; i < t->num_columns; i++)
        strbuf_puts(out, t->columns[i].kind == COLUMN_NUMBER ? " ---: |" : " --- |");
    strbuf_putc(out, '\n');
}

static void write_cell(strbuf *out, const table_cell *cell, column_kind kind) {
    strbuf_puts(out, cell->is_best ? " **" : " ");
    if (kind == COLUMN_CODE)
        write_code(out, cell->text);
    else
        markdown_text(out, cell->text);
    strbuf_puts(out, cell->is_best ? "**" : "");
    markdown_text(out, cell->mark ? cell->mark : "");
    strbuf_puts(out, " |");
}

static void write_table(strbuf *out, const table *t) {
    markdown_text(out, t->caption);
    strbuf_puts(out, "\n\n");
    write_header(out, t);
    for (size_t i = 0; i < t->num_cells; i++) {
        size_t column = i % t->num_columns;
        strbuf_puts(out, column == 0 ? "|" : "");
        write_cell(out, &t->cells[i], t->columns[column].kind);
        strbuf_puts(out, column + 1 == t->num_columns ? "\n" : "");
    }
}

static void write_block(strbuf *out, const block *b) {
    strbuf_putc(out, '\n');
    switch (b->kind) {
    case BLOCK_HEADING:
        strbuf_printf(out, "%.*s ", b->level, "######");
        markdown_text(out, b->text);
        strbuf_putc(out, '\n');
        break;
    case BLOCK_PARAGRAPH:
        markdown_text(out, b->text);
        strbuf_putc(out, '\n');
        break;
    case BLOCK_TABLE:
        write_table(out, &b->table);
        break;
    case BLOCK_FIGURE:
        strbuf_puts(out, "Figure: ");
        markdown_text(out, b->figure.title);
        strbuf_puts(out, ". ");
        markdown_text(out, b->figure.description);
        strbuf_putc(out, '\n');
        break;
    }
}

dear_status write_markdown(strbuf *out, const document *d, dear_error *err) {
    TRY(document_check(d, err));
    strbuf_puts(out, "# ");
    markdown_text(out, d->title);
    strbuf_putc(out, '\n');
    for (size_t i = 0; i < d->count; i++)
        write_block(out, &d->blocks[i]);
    return out->failed ? error_memory(err) : DEAR_OK;
}
