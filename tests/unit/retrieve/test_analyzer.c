#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/file.h"
#include "base/strbuf.h"
#include "retrieve/analyzer.h"
#include "retrieve/fts5_tokenizer.h"
#include "retrieve/porter.h"

#include <string.h>

static int append_term(void *context, const char *term, size_t length, size_t begin, size_t end) {
    strbuf *out = context;
    assert_true(begin < end);
    if (out->length)
        strbuf_putc(out, ' ');
    strbuf_append(out, term, length);
    return 0;
}

static void expect_terms(analysis a, const char *text, const char *wanted) {
    strbuf found = {0};
    assert_int_equal(analyze(&a, text, strlen(text), append_term, &found), 0);
    assert_string_equal(found.text ? found.text : "", wanted);
    strbuf_free(&found);
}

static const analysis plain = {.stem = false, .stopwords = STOPWORDS_NONE};

static void splits_and_folds(void **state) {
    (void)state;
    expect_terms(plain, "", "");
    expect_terms(plain, " \t.,;-", "");
    expect_terms(plain, "Hello, WORLD-wide x86_64 3.14", "hello world wide x86 64 3 14");
    expect_terms(plain,
                 "don't the dog's O\xE2\x80\x99"
                 "Brien's 'quoted' rock 'n' roll",
                 "don't the dog o'brien quoted rock n roll");
    expect_terms(plain, "CAFÉ Ångström naïve Œuvre Straße ﬁne",
                 "cafe angstrom naive œuvre strasse fine");
    expect_terms(plain, "Ελλάδα Привет й", "ελλαδα привет и");
    expect_terms(plain, "東京タワー ひらがな２０", "東 京 タワー ひ ら か\xE3\x82\x99 な 20");
    expect_terms(plain, "हिन्दी", "हिन्दी");
    expect_terms(plain,
                 "a\xFF"
                 "b\xC3",
                 "a b");
}

static void leaves_stopwords_out(void **state) {
    (void)state;
    analysis few = {.stem = false, .stopwords = STOPWORDS_SHORT};
    analysis many = {.stem = false, .stopwords = STOPWORDS_LONG};
    const char *text = "The cat, which isn't about A mat; with zebras and yourselves";
    expect_terms(few, text, "cat which isn't about mat zebras yourselves");
    expect_terms(many, text, "cat mat zebras");
}

static void cuts_long_words(void **state) {
    (void)state;
    char text[2 * TERM_LIMIT + 1], wanted[TERM_LIMIT + 1];
    memset(text, 'x', sizeof text);
    memset(wanted, 'x', sizeof wanted);
    text[2 * TERM_LIMIT] = wanted[TERM_LIMIT] = 0;
    expect_terms(plain, text, wanted);
    /* Never within a character. */
    for (size_t i = 0; i < TERM_LIMIT; i++)
        memcpy(text + 2 * i, "б", 2);
    text[2 * (size_t)TERM_LIMIT] = 0;
    memcpy(wanted, text, TERM_LIMIT - 1);
    wanted[TERM_LIMIT - 1] = 0;
    expect_terms(plain, text, wanted);
}

static int stop_at_second(void *context, const char *term, size_t length, size_t begin,
                          size_t end) {
    (void)term, (void)length, (void)begin, (void)end;
    return ++*(int *)context == 2 ? 7 : 0;
}

static void stops_when_told(void **state) {
    (void)state;
    int seen = 0;
    assert_int_equal(analyze(&plain, "a b c", 5, stop_at_second, &seen), 7);
    assert_int_equal(seen, 2);
}

static const char *stem(const char *word) {
    static char text[TERM_LIMIT + 1];
    size_t length = strlen(word);
    memcpy(text, word, length);
    text[porter_stem(text, length)] = 0;
    return text;
}

/* The examples of Porter's paper, step by step. */
static void stems_as_the_paper_says(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"caresses", "caress"},
        {"ponies", "poni"},
        {"ties", "ti"},
        {"caress", "caress"},
        {"cats", "cat"},
        {"feed", "feed"},
        {"agreed", "agre"},
        {"plastered", "plaster"},
        {"bled", "bled"},
        {"motoring", "motor"},
        {"sing", "sing"},
        {"conflated", "conflat"},
        {"troubled", "troubl"},
        {"sized", "size"},
        {"hopping", "hop"},
        {"tanned", "tan"},
        {"falling", "fall"},
        {"hissing", "hiss"},
        {"fizzed", "fizz"},
        {"failing", "fail"},
        {"filing", "file"},
        {"happy", "happi"},
        {"sky", "sky"},
        {"relational", "relat"},
        {"conditional", "condit"},
        {"rational", "ration"},
        {"valenci", "valenc"},
        {"hesitanci", "hesit"},
        {"digitizer", "digit"},
        {"conformabli", "conform"},
        {"radicalli", "radic"},
        {"differentli", "differ"},
        {"vileli", "vile"},
        {"analogousli", "analog"},
        {"vietnamization", "vietnam"},
        {"predication", "predic"},
        {"operator", "oper"},
        {"feudalism", "feudal"},
        {"decisiveness", "decis"},
        {"hopefulness", "hope"},
        {"callousness", "callous"},
        {"formaliti", "formal"},
        {"sensitiviti", "sensit"},
        {"sensibiliti", "sensibl"},
        {"triplicate", "triplic"},
        {"formative", "form"},
        {"formalize", "formal"},
        {"electriciti", "electr"},
        {"electrical", "electr"},
        {"hopeful", "hope"},
        {"goodness", "good"},
        {"revival", "reviv"},
        {"allowance", "allow"},
        {"inference", "infer"},
        {"airliner", "airlin"},
        {"gyroscopic", "gyroscop"},
        {"adjustable", "adjust"},
        {"defensible", "defens"},
        {"irritant", "irrit"},
        {"replacement", "replac"},
        {"adjustment", "adjust"},
        {"dependent", "depend"},
        {"adoption", "adopt"},
        {"communism", "commun"},
        {"activate", "activ"},
        {"angulariti", "angular"},
        {"homologous", "homolog"},
        {"effective", "effect"},
        {"bowdlerize", "bowdler"},
        {"probate", "probat"},
        {"rate", "rate"},
        {"cease", "ceas"},
        {"controll", "control"},
        {"roll", "roll"},
        {"is", "is"},
        {"generalizations", "gener"},
        {"oscillators", "oscil"},
        {"yes", "ye"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(stem(pairs[i][0]), pairs[i][1]);
}

/* SQLite has a Porter stemmer of its own: both agree on the words of a real collection but for those
 * that are a suffix and little more ("ies"), of which SQLite leaves more than the paper does. */
typedef struct peer {
    fts5_tokenizer methods;
    Fts5Tokenizer *tokenizer;
    size_t words;
} peer;

static int compare_stem(void *context, int flags, const char *token, int length, int begin,
                        int end) {
    const char *word = context;
    (void)flags, (void)begin, (void)end;
    const char *ours = stem(word);
    if (strlen(ours) != (size_t)length || memcmp(ours, token, (size_t)length) != 0)
        fail_msg("\"%s\" is \"%s\" here, \"%.*s\" in SQLite", word, ours, length, token);
    return 0;
}

static int compare_word(void *context, const char *term, size_t length, size_t begin, size_t end) {
    peer *p = context;
    char word[TERM_LIMIT + 1];
    (void)begin, (void)end;
    memcpy(word, term, length);
    word[length] = 0;
    if (strspn(word, "abcdefghijklmnopqrstuvwxyz") < length || length < 4 || length > 64)
        return 0;
    p->words++;
    return p->methods.xTokenize(p->tokenizer, word, FTS5_TOKENIZE_DOCUMENT, word, (int)length,
                                compare_stem);
}

static void stems_as_sqlite_does(void **state) {
    (void)state;
    sqlite3 *db;
    peer p = {0};
    void *data;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    fts5_api *api = fts5_interface(db);
    assert_non_null(api);
    assert_int_equal(api->xFindTokenizer(api, "porter", &data, &p.methods), SQLITE_OK);
    assert_int_equal(p.methods.xCreate(data, NULL, 0, &p.tokenizer), SQLITE_OK);
    strbuf text = {0};
    const char *path = SHIPPED_DATA "/vaswani/doc-text.trec.gz";
    assert_int_equal(file_read(&text, path, 16 << 20, NULL), DEAR_OK);
    assert_int_equal(analyze(&plain, text.text, text.length, compare_word, &p), 0);
    assert_true(p.words > 200000);
    strbuf_free(&text);
    p.methods.xDelete(p.tokenizer);
    sqlite3_close(db);
}

/* Every word of the short list is in the long one, and both are sorted: bsearch finds each. */
static void finds_every_stopword(void **state) {
    (void)state;
    static const char *const some[] = {"a", "and", "such", "with", "you've", "yourselves"};
    static const char *const none[] = {"", "an'", "andy", "wit", "zebra", "yourself's"};
    for (size_t i = 0; i < 6; i++) {
        assert_true(stopwords_have(STOPWORDS_LONG, some[i], strlen(some[i])));
        assert_true(stopwords_have(STOPWORDS_SHORT, some[i], strlen(some[i])) == (i < 4));
        assert_false(stopwords_have(STOPWORDS_LONG, none[i], strlen(none[i])));
        assert_false(stopwords_have(STOPWORDS_SHORT, none[i], strlen(none[i])));
        assert_false(stopwords_have(STOPWORDS_NONE, some[i], strlen(some[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_and_folds),        cmocka_unit_test(leaves_stopwords_out),
        cmocka_unit_test(cuts_long_words),         cmocka_unit_test(stops_when_told),
        cmocka_unit_test(stems_as_the_paper_says), cmocka_unit_test(stems_as_sqlite_does),
        cmocka_unit_test(finds_every_stopword),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
