/* Texts as cells of tables, on standard output. */
#ifndef DEAR_CLI_TABLE_TEXT_H
#define DEAR_CLI_TABLE_TEXT_H

/* RFC 4180: in quotes where it must be, quotes doubled. */
void print_csv_text(const char *text);

/* With what would end a cell of a Markdown table escaped. */
void print_markdown_text(const char *text);

#endif
