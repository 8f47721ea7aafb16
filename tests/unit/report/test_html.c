#include "cmocka_setup.h"

#include "base/memory.h"
#include "report/html.h"
#include "report/write_markdown.h"

static void assert_html(const char *text, const char *expected) {
    strbuf out = {0};
    html_text(&out, text);
    assert_string_equal(out.text ? out.text : "", expected);
    strbuf_free(&out);
}

static void assert_markdown(const char *text, const char *expected) {
    strbuf out = {0};
    markdown_text(&out, text);
    assert_string_equal(out.text ? out.text : "", expected);
    strbuf_free(&out);
}

static void html_escapes_what_html_reads(void **state) {
    (void)state;
    assert_html("", "");
    assert_html("<script>alert(\"1\" & '2')</script>",
                "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    assert_html("J\xC3\xA4rvelin \xE2\x80\x93 \xF0\x9F\xA6\x99", "J\xC3\xA4rvelin \xE2\x80\x93 "
                                                                 "\xF0\x9F\xA6\x99");
}

static void html_replaces_what_it_may_not_hold(void **state) {
    (void)state;
    assert_html("a\x01z\x1B[31m", "a\xEF\xBF\xBDz\xEF\xBF\xBD[31m");
    assert_html("a\x7F\xC2\x85", "a\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_html("broken \xC3( \xED\xA0\x80", "broken \xEF\xBF\xBD( \xEF\xBF\xBD\xEF\xBF\xBD"
                                             "\xEF\xBF\xBD");
    assert_html("cut \xE2\x80", "cut \xEF\xBF\xBD");
    assert_html("a\tb\nc", "a\tb\nc");
}

static void attributes_are_quoted_and_left_out(void **state) {
    (void)state;
    strbuf out = {0};
    html_open(&out, "a", "title", "\"><script>", "class", NULL, "href", "#x", NULL);
    html_close(&out, "a");
    html_element(&out, "p", "1 < 2");
    assert_string_equal(out.text, "<a title=\"&quot;&gt;&lt;script&gt;\" href=\"#x\"></a>\n"
                                  "<p>1 &lt; 2</p>\n");
    strbuf_free(&out);
}

static void markdown_escapes_what_markdown_reads(void **state) {
    (void)state;
    assert_markdown("a|b *c* `d` [e](f) ~~g~~ \\h # i", "a\\|b \\*c\\* \\`d\\` \\[e\\](f) \\~\\~g"
                                                        "\\~\\~ \\\\h \\# i");
    assert_markdown("<b>&amp;", "&lt;b&gt;&amp;amp;");
    assert_markdown("two\nlines\tand", "two lines and");
    assert_markdown("http://a.b", "http\\://a.b");
}

static void markdown_leaves_words_whole(void **state) {
    (void)state;
    assert_markdown("nDCG@10 ndcg_cut_10", "nDCG@10 ndcg_cut_10");
    assert_markdown("@someone _so_", "\\@someone \\_so\\_");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_escapes_what_html_reads),
        cmocka_unit_test(html_replaces_what_it_may_not_hold),
        cmocka_unit_test(attributes_are_quoted_and_left_out),
        cmocka_unit_test(markdown_escapes_what_markdown_reads),
        cmocka_unit_test(markdown_leaves_words_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
