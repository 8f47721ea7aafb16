#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "report/document.h"
#include "report/write_html.h"
#include "report/write_markdown.h"

#include <stdlib.h>
#include <string.h>

static void fill(document *d) {
    document_title(d, "Title of %d", 2);
    document_heading(d, 2, "A <heading>");
    document_paragraph(d, "Less < more");
    document_table(d, "A | caption");
    document_column(d, COLUMN_NAME, "Run");
    document_column(d, COLUMN_NUMBER, "nDCG@10");
    document_column(d, COLUMN_CODE, "File");
    document_cell(d, "<script>");
    document_cell(d, "%.1f", 67.8);
    document_cell_is_best(d);
    document_cell_mark(d, "**");
    document_cell(d, "a|b");
    document_cell(d, "plain");
    document_cell(d, "%.1f", 1.0);
    document_cell(d, "run.trec");
    document_figure(d, mem_strdup("<svg></svg>"), "A & B", "Shows <this>.");
}

static void markdown_has_tables(void **state) {
    (void)state;
    document d = {0};
    fill(&d);
    strbuf out = {0};
    dear_error err;
    assert_int_equal(write_markdown(&out, &d, &err), DEAR_OK);
    assert_string_equal(out.text, "# Title of 2\n"
                                  "\n## A &lt;heading&gt;\n"
                                  "\nLess &lt; more\n"
                                  "\nA \\| caption\n\n"
                                  "| Run | nDCG@10 | File |\n"
                                  "| --- | ---: | --- |\n"
                                  "| &lt;script&gt; | **67.8**\\*\\* | a\\|b |\n"
                                  "| plain | 1.0 | `run.trec` |\n"
                                  "\nFigure: A &amp; B. Shows &lt;this&gt;.\n");
    strbuf_free(&out);
    document_free(&d);
}

static void assert_holds(const char *page, const char *part) {
    if (!strstr(page, part))
        fail_msg("no \"%s\" in\n%s", part, page);
}

static void html_has_marks_scopes_and_no_foreign_element(void **state) {
    (void)state;
    document d = {0};
    fill(&d);
    strbuf out = {0};
    dear_error err;
    assert_int_equal(write_html(&out, &d, &err), DEAR_OK);
    assert_holds(out.text, "<!DOCTYPE html>\n<html lang=\"en\">");
    assert_holds(out.text, "<title>Title of 2</title>");
    assert_holds(out.text, "<h2>A &lt;heading&gt;</h2>");
    assert_holds(out.text, "<caption><span>A | caption</span></caption>");
    assert_holds(out.text, "<th scope=\"col\" class=\"number\">nDCG@10</th>");
    assert_holds(out.text, "<th scope=\"row\">&lt;script&gt;</th>");
    assert_holds(out.text, "<td class=\"number\"><strong>67.8</strong><sup>**</sup></td>");
    assert_holds(out.text, "<td class=\"code\"><code>a|b</code></td>");
    assert_holds(out.text, "<b>A &amp; B</b>");
    assert_holds(out.text, "Shows &lt;this&gt;.");
    assert_null(strstr(out.text, "<script"));
    strbuf_free(&out);
    document_free(&d);
}

static void script_comes_with_a_table_to_sort(void **state) {
    (void)state;
    document d = {0};
    fill(&d);
    document_table(&d, "Sorted");
    document_table_is_sortable(&d);
    document_column(&d, COLUMN_NAME, "Run");
    strbuf out = {0};
    dear_error err;
    assert_int_equal(write_html(&out, &d, &err), DEAR_OK);
    assert_holds(out.text, "<script>");
    assert_holds(out.text, "<table class=\"sortable\">");
    strbuf_free(&out);
    document_free(&d);
}

/* Both writers, with each allocation failing in its turn: an error of memory, and nothing is left
 * (the sanitizers see to that). */
static void survives_without_memory(void **state) {
    (void)state;
    for (long n = 1;; n++) {
        mem_fail_after(n);
        document d = {0};
        fill(&d);
        strbuf markdown = {0}, html = {0};
        dear_error err;
        dear_status first = write_markdown(&markdown, &d, &err);
        dear_status second = write_html(&html, &d, &err);
        mem_fail_after(0);
        assert_true(first == DEAR_OK || first == DEAR_ERROR_MEMORY);
        assert_true(second == DEAR_OK || second == DEAR_ERROR_MEMORY);
        strbuf_free(&markdown);
        strbuf_free(&html);
        document_free(&d);
        if (first == DEAR_OK && second == DEAR_OK)
            break;
    }
}

static int use_shipped_data(void **state) {
    (void)state;
    return setenv("DEAR_DATA", SHIPPED_DATA, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markdown_has_tables),
        cmocka_unit_test(html_has_marks_scopes_and_no_foreign_element),
        cmocka_unit_test(script_comes_with_a_table_to_sort),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, use_shipped_data, NULL);
}
