/* Fetching one file of a data set from a hub, and holding it to a checksum that is known. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "model/hub.h"
#include "support/hub_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char root[64], folder[96], fetched[128];
static hub_server *server;
static const char judgments[] = "query-id\tcorpus-id\tscore\n1\t9\t2\n";
/* sha256sum of the judgments, and of nothing. */
static const hub_checksum known = {
    sizeof judgments - 1, HUB_DIGEST_SHA256,
    "63d86a4fabfbf7dd1a417b86a4ceb82e74f5165e8900e61aa46b014690fcf69a"};
static const hub_checksum other = {
    sizeof judgments - 1, HUB_DIGEST_SHA256,
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};

static int set_up(void **state) {
    (void)state;
    static const char *const variables[] = {"HF_TOKEN", "HF_HUB_OFFLINE", "XDG_CACHE_HOME"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    setenv("no_proxy", "127.0.0.1", 1);
    strcpy(root, "/tmp/dear-hub-XXXXXX");
    assert_non_null(mkdtemp(root));
    setenv("HOME", root, 1);
    snprintf(folder, sizeof folder, "%s/data/set/qrels", root);
    snprintf(fetched, sizeof fetched, "%s/test.tsv", folder);
    server = hub_server_start();
    assert_non_null(server);
    setenv("HF_ENDPOINT", hub_server_url(server), 1);
    hub_server_put(server, "qrels/test.tsv", judgments, strlen(judgments), false);
    hub_server_put(server, "corpus.jsonl.gz", "x", 1, true);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hub_server_stop(server);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static dear_status fetch(const char *file, const hub_checksum *expected, dear_error *err) {
    hub_request request = {.kind = HUB_DATASET,
                           .repository = "test/model",
                           .file = file,
                           .expected = expected,
                           .directory = folder,
                           .command = "dear data get set",
                           .stall_seconds = 1,
                           .retry_seconds = 0.01};
    char *directory;
    dear_status status = hub_pull(&directory, &request, err);
    assert_true((status == DEAR_OK) == (directory != NULL));
    mem_free(directory);
    return status;
}

static void expect_fetched(const hub_checksum *expected) {
    dear_error err;
    strbuf text = {0};
    assert_int_equal(fetch("qrels/test.tsv", expected, &err), DEAR_OK);
    assert_int_equal(file_read(&text, fetched, 1000, &err), DEAR_OK);
    assert_string_equal(text.text, judgments);
    strbuf_free(&text);
}

static void expect_failure(const char *file, const hub_checksum *expected, dear_status status,
                           const char *complaint) {
    dear_error err;
    assert_int_equal(fetch(file, expected, &err), status);
    if (!strstr(err.message, complaint))
        fail_msg("\"%s\" says nothing of \"%s\"", err.message, complaint);
    assert_false(file_exists(fetched));
}

static void one_file_is_fetched_by_its_path(void **state) {
    (void)state;
    expect_fetched(NULL);
    assert_int_equal(hub_server_requests(server), 1);
    expect_fetched(NULL);
    assert_int_equal(hub_server_requests(server), 1);
}

static void what_is_known_is_checked(void **state) {
    (void)state;
    expect_fetched(&known);
}

static void another_checksum_than_known_is_refused(void **state) {
    (void)state;
    expect_failure("qrels/test.tsv", &other, DEAR_ERROR_NETWORK, "checksum");
}

static void another_size_than_known_is_not_fetched(void **state) {
    (void)state;
    hub_checksum larger = known;
    larger.size++;
    expect_failure("qrels/test.tsv", &larger, DEAR_ERROR_INPUT, "another file under that name");
    hub_checksum large_file = other;
    large_file.size = 1;
    expect_failure("corpus.jsonl.gz", &large_file, DEAR_ERROR_INPUT, "another checksum");
    assert_int_equal(hub_server_requests(server), 0);
}

static void what_the_repository_lacks_is_named(void **state) {
    (void)state;
    expect_failure("qrels/train.tsv", NULL, DEAR_ERROR_INPUT,
                   "test/model holds no qrels/train.tsv");
    expect_failure("../test.tsv", NULL, DEAR_ERROR_USAGE, "not a file's path");
    expect_failure("qrels//test.tsv", NULL, DEAR_ERROR_USAGE, "not a file's path");
    expect_failure("qrels/.hidden", NULL, DEAR_ERROR_USAGE, "not a file's path");
}

static void a_break_tells_the_command_that_goes_on(void **state) {
    (void)state;
    hub_server_break_off_after(server, 1);
    expect_failure("qrels/test.tsv", NULL, DEAR_ERROR_NETWORK, "`dear data get set` goes on");
    hub_server_misbehave(server, HUB_HONEST);
    expect_fetched(NULL);
    assert_string_equal(hub_server_last_range(server), "bytes=4-");
}

static void refusals_name_the_data_set(void **state) {
    (void)state;
    hub_server_fail(server, 401, 1, true);
    expect_failure("qrels/test.tsv", NULL, DEAR_ERROR_NETWORK, "/datasets/test/model, then set");
    hub_server_fail(server, 404, 1, true);
    expect_failure("qrels/test.tsv", NULL, DEAR_ERROR_NETWORK, "no such data set");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_file_is_fetched_by_its_path),
        TEST(what_is_known_is_checked),
        TEST(another_checksum_than_known_is_refused),
        TEST(another_size_than_known_is_not_fetched),
        TEST(what_the_repository_lacks_is_named),
        TEST(a_break_tells_the_command_that_goes_on),
        TEST(refusals_name_the_data_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
