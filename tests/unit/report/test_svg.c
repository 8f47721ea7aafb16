#include "cmocka_setup.h"

#include "report/svg.h"

#include <string.h>

static char *const labels[] = {"BM25", "<b>\"&"};
static const svg_frame frame = {"f1", "Title & more", "What it shows", labels, 2};

static void assert_embedded(const char *drawing, const char *expected) {
    strbuf out = {0};
    dear_error err;
    if (svg_embed(&out, drawing, &frame, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    assert_string_equal(out.text, expected);
    strbuf_free(&out);
}

static void assert_refused(const char *drawing) {
    strbuf out = {0};
    dear_error err;
    assert_int_equal(svg_embed(&out, drawing, &frame, &err), DEAR_ERROR_INPUT);
    strbuf_free(&out);
}

static void ids_titles_and_labels_become_the_frames(void **state) {
    (void)state;
    assert_embedded("<?xml version='1.0'?>\n<!-- made --><svg viewBox=\"0 0 1 1\""
                    " xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
                    "<title>Gnuplot</title><desc>Produced</desc><defs><path id='p'/></defs>"
                    "<g id=\"q\"><title>plot_1</title><use xlink:href='#p'/></g>"
                    "<g clip-path=\"url(#q)\"><text>{1}</text><text>{0}</text></g></svg>",
                    "<svg role=\"img\" aria-labelledby=\"f1-title f1-desc\" viewBox=\"0 0 1 1\">"
                    "<title id=\"f1-title\">Title &amp; more</title>"
                    "<desc id=\"f1-desc\">What it shows</desc>"
                    "<defs><path id='f1-p'/></defs>"
                    "<g id=\"f1-q\"><use href='#f1-p'/></g>"
                    "<g clip-path=\"url(#f1-q)\"><text>&lt;b&gt;&quot;&amp;</text>"
                    "<text>BM25</text></g></svg>");
}

static void what_is_no_drawing_is_refused(void **state) {
    (void)state;
    assert_refused("");
    assert_refused("<html></html>");
    assert_refused("<svg><g>");
    assert_refused("<svg><text>{2}</text></svg>");
    assert_refused("<svg><text>{}</text></svg>");
    assert_refused("<svg><text>{-1}</text></svg>");
    assert_refused("<svg><text>{1</text></svg>");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_titles_and_labels_become_the_frames),
        cmocka_unit_test(what_is_no_drawing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
