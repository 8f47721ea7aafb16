#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rank/hits_format.h"
#include "scratch_file.h"

#include <math.h>

/* What the writer gives for a set; to be freed. */
static char *written(const hit_set *set, hits_format format, dear_status *status, dear_error *err) {
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    *status = hits_write_begin(stream, format, err);
    for (size_t i = 0; i < set->count && *status == DEAR_OK; i++)
        *status = hits_write_list(stream, format, &set->lists[i], i, "tag", err);
    if (*status == DEAR_OK)
        *status = hits_write_end(stream, format, err);
    fclose(stream);
    return text;
}

static char *write_good(const hit_set *set, hits_format format) {
    dear_status status;
    dear_error err;
    char *text = written(set, format, &status, &err);
    if (status != DEAR_OK)
        fail_msg("%s", err.message);
    return text;
}

static void add(hit_set *set, const char *qid, const char *docid, const char *title,
                const char *text, double score) {
    hit_list *list = hit_set_find(set, qid);
    if (!list)
        list = hit_set_add(set, qid, "a \"query\"\n\\ \x01 \xf0\x9f\xa6\x99");
    assert_true(hit_list_add(list, docid, title, text, score));
}

static hit_set sample(void) {
    hit_set set = {0};
    add(&set, "1", "a", "Title", "text\twith\r\n\x7f controls", 2.5);
    add(&set, "1", "b", "", "", 1.25);
    add(&set, "2", "c", "", "caf\xc3\xa9", -3);
    add(&set, "2", "a", "T", "x", -1e-7);
    hit_list_sort(&set.lists[1]);
    return set;
}

static void assert_same(const hit_set *a, const hit_set *b, bool texts) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const hit_list *x = &a->lists[i], *y = &b->lists[i];
        assert_string_equal(x->qid, y->qid);
        assert_int_equal(x->count, y->count);
        if (texts)
            assert_string_equal(x->query, y->query);
        for (size_t j = 0; j < x->count; j++) {
            assert_string_equal(x->hits[j].docid, y->hits[j].docid);
            assert_true(x->hits[j].score == y->hits[j].score);
            if (!texts)
                continue;
            assert_string_equal(x->hits[j].title, y->hits[j].title);
            assert_string_equal(x->hits[j].text, y->hits[j].text);
        }
    }
}

static void reads_back_what_it_wrote(void **state) {
    (void)state;
    const hits_format formats[] = {HITS_FORMAT_RANKGPT, HITS_FORMAT_DPR, HITS_FORMAT_JSONL,
                                   HITS_FORMAT_TREC, HITS_FORMAT_TSV};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        hit_set set = sample(), back;
        char *text = write_good(&set, formats[f]);
        hits_input input = {.path = scratch_write("written", text)};
        dear_error err;
        if (hits_read(&back, &input, &err) != DEAR_OK)
            fail_msg("%s: %s", hits_format_name(formats[f]), err.message);
        assert_same(&set, &back, formats[f] <= HITS_FORMAT_JSONL);
        free(text);
        hit_set_free(&set);
        hit_set_free(&back);
    }
}

static void writes_six_columns(void **state) {
    (void)state;
    hit_set set = sample();
    char *text = write_good(&set, HITS_FORMAT_TREC);
    assert_string_equal(text, "1 Q0 a 1 2.5 tag\n1 Q0 b 2 1.25 tag\n"
                              "2 Q0 a 1 -1e-07 tag\n2 Q0 c 2 -3 tag\n");
    free(text);
    hit_set_free(&set);
}

/* The scores of a one-query TREC run, as a reader that sorts by score will see them. */
static void scores_as_written(const double *scores, size_t count, double *out) {
    hit_set set = {0};
    char docid[16];
    for (size_t i = 0; i < count; i++) {
        snprintf(docid, sizeof docid, "d%u", (unsigned char)i);
        add(&set, "1", docid, "", "", scores[i]);
    }
    char *text = write_good(&set, HITS_FORMAT_TREC);
    char *line = text;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sscanf(line, "1 Q0 d%*d %*d %lf", &out[i]), 1);
        line = strchr(line, '\n') + 1;
    }
    free(text);
    hit_set_free(&set);
}

static void keeps_order_where_scores_tie(void **state) {
    (void)state;
    double next = nextafterf(2, 0), out[4];
    scores_as_written((double[]){2, 2, next, 1}, 4, out);
    assert_true(out[0] == 2 && out[3] == 1);
    for (int i = 1; i < 4; i++)
        assert_true((float)out[i] < (float)out[i - 1]);
    assert_true((float)out[1] == (float)next);
}

/* Digits are as many for the whole list: 0.1 as a float32 would else come back below the next. */
static void keeps_order_of_floats_among_doubles(void **state) {
    (void)state;
    double out[2];
    scores_as_written((double[]){0.1f, 0.1000000005}, 2, out);
    assert_true(out[0] > out[1]);
}

static void gives_one_over_rank_where_scores_contradict(void **state) {
    (void)state;
    double out[3];
    scores_as_written((double[]){1, 3, 2}, 3, out);
    assert_true(out[0] == 1 && out[1] == 0.5 && out[2] == 1.0 / 3);
}

static void names_ids_that_break_columns(void **state) {
    (void)state;
    const struct {
        const char *qid, *docid;
        hits_format format;
        const char *named;
    } cases[] = {
        {"1", "a b", HITS_FORMAT_TREC, "\"a b\""},  {"q 1", "a", HITS_FORMAT_TREC, "\"q 1\""},
        {"#1", "a", HITS_FORMAT_TREC, "\"#1\""},    {"1", "", HITS_FORMAT_TREC, "empty"},
        {"1", "a\tb", HITS_FORMAT_TSV, "\"a\tb\""}, {"1\n", "a", HITS_FORMAT_TSV, "query id"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hit_set set = {0};
        add(&set, cases[i].qid, cases[i].docid, "", "", 1);
        dear_status status;
        dear_error err;
        free(written(&set, cases[i].format, &status, &err));
        assert_int_equal(status, DEAR_ERROR_INPUT);
        assert_non_null(strstr(err.message, cases[i].named));
        hit_set_free(&set);
    }
}

static void table_lets_no_control_through(void **state) {
    (void)state;
    hit_set set = {0};
    /* ESC, BEL, CSI in C1, a right-to-left override, a line separator */
    add(&set, "q\x1b[2J", "d\x07\x1b]0;x\x07", "\x1b[31mred",
        "a\xc2\x9b"
        "b\xe2\x80\xae"
        "c\xe2\x80\xa8"
        "d\ne\r",
        1);
    char *text = write_good(&set, HITS_FORMAT_TABLE);
    for (const char *p = text; *p; p++)
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
    assert_null(strstr(text, "\xc2\x9b"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strstr(text, "\xe2\x80\xa8"));
    assert_non_null(strstr(text, "bc d e"));
    free(text);
    hit_set_free(&set);
}

static void table_shows_ranks_before_and_after(void **state) {
    (void)state;
    hit_set set = {0};
    add(&set, "7", "first", "", "one", 1);
    add(&set, "7", "second", "", "two", 2);
    hit_list_sort(&set.lists[0]);
    char *text = write_good(&set, HITS_FORMAT_TABLE);
    char *second = strstr(text, "2 → 1"), *first = strstr(text, "1 → 2");
    assert_true(second && first && second < first);
    free(text);
    hit_set_free(&set);
}

/* Columns of a line of East Asian and Latin text: 100, whatever the bytes. */
static void table_cuts_by_width(void **state) {
    (void)state;
    hit_set set = {0};
    char wide[1201] = "";
    for (int i = 0; i < 400; i++)
        strcat(wide, "\xe6\xbc\xa2"); /* 漢, two columns */
    add(&set, "1", "d", "", wide, 1);
    char *text = write_good(&set, HITS_FORMAT_TABLE);
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, "\xe6\xbc\xa2")); p += 3)
        count++;
    assert_true(count > 20 && 2 * count < 100 - 32);
    assert_non_null(strstr(text, "…\n"));
    free(text);
    hit_set_free(&set);
}

static void full_disk_is_an_error(void **state) {
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    hit_set set = sample();
    dear_error err;
    assert_int_equal(hits_write_list(full, HITS_FORMAT_JSONL, &set.lists[0], 0, "t", &err),
                     DEAR_ERROR_IO);
    fclose(full);
    hit_set_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(writes_six_columns),
        cmocka_unit_test(keeps_order_where_scores_tie),
        cmocka_unit_test(keeps_order_of_floats_among_doubles),
        cmocka_unit_test(gives_one_over_rank_where_scores_contradict),
        cmocka_unit_test(names_ids_that_break_columns),
        cmocka_unit_test(table_lets_no_control_through),
        cmocka_unit_test(table_shows_ranks_before_and_after),
        cmocka_unit_test(table_cuts_by_width),
        cmocka_unit_test(full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
