#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "base/strbuf.h"
#include "train/group_data.h"
#include "unit/rank/scratch_file.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <zlib.h>

static group_data *open_data(const char *const *paths, size_t count,
                             const group_data_options *options) {
    group_data *data;
    dear_error err;
    if (group_data_open(&data, paths, count, options, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return data;
}

static training_group read_group(group_data *data, uint64_t epoch, size_t position) {
    training_group group;
    dear_error err;
    if (group_data_read(data, epoch, position, &group, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return group;
}

/* Groups q0, q1, …, each with 2 positives and `negatives` negatives, called by their places. */
static strbuf sample(int groups, int negatives) {
    strbuf text = {0};
    for (int g = 0; g < groups; g++) {
        strbuf_printf(&text,
                      "{\"query_id\": \"q%d\", \"query\": \"what %d\", \"positive_passages\": "
                      "[{\"docid\": \"p0\", \"title\": \"T\", \"text\": \"yes\"}, "
                      "{\"docid\": \"p1\", \"title\": \"\", \"text\": \"also\"}], "
                      "\"negative_passages\": [",
                      g, g);
        for (int i = 0; i < negatives; i++)
            strbuf_printf(&text, "%s{\"docid\": \"n%d\", \"title\": \"T\", \"text\": \"no %d\"}",
                          i ? ", " : "", i, i);
        strbuf_puts(&text, "]}\n");
    }
    return text;
}

static const char *write_sample(const char *name, int groups, int negatives) {
    strbuf text = sample(groups, negatives);
    const char *path = scratch_write(name, text.text);
    strbuf_free(&text);
    return path;
}

static const char *write_gzip(const char *name, const char *text) {
    const char *path = scratch_path(name);
    gzFile f = gzopen(path, "wb");
    assert_true(gzwrite(f, text, (unsigned)strlen(text)) == (int)strlen(text));
    gzclose(f);
    return path;
}

static void reads_what_a_group_says(void **state) {
    (void)state;
    const char *path = scratch_write(
        "data",
        "\n{\"query_id\": 7, \"query\": \"who?\", \"positive_passages\": [{\"docid\": \"a\", "
        "\"title\": \"A\", \"text\": \"he\", \"teacher_score\": 2.5}], \"negative_passages\": "
        "[{\"text\": \"not\\u0000him\", \"title\": null}, "
        "{\"docid\": 3, \"text\": \"\", \"teacher_score\": -1}], \"more\": 1}\r\n \t\n"
        "{\"query\": \"where?\", \"positive_passages\": [{\"text\": \"here\"}], "
        "\"negative_passages\": [{\"text\": \"there\"}]}");
    group_data_options options = {0};
    group_data *data = open_data(&path, 1, &options);
    assert_int_equal(group_data_groups(data), 2);
    training_group g = read_group(data, 0, 0);
    assert_string_equal(g.query_id, "7");
    assert_string_equal(g.query, "who?");
    assert_int_equal(g.num_positives, 1);
    assert_int_equal(g.num_negatives, 2);
    assert_int_equal(g.num_drawn, 0);
    assert_string_equal(g.passages[0].docid, "a");
    assert_string_equal(g.passages[0].title, "A");
    assert_string_equal(g.passages[0].text, "he");
    assert_true(g.passages[0].teacher_score == 2.5f);
    assert_string_equal(g.passages[1].docid, "");
    assert_string_equal(g.passages[1].title, "");
    assert_string_equal(g.passages[1].text, "not him");
    assert_true(isnan(g.passages[1].teacher_score));
    assert_string_equal(g.passages[2].docid, "3");
    assert_true(g.passages[2].teacher_score == -1);
    training_group_free(&g);
    g = read_group(data, 0, 1);
    assert_string_equal(g.query_id, "");
    assert_string_equal(g.query, "where?");
    training_group_free(&g);
    group_data_close(data);
}

static void reads_gzip_and_several_files_as_one(void **state) {
    (void)state;
    strbuf text = sample(5, 3);
    const char *paths[] = {scratch_write("plain", text.text), scratch_write("empty", "\n"),
                           write_gzip("packed.gz", text.text)};
    strbuf_free(&text);
    group_data_options options = {0};
    group_data *data = open_data(paths, 3, &options);
    assert_int_equal(group_data_groups(data), 10);
    for (size_t i = 0; i < 10; i++) {
        char qid[8];
        snprintf(qid, sizeof qid, "q%d", (int)(i % 5));
        training_group g = read_group(data, 0, i);
        assert_string_equal(g.query_id, qid);
        training_group_free(&g);
    }
    group_data_close(data);
}

static void reads_a_pipe(void **state) {
    (void)state;
    strbuf text = sample(3, 2);
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    assert_true(write(ends[1], text.text, text.length) == (ssize_t)text.length);
    close(ends[1]);
    strbuf_free(&text);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    const char *paths[] = {path};
    group_data_options options = {.group_size = 2};
    group_data *data = open_data(paths, 1, &options);
    close(ends[0]);
    assert_int_equal(group_data_groups(data), 3);
    for (size_t i = 0; i < 3; i++) {
        training_group g = read_group(data, 1, i);
        training_group_free(&g);
    }
    group_data_close(data);
}

/* Lines longer than what is read at a time. */
static void reads_long_lines(void **state) {
    (void)state;
    enum { LONG = 200000 };
    strbuf text = {0};
    for (int g = 0; g < 3; g++) {
        strbuf_printf(&text,
                      "{\"query\": \"%0*d\", \"positive_passages\": [{\"text\": \"a\"}], "
                      "\"negative_passages\": [{\"text\": \"b\"}]}\n\n",
                      LONG + g, g);
    }
    const char *path = scratch_write("data", text.text);
    strbuf_free(&text);
    group_data_options options = {0};
    group_data *data = open_data(&path, 1, &options);
    for (size_t i = 0; i < 3; i++) {
        training_group g = read_group(data, 0, i);
        assert_int_equal(strlen(g.query), LONG + i);
        assert_int_equal(g.query[LONG + i - 1], '0' + (int)i);
        training_group_free(&g);
    }
    group_data_close(data);
}

enum { GROUPS = 50 };

/* The queries of an epoch in their order: numbers [GROUPS]. */
static void read_order(const char *path, uint64_t seed, uint64_t epoch, int *out) {
    group_data_options options = {.group_size = 2, .seed = seed};
    group_data *data = open_data(&path, 1, &options);
    for (size_t i = 0; i < GROUPS; i++) {
        training_group g = read_group(data, epoch, i);
        out[i] = atoi(g.query_id + 1);
        training_group_free(&g);
    }
    group_data_close(data);
}

static void shuffles_each_epoch_anew(void **state) {
    (void)state;
    const char *path = write_sample("data", GROUPS, 2);
    int order[3][GROUPS], again[GROUPS];
    for (int epoch = 0; epoch < 3; epoch++) {
        bool seen[GROUPS] = {0};
        read_order(path, 1, (uint64_t)epoch, order[epoch]);
        for (int i = 0; i < GROUPS; i++) {
            assert_false(seen[order[epoch][i]]);
            seen[order[epoch][i]] = true;
        }
    }
    assert_memory_not_equal(order[0], order[1], sizeof order[0]);
    assert_memory_not_equal(order[1], order[2], sizeof order[0]);
    read_order(path, 1, 1, again);
    assert_memory_equal(order[1], again, sizeof again);
    read_order(path, 2, 1, again);
    assert_memory_not_equal(order[1], again, sizeof again);
}

/* Each of the six orders of three groups within five standard deviations of a sixth. */
static void every_order_is_as_likely(void **state) {
    (void)state;
    enum { TRIES = 6000 };
    const char *path = write_sample("data", 3, 2);
    int counts[27] = {0}, orders = 0;
    group_data_options options = {.group_size = 2};
    group_data *data = open_data(&path, 1, &options);
    for (uint64_t epoch = 0; epoch < TRIES; epoch++) {
        int order = 0;
        for (size_t i = 0; i < 3; i++) {
            training_group g = read_group(data, epoch, i);
            order = 3 * order + atoi(g.query_id + 1);
            training_group_free(&g);
        }
        counts[order]++;
    }
    group_data_close(data);
    for (int i = 0; i < 27; i++) {
        orders += counts[i] > 0;
        if (counts[i])
            assert_true(abs(counts[i] - TRIES / 6) <= 5 * sqrt(TRIES * 5.0 / 36));
    }
    assert_int_equal(orders, 6);
}

static bool same_draw(const training_group *a, const training_group *b) {
    return a->num_drawn == b->num_drawn && strcmp(a->query_id, b->query_id) == 0 &&
           memcmp(a->drawn, b->drawn, a->num_drawn * sizeof *a->drawn) == 0;
}

/* A run that is resumed opens the data anew and begins in the middle. */
static void goes_on_from_any_position(void **state) {
    (void)state;
    const char *path = write_sample("data", GROUPS, 9);
    group_data_options options = {.group_size = 4, .seed = 3};
    group_data *whole = open_data(&path, 1, &options);
    for (size_t from = 0; from < GROUPS; from += 7) {
        group_data *resumed = open_data(&path, 1, &options);
        for (size_t i = from; i < GROUPS; i++) {
            training_group a = read_group(whole, 2, i), b = read_group(resumed, 2, i);
            assert_true(same_draw(&a, &b));
            training_group_free(&a);
            training_group_free(&b);
        }
        group_data_close(resumed);
    }
    group_data_close(whole);
}

static void check_draw(const training_group *g, size_t size, size_t negatives, int *seen) {
    int times[16] = {0};
    assert_int_equal(g->num_drawn, size);
    assert_true(g->drawn[0] < g->num_positives);
    seen[g->drawn[0]]++;
    for (size_t i = 1; i < size; i++) {
        assert_in_range(g->drawn[i], g->num_positives, g->num_positives + negatives - 1);
        times[g->drawn[i]]++;
        seen[g->drawn[i]]++;
    }
    int rounds = (int)((size - 1) / negatives);
    for (size_t i = 2; i < 2 + negatives; i++)
        assert_in_range(times[i], rounds, rounds + 1);
}

/* No negative more often than it must be; over many epochs, all as often. */
static void draws_anew_and_fairly(void **state) {
    (void)state;
    enum { EPOCHS = 1200, NEGATIVES = 5 };
    const char *path = write_sample("data", 1, NEGATIVES);
    for (size_t size = 2; size <= 14; size++) {
        group_data_options options = {.group_size = size, .seed = size};
        group_data *data = open_data(&path, 1, &options);
        int seen[16] = {0};
        for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
            training_group g = read_group(data, epoch, 0);
            check_draw(&g, size, NEGATIVES, seen);
            training_group_free(&g);
        }
        group_data_close(data);
        double once = (double)((size - 1) % NEGATIVES) / NEGATIVES; /* in the round not full */
        double expected = EPOCHS * (double)(size - 1) / NEGATIVES;
        double deviation = sqrt(EPOCHS * once * (1 - once));
        assert_true(abs(seen[0] - EPOCHS / 2) <= 5 * sqrt(EPOCHS / 4.0));
        for (int i = 2; i < 2 + NEGATIVES; i++)
            assert_true(fabs(seen[i] - expected) <= 5 * deviation);
    }
}

static void can_take_the_first_ones(void **state) {
    (void)state;
    const char *path = write_sample("data", GROUPS, 3);
    group_data_options options = {.group_size = 6, .first = true};
    group_data *data = open_data(&path, 1, &options);
    for (size_t i = 0; i < GROUPS; i++) {
        training_group g = read_group(data, 1, i);
        const size_t expected[] = {0, 2, 3, 4, 2, 3};
        assert_int_equal(g.num_drawn, 6);
        assert_memory_equal(g.drawn, expected, sizeof expected);
        training_group_free(&g);
    }
    group_data_close(data);
}

#define POSITIVE "\"positive_passages\": [{\"text\": \"a\"}]"
#define NEGATIVE "\"negative_passages\": [{\"text\": \"b\"}]"
#define GOOD "{\"query\": \"q\", " POSITIVE ", " NEGATIVE "}\n"

static void refuses_what_is_no_group(void **state) {
    (void)state;
    const struct {
        const char *text, *named;
    } cases[] = {
        {"", "no groups"},
        {"\n \n", "no groups"},
        {GOOD "\n{\n", "data:3: line 1, column"},
        {GOOD "[]\n", "data:2: must be a JSON object"},
        {GOOD "{" POSITIVE ", " NEGATIVE "}\n", "data:2: has no \"query\""},
        {"{\"query\": 1, " POSITIVE ", " NEGATIVE "}\n", "data:1: \"query\" must be a string"},
        {"{\"query_id\": [], \"query\": \"q\", " POSITIVE ", " NEGATIVE "}\n", "\"query_id\""},
        {"{\"query\": \"q\", " NEGATIVE "}\n", "data:1: \"positive_passages\""},
        {"{\"query\": \"q\", " POSITIVE "}\n", "data:1: \"negative_passages\""},
        {"{\"query\": \"q\", " POSITIVE ", \"negative_passages\": []}\n", "\"negative_passages\""},
        {"{\"query\": \"q\", " POSITIVE ", \"negative_passages\": 5}\n", "\"negative_passages\""},
        {"{\"query\": \"q\", " POSITIVE ", \"negative_passages\": [{\"text\": \"b\"}, 5]}\n",
         "data:1: negative_passages[1]: must be a JSON object"},
        {"{\"query\": \"q\", " POSITIVE ", \"negative_passages\": [{}]}\n",
         "data:1: negative_passages[0]: has no \"text\""},
        {"{\"query\": \"q\", " NEGATIVE ", \"positive_passages\": [{\"text\": \"b\", \"title\": "
         "1}]}\n",
         "positive_passages[0]: \"title\" must be a string"},
        {"{\"query\": \"q\", " POSITIVE ", \"negative_passages\": [{\"text\": \"b\", "
         "\"teacher_score\": \"1\"}]}\n",
         "\"teacher_score\" must be a number"},
        {"{\"query\": \"q\", " POSITIVE ", \"negative_passages\": [{\"text\": \"b\", "
         "\"teacher_score\": 1e300}]}\n",
         "\"teacher_score\" is out of range"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_write("data", cases[i].text);
        group_data_options options = {.group_size = 2};
        group_data *data;
        dear_error err;
        assert_int_equal(group_data_open(&data, &path, 1, &options, &err), DEAR_ERROR_INPUT);
        assert_null(data);
        if (!strstr(err.message, cases[i].named))
            fail_msg("no %s in: %s", cases[i].named, err.message);
    }
}

static void misses_teachers_only_where_they_are_needed(void **state) {
    (void)state;
    static const char taught[] = "{\"query\": \"q\", \"positive_passages\": [{\"text\": \"a\", "
                                 "\"teacher_score\": 0}], \"negative_passages\": [{\"text\": "
                                 "\"b\", \"teacher_score\": -2.5}]}\n";
    strbuf text = {0};
    strbuf_printf(&text, "%s%s", taught, GOOD);
    const char *paths[] = {scratch_write("whole", taught), scratch_write("part", text.text)};
    strbuf_free(&text);
    group_data_options options = {.group_size = 2};
    group_data_close(open_data(paths, 2, &options));
    options.need_teacher = true;
    group_data_close(open_data(paths, 1, &options));
    group_data *data;
    dear_error err;
    assert_int_equal(group_data_open(&data, paths, 2, &options, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "part:2: positive_passages[0]: has no \"teacher_score\""));
}

static void names_files_that_cannot_be_read(void **state) {
    (void)state;
    group_data_options options = {.group_size = 2};
    group_data *data;
    dear_error err;
    const char *missing = scratch_path("none"), *folder = scratch_path(".");
    assert_int_equal(group_data_open(&data, &missing, 1, &options, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "none"));
    assert_int_equal(group_data_open(&data, &folder, 1, &options, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "directory"));
    const char *whole = write_gzip("torn.gz", GOOD GOOD GOOD);
    size_t length = 0;
    char *bytes = scratch_read(whole, &length);
    const char *torn = scratch_write_bytes("torn.gz", bytes, length / 2);
    free(bytes);
    assert_int_equal(group_data_open(&data, &torn, 1, &options, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "torn.gz"));
}

static void notices_a_file_that_changes(void **state) {
    (void)state;
    const char *path = write_sample("data", 4, 2);
    group_data_options options = {.group_size = 2};
    group_data *data = open_data(&path, 1, &options);
    training_group g = read_group(data, 0, 3);
    training_group_free(&g);
    assert_int_equal(truncate(path, 100), 0);
    dear_error err;
    assert_int_equal(group_data_read(data, 0, 3, &g, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "data: was changed"));
    assert_null(g.query);
    group_data_close(data);
}

static void leaves_no_temporary_file(void **state) {
    (void)state;
    const char *folder = scratch_path("temporary");
    assert_int_equal(mkdir(folder, 0700), 0);
    setenv("TMPDIR", folder, 1);
    const char *path = write_gzip("data.gz", GOOD);
    group_data_options options = {.group_size = 2};
    group_data *data = open_data(&path, 1, &options);
    assert_int_equal(rmdir(folder), 0); /* it is empty while the data are open */
    training_group g = read_group(data, 0, 0);
    training_group_free(&g);
    group_data_close(data);
    dear_error err;
    assert_int_equal(group_data_open(&data, &path, 1, &options, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, folder));
    unsetenv("TMPDIR");
}

static dear_status use(const char *path, dear_error *err) {
    group_data_options options = {.group_size = 3, .seed = 1};
    group_data *data;
    training_group g;
    TRY(group_data_open(&data, &path, 1, &options, err));
    dear_status status = group_data_read(data, 0, 1, &g, err);
    if (status == DEAR_OK)
        training_group_free(&g);
    group_data_close(data);
    return status;
}

static void survives_no_memory(void **state) {
    (void)state;
    strbuf text = sample(3, 2);
    const char *paths[] = {scratch_write("data", text.text), write_gzip("data.gz", text.text)};
    strbuf_free(&text);
    for (int i = 0; i < 2; i++) {
        long n = 0;
        dear_status status;
        dear_error err;
        do {
            mem_fail_after(++n);
            status = use(paths[i], &err);
            mem_fail_after(0);
            assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        } while (status != DEAR_OK);
        assert_true(n > 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_group_says),
        cmocka_unit_test(reads_gzip_and_several_files_as_one),
        cmocka_unit_test(reads_a_pipe),
        cmocka_unit_test(reads_long_lines),
        cmocka_unit_test(shuffles_each_epoch_anew),
        cmocka_unit_test(every_order_is_as_likely),
        cmocka_unit_test(goes_on_from_any_position),
        cmocka_unit_test(draws_anew_and_fairly),
        cmocka_unit_test(can_take_the_first_ones),
        cmocka_unit_test(refuses_what_is_no_group),
        cmocka_unit_test(misses_teachers_only_where_they_are_needed),
        cmocka_unit_test(names_files_that_cannot_be_read),
        cmocka_unit_test(notices_a_file_that_changes),
        cmocka_unit_test(leaves_no_temporary_file),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
