#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "eval/datasets.h"
#include "model/hub_checksum.h"
#include "unit/rank/scratch_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What ships with the program is what the catalogue says, to the byte. */
static void check_shipped(const dataset_entry *set, dataset_part part) {
    const dataset_source *source = &set->parts[part];
    dear_error err;
    char *path;
    hub_checksum expected = {.size = source->size, .kind = HUB_DIGEST_SHA256};
    bool matches = false;
    assert_non_null(source->sha256);
    memcpy(expected.hex, source->sha256, sizeof expected.hex);
    assert_int_equal(dataset_path(&path, set->name, part, &err), DEAR_OK);
    assert_int_equal(hub_checksum_file(&matches, path, &expected, NULL, NULL, &err), DEAR_OK);
    if (!matches)
        fail_msg("%s is not what the catalogue says", path);
    mem_free(path);
}

static void the_shipped_catalogue_is_true(void **state) {
    (void)state;
    dataset_catalogue c;
    dear_error err;
    size_t shipped = 0;
    assert_int_equal(dataset_catalogue_read(&c, &err), DEAR_OK);
    for (size_t i = 0; i < c.count; i++)
        for (int part = 0; part < DATASET_PARTS; part++)
            if (c.sets[i].parts[part].place == DATASET_SHIPPED) {
                check_shipped(&c.sets[i], (dataset_part)part);
                shipped++;
            }
    assert_true(shipped >= 20);
    dataset_catalogue_free(&c);
}

static void names_are_known_or_not(void **state) {
    (void)state;
    assert_true(dataset_known("dl19"));
    assert_true(dataset_known("vaswani"));
    assert_false(dataset_known("dl"));
    assert_false(dataset_known(""));
}

static void expect_missing(const char *name, dataset_part part, const char *hint) {
    char *path;
    dear_error err;
    assert_int_equal(dataset_path(&path, name, part, &err), DEAR_ERROR_INPUT);
    assert_null(path);
    if (!strstr(err.message, hint))
        fail_msg("\"%s\" says nothing of \"%s\"", err.message, hint);
}

static void what_is_not_here_says_the_way_out(void **state) {
    (void)state;
    setenv("XDG_CACHE_HOME", scratch_path("nothing"), 1);
    expect_missing("dl21", DATASET_QRELS, "dear data list");
    expect_missing("dl19", DATASET_CORPUS, "dear data get dl19 --part corpus");
    expect_missing("dl19", DATASET_ANSWERS, "has no answers");
    expect_missing("robust04", DATASET_CORPUS, "NIST");
    expect_missing("nq", DATASET_ANSWERS, "dear data get nq --part answers");
}

/* An empty file with its folder. */
static void put(const char *directory, const char *name) {
    dear_error err;
    assert_int_equal(directory_make(directory, &err), DEAR_OK);
    char *path = path_join(directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    mem_free(path);
}

static void fetched_parts_are_found_when_whole(void **state) {
    (void)state;
    setenv("XDG_CACHE_HOME", scratch_path("cache"), 1);
    char directory[512], *path;
    dear_error err;
    snprintf(directory, sizeof directory, "%s/dear/data/scifact/corpus", scratch_path("cache"));
    put(directory, "corpus.jsonl");
    expect_missing("scifact", DATASET_CORPUS, "dear data get");
    put(directory, ".complete");
    assert_int_equal(dataset_path(&path, "scifact", DATASET_CORPUS, &err), DEAR_OK);
    assert_true(file_exists(path));
    mem_free(path);
}

static void licensed_parts_are_found_where_users_put_them(void **state) {
    (void)state;
    setenv("XDG_CACHE_HOME", scratch_path("licensed"), 1);
    char directory[512], *path;
    dear_error err;
    snprintf(directory, sizeof directory, "%s/dear/data/signal1m/corpus", scratch_path("licensed"));
    put(directory, "corpus.jsonl");
    assert_int_equal(dataset_path(&path, "signal1m", DATASET_CORPUS, &err), DEAR_OK);
    mem_free(path);
}

static void refuses_a_catalogue_that_is_not_one(void **state) {
    (void)state;
    static const struct {
        const char *json, *complaint;
    } cases[] = {
        {"{", "line 1"},
        {"[]", "must be an object"},
        {"{\"datasets\": []}", "must list"},
        {"{\"datasets\": [3]}", "data set 1: must be an object"},
        {"{\"datasets\": [{\"title\": \"T\"}]}", "no \"name\""},
        {"{\"datasets\": [{\"name\": \"../x\"}]}", "a name has"},
        {"{\"datasets\": [{\"name\": \"a\", \"titel\": \"T\"}]}", "unknown key \"titel\""},
        {"{\"datasets\": [{\"name\": \"a\"}]}", "a: no \"title\""},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\"}]}", "a: counts: must be an object"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {\"queries\": -1}}]}",
         "\"queries\" is -1"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": "
         "{\"qrels\": {}}}]}",
         "a: parts: qrels: needs one of"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": "
         "{\"qrels\": {\"shipped\": \"../../etc/passwd\"}}}]}",
         "within a folder"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": "
         "{\"qrels\": {\"hub\": \"a/b/c\", \"file\": \"x\"}}}]}",
         "ORG/NAME"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": "
         "{\"qrels\": {\"shipped\": \"x\", \"size\": 1, \"sha256\": \"12\"}}}]}",
         "64 digits"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": "
         "{\"answers\": \"hits\"}}]}",
         "a: parts: answers: must name a part"},
        {"{\"datasets\": [{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": {}}, "
         "{\"name\": \"a\", \"title\": \"T\", \"counts\": {}, \"parts\": {}}]}",
         "data set 2: the name \"a\" is taken"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dataset_catalogue c;
        dear_error err;
        const char *json = cases[i].json;
        assert_int_equal(dataset_catalogue_parse(&c, json, strlen(json), "sets.json", &err),
                         DEAR_ERROR_INPUT);
        assert_null(c.sets);
        if (!strstr(err.message, "sets.json: ") || !strstr(err.message, cases[i].complaint))
            fail_msg("\"%s\" says nothing of \"%s\"", err.message, cases[i].complaint);
    }
}

static void comes_back_from_failed_allocations(void **state) {
    (void)state;
    setenv("XDG_CACHE_HOME", scratch_path("cache"), 1);
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status != DEAR_OK; n++) {
        char *path;
        dear_error err;
        mem_fail_after(n);
        status = dataset_path(&path, "scifact", DATASET_CORPUS, &err);
        mem_fail_after(0);
        if (status != DEAR_OK) {
            assert_int_equal(status, DEAR_ERROR_MEMORY);
            assert_null(path);
        } else {
            assert_true(n > 5);
        }
        mem_free(path);
    }
}

int main(void) {
    setenv("DEAR_DATA", SHIPPED_DATA, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_catalogue_is_true),
        cmocka_unit_test(names_are_known_or_not),
        cmocka_unit_test(what_is_not_here_says_the_way_out),
        cmocka_unit_test(fetched_parts_are_found_when_whole),
        cmocka_unit_test(licensed_parts_are_found_where_users_put_them),
        cmocka_unit_test(refuses_a_catalogue_that_is_not_one),
        cmocka_unit_test(comes_back_from_failed_allocations),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
