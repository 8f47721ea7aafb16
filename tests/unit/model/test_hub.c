/* Fetching from a hub that is honest, one that breaks off, and one that lies. */
#define _GNU_SOURCE
#include "model/hub.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/lookup.h"
#include "support/hub_server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLICE = 1000, WEIGHTS_SIZE = 5 * SLICE / 2 };

static char root[64]; ///< HOME of this test
static hub_server *server;
static unsigned char weights[WEIGHTS_SIZE];
static const char config[] = "{\"model_type\": \"llama\"}";

/* What a pull reported. */
typedef struct watcher {
    double fetched, total;    ///< of the last report of fetching
    int reports, waits;       ///< of fetching; of waiting
    double stop_after;        ///< bytes fetched after which to stop; 0: never
    bool stop_waiting;        ///< stops when it has to wait
    const char *last_checked; ///< a file's name; not copied
} watcher;

static bool watch(void *context, hub_step step, const char *file, double done, double total) {
    watcher *w = context;
    assert_non_null(file);
    assert_true(done >= 0 && done <= total);
    w->waits += step == HUB_WAITING;
    if (step == HUB_WAITING)
        return !w->stop_waiting;
    if (step == HUB_CHECKING)
        return true;
    w->reports++;
    w->fetched = done;
    w->total = total;
    return !w->stop_after || done < w->stop_after;
}

static int set_up(void **state) {
    (void)state;
    static const char *const variables[] = {"HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE",
                                            "HF_HOME",  "XDG_CACHE_HOME", "DEAR_MODEL"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    setenv("no_proxy", "127.0.0.1", 1);
    strcpy(root, "/tmp/dear-hub-XXXXXX");
    assert_non_null(mkdtemp(root));
    setenv("HOME", root, 1);
    for (size_t i = 0; i < sizeof weights; i++)
        weights[i] = (unsigned char)(i * 31 + i / 251);
    server = hub_server_start();
    assert_non_null(server);
    setenv("HF_ENDPOINT", hub_server_url(server), 1);
    hub_server_put(server, "model.safetensors", weights, sizeof weights, true);
    hub_server_put(server, "config.json", config, strlen(config), false);
    hub_server_put(server, "README.md", "hello", 5, false);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mem_fail_after(0);
    hub_server_stop(server);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static dear_status pull_with(watcher *w, const char *gguf, char **directory, dear_error *err) {
    hub_request request = {.repository = "test/model",
                           .gguf = gguf,
                           .progress = w ? watch : NULL,
                           .context = w,
                           .stall_seconds = 1,
                           .retry_seconds = 0.01};
    return hub_pull(directory, &request, err);
}

/* A file of the pulled model, or its part, as the cache has it. */
static char *cached(const char *name) {
    char *directory = lookup_hub_directory("test/model");
    char *path = path_join(directory, name);
    mem_free(directory);
    return path;
}

static bool is_cached(const char *name) {
    char *path = cached(name);
    bool there = file_exists(path);
    mem_free(path);
    return there;
}

static void expect_cached(const char *name, const void *bytes, size_t size) {
    char *path = cached(name);
    file_map map;
    assert_int_equal(file_map_open(&map, path, NULL), DEAR_OK);
    assert_int_equal(map.size, size);
    if (size)
        assert_memory_equal(map.data, bytes, size);
    file_map_close(&map);
    mem_free(path);
}

static void put_cached(const char *name, const void *bytes, size_t size) {
    char *directory = lookup_hub_directory("test/model"), *path = path_join(directory, name);
    assert_int_equal(directory_make(directory, NULL), DEAR_OK);
    FILE *stream = fopen(path, "w");
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
    mem_free(directory);
    mem_free(path);
}

static bool is_found(void) {
    char *path;
    assert_int_equal(lookup_hub_model(&path, "test/model", NULL), DEAR_OK);
    bool found = path != NULL;
    mem_free(path);
    return found;
}

static void expect_pulled(watcher *w) {
    char *directory;
    dear_error err = {0};
    if (pull_with(w, NULL, &directory, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    char *wanted = lookup_hub_directory("test/model");
    assert_string_equal(directory, wanted);
    mem_free(wanted);
    mem_free(directory);
    assert_true(is_found());
}

static void expect_whole_model(watcher *w) {
    expect_pulled(w);
    expect_cached("model.safetensors", weights, sizeof weights);
    expect_cached("config.json", config, strlen(config));
    assert_false(is_cached("model.safetensors.part"));
    assert_false(is_cached("README.md"));
}

/* The pull fails with `part` in its sentence, and no model is there. */
static void expect_failure(watcher *w, dear_status expected, const char *part) {
    char *directory = (char *)"set";
    dear_error err = {0};
    dear_status status = pull_with(w, NULL, &directory, &err);
    if (status != expected || !strstr(err.message, part))
        fail_msg("status %d, \"%s\" does not say \"%s\"", status, err.message, part);
    assert_null(directory);
    assert_false(is_found());
}

static void what_a_model_needs_is_fetched(void **state) {
    (void)state;
    watcher w = {0};
    expect_whole_model(&w);
    assert_true(w.total == (double)(sizeof weights + strlen(config)));
    assert_true(w.fetched > 0);
    assert_int_equal(hub_server_requests(server), 2);
    assert_string_equal(hub_server_last_authorization(server), "");
}

static void a_second_pull_fetches_nothing(void **state) {
    (void)state;
    expect_whole_model(NULL);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 2);
}

static void a_damaged_file_is_fetched_again(void **state) {
    (void)state;
    expect_whole_model(NULL);
    put_cached("config.json", "{\"model_type\": \"lxama\"}", strlen(config));
    put_cached("model.safetensors", weights, 7);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 4);
}

static void a_new_commit_replaces_the_old(void **state) {
    (void)state;
    hub_server_put(server, "tokenizer.json", "{}", 2, false);
    expect_whole_model(NULL);
    put_cached("notes.txt", "mine", 4);
    hub_server_remove_all(server);
    hub_server_put(server, "config.json", config, strlen(config), false);
    hub_server_put(server, "model.safetensors", config, strlen(config), true);
    expect_pulled(NULL);
    expect_cached("model.safetensors", config, strlen(config));
    assert_false(is_cached("tokenizer.json"));
    expect_cached("notes.txt", "mine", 4);
}

static void an_empty_file_is_a_file(void **state) {
    (void)state;
    hub_server_put(server, "special_tokens_map.json", "", 0, false);
    expect_whole_model(NULL);
    expect_cached("special_tokens_map.json", "", 0);
}

static void a_broken_transfer_goes_on(void **state) {
    (void)state;
    hub_server_misbehave(server, HUB_BREAKS_OFF_ONCE);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 3);
}

static void a_connection_that_always_breaks_still_arrives(void **state) {
    (void)state;
    hub_server_break_off_after(server, SLICE);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 4);
}

static void tries_count_from_the_last_mebibyte(void **state) {
    (void)state;
    size_t size = 6 << 20;
    unsigned char *large = calloc(size, 1);
    hub_server_put(server, "model.safetensors", large, size, true);
    hub_server_break_off_after(server, 100 << 10);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "dear models pull test/model");
    assert_int_equal(hub_server_requests(server), 4);
    hub_server_break_off_after(server, 1 << 20);
    expect_pulled(NULL);
    expect_cached("model.safetensors", large, size);
    assert_int_equal(hub_server_requests(server), 4 + 6 + 1);
    free(large);
}

static void an_interrupted_pull_resumes(void **state) {
    (void)state;
    hub_server_break_off_after(server, SLICE);
    watcher w = {.stop_after = 1};
    expect_failure(&w, DEAR_ERROR_CANCELLED, "dear models pull test/model");
    expect_cached("model.safetensors.part", weights, SLICE);
    hub_server_misbehave(server, HUB_HONEST);
    hub_server_remove_all(server);
    hub_server_put(server, "config.json", config, strlen(config), false);
    hub_server_put(server, "model.safetensors", weights, sizeof weights, true);
    int before = hub_server_requests(server);
    w = (watcher){0};
    expect_whole_model(&w);
    assert_int_equal(hub_server_requests(server), before + 2);
    assert_string_equal(hub_server_last_range(server), "bytes=1000-");
    assert_true(w.total == (double)(sizeof weights - SLICE + strlen(config)));
}

static void a_server_without_ranges_starts_over(void **state) {
    (void)state;
    put_cached("model.safetensors.part", weights, SLICE);
    hub_server_misbehave(server, HUB_IGNORES_RANGE);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 2);
}

static void a_refused_range_starts_over(void **state) {
    (void)state;
    put_cached("model.safetensors.part", weights, SLICE);
    hub_server_misbehave(server, HUB_REFUSES_RANGE);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 3);
}

static void a_range_from_elsewhere_is_not_believed(void **state) {
    (void)state;
    put_cached("model.safetensors.part", weights, SLICE);
    hub_server_misbehave(server, HUB_SHIFTS_RANGE);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 3);
}

static void a_part_of_another_file_is_not_built_upon(void **state) {
    (void)state;
    unsigned char other[WEIGHTS_SIZE + 1] = {1, 2, 3};
    put_cached("model.safetensors.part", other, SLICE);
    expect_whole_model(NULL);
    put_cached("model.safetensors", other, 3);
    put_cached("model.safetensors.part", other, WEIGHTS_SIZE);
    expect_whole_model(NULL);
    put_cached("model.safetensors", other, 3);
    put_cached("model.safetensors.part", other, WEIGHTS_SIZE + 1);
    expect_whole_model(NULL);
}

static void a_whole_part_needs_no_network(void **state) {
    (void)state;
    put_cached("model.safetensors.part", weights, sizeof weights);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 1);
}

static void a_wrong_checksum_is_refused(void **state) {
    (void)state;
    hub_server_misbehave(server, HUB_CORRUPTS);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "test/model/model.safetensors: what came does not");
    assert_false(is_cached("model.safetensors.part"));
    hub_server_remove_all(server);
    hub_server_put(server, "config.json", config, strlen(config), false);
    hub_server_put(server, "model.safetensors", weights, 0, true);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "test/model/config.json: what came does not");
    assert_false(is_cached("config.json.part"));
}

static void a_short_file_is_refused(void **state) {
    (void)state;
    hub_server_misbehave(server, HUB_SENDS_SHORT);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "model.safetensors");
    hub_server_misbehave(server, HUB_HONEST);
    expect_whole_model(NULL);
}

static void an_endless_file_is_cut_off(void **state) {
    (void)state;
    hub_server_misbehave(server, HUB_SENDS_ENDLESSLY);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "sends more than the 2500 bytes");
    assert_false(is_cached("model.safetensors.part"));
}

static void silence_is_given_up(void **state) {
    (void)state;
    hub_server_misbehave(server, HUB_STALLS);
    double begun = clock_seconds();
    expect_failure(NULL, DEAR_ERROR_NETWORK, "dear models pull test/model");
    assert_true(clock_seconds() - begun < 5);
    expect_cached("model.safetensors.part", weights, sizeof weights / 2);
}

static void a_busy_server_is_asked_again(void **state) {
    (void)state;
    hub_server_fail(server, 503, 3, true);
    expect_whole_model(NULL);
    hub_server_remove_all(server);
    hub_server_put(server, "config.json", config, strlen(config), false);
    hub_server_put(server, "model.safetensors", config, strlen(config), true);
    hub_server_fail(server, 500, 2, false);
    expect_pulled(NULL);
}

static void a_broken_server_is_given_up(void **state) {
    (void)state;
    hub_server_fail(server, 500, 1000, false);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "HTTP status 500");
    assert_int_equal(hub_server_requests(server), 4);
}

static void refusals_say_what_to_do(void **state) {
    (void)state;
    hub_server_fail(server, 401, 1, true);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "set HF_TOKEN");
    hub_server_fail(server, 403, 1, false);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "/test/model, then set HF_TOKEN");
    hub_server_fail(server, 404, 1, true);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "test/model (revision main): no such model");
    hub_server_fail(server, 404, 1, false);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "test/model/model.safetensors: no such file");
    setenv("HF_TOKEN", "hf_secret", 1);
    hub_server_fail(server, 401, 1, true);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "the token in HF_TOKEN may not");
}

static void the_token_goes_to_the_hub_alone(void **state) {
    (void)state;
    hub_server *other = hub_server_start();
    hub_server_put(other, "model.safetensors", weights, sizeof weights, true);
    hub_server_put(other, "config.json", config, strlen(config), false);
    hub_server_redirect_to(server, other);
    setenv("HF_TOKEN", "hf_secret", 1);
    expect_whole_model(NULL);
    assert_string_equal(hub_server_last_authorization(server), "Bearer hf_secret");
    assert_int_equal(hub_server_requests(other), 2);
    assert_string_equal(hub_server_last_authorization(other), "");
    hub_server_stop(other);
}

static void bad_redirections_lead_nowhere(void **state) {
    (void)state;
    hub_server_misbehave(server, HUB_REDIRECTS_IN_CIRCLE);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "redirects");
    hub_server_misbehave(server, HUB_REDIRECTS_TO_FILE);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "\"file\"");
    hub_server_misbehave(server, HUB_REDIRECTS_ENDLESSLY);
    double begun = clock_seconds();
    expect_failure(NULL, DEAR_ERROR_NETWORK, "model.safetensors");
    assert_true(clock_seconds() - begun < 5);
}

static void offline_means_offline(void **state) {
    (void)state;
    setenv("HF_HUB_OFFLINE", "1", 1);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "HF_HUB_OFFLINE");
    assert_int_equal(hub_server_requests(server), 0);
    setenv("HF_HUB_OFFLINE", "0", 1);
    expect_whole_model(NULL);
}

static void a_wrong_environment_is_named(void **state) {
    (void)state;
    setenv("HF_TOKEN", "two\r\nlines: x", 1);
    expect_failure(NULL, DEAR_ERROR_USAGE, "HF_TOKEN");
    unsetenv("HF_TOKEN");
    static const char *const endpoints[] = {"ftp://127.0.0.1", "/etc", "http://a b", "127.0.0.1"};
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        setenv("HF_ENDPOINT", endpoints[i], 1);
        expect_failure(NULL, DEAR_ERROR_USAGE, "HF_ENDPOINT");
    }
    setenv("HF_ENDPOINT", "http://127.0.0.1:1", 1);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "http://127.0.0.1:1");
    char with_slash[128];
    snprintf(with_slash, sizeof with_slash, "%s//", hub_server_url(server));
    setenv("HF_ENDPOINT", with_slash, 1);
    expect_whole_model(NULL);
}

static void a_lying_listing_is_refused(void **state) {
    (void)state;
#define SHA "\"sha\":\"0123456789abcdef0123456789abcdef01234567\""
#define BLOB "\"blobId\":\"0123456789abcdef0123456789abcdef01234567\""
#define CONFIG "{\"rfilename\":\"config.json\",\"size\":1," BLOB "}"
#define FILES(...) "{" SHA ",\"siblings\":[" __VA_ARGS__ "]}"
#define WEIGHTS(rest) "{\"rfilename\":\"model.safetensors\"" rest "}"
    static const struct {
        const char *listing, *part;
        dear_status status;
    } lies[] = {
        {"", "listing of test/model", DEAR_ERROR_INPUT},
        {"<html>", "listing of test/model", DEAR_ERROR_INPUT},
        {"[]", "not a JSON object", DEAR_ERROR_INPUT},
        {"{}", "\"sha\"", DEAR_ERROR_INPUT},
        {"{\"sha\":\"../../../x\",\"siblings\":[]}", "\"sha\"", DEAR_ERROR_INPUT},
        {"{" SHA "}", "\"siblings\"", DEAR_ERROR_INPUT},
        {"{" SHA ",\"siblings\":{}}", "\"siblings\"", DEAR_ERROR_INPUT},
        {FILES("7"), "objects", DEAR_ERROR_INPUT},
        {FILES("{}"), "rfilename", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":7}"), "rfilename", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":\"../x.safetensors\"}"), "not to be trusted", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":\"a/../../x.safetensors\"}"), "not to be", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":\"/etc/x.safetensors\"}"), "not to be", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":\"x\\u001b[2J.safetensors\"}"), "not to be", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":\"config.json\\u0000x\"}"), "not to be", DEAR_ERROR_INPUT},
        {FILES("{\"rfilename\":\"\"}"), "not to be trusted", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS("," BLOB)), "no \"size\"", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"size\":-1," BLOB)), "\"size\"", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"size\":9e99," BLOB)), "\"size\"", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"size\":9223372036854775807," BLOB)), "\"size\"",
         DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"size\":1")), "checksum", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"size\":1,\"blobId\":\"xyz\"")), "checksum", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"lfs\":7")), "\"lfs\"", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"lfs\":{\"size\":1," BLOB "}")), "checksum", DEAR_ERROR_INPUT},
        {FILES(CONFIG "," WEIGHTS(",\"size\":1," BLOB) "," WEIGHTS(",\"size\":1," BLOB)),
         "listed twice", DEAR_ERROR_INPUT},
        {FILES(WEIGHTS(",\"size\":1," BLOB)), "neither config.json", DEAR_ERROR_INPUT},
        {FILES(CONFIG), "neither safetensors nor GGUF", DEAR_ERROR_UNSUPPORTED},
        {FILES(CONFIG ",{\"rfilename\":\"pytorch_model.bin\"}"), "save_pretrained",
         DEAR_ERROR_UNSUPPORTED},
        {FILES(CONFIG ",{\"rfilename\":\"sub/model.safetensors\"}"), "neither safetensors",
         DEAR_ERROR_UNSUPPORTED},
        {FILES("{\"rfilename\":\"a.gguf\"},{\"rfilename\":\"b.gguf\"}"), "--file: a.gguf, b.gguf",
         DEAR_ERROR_USAGE},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        hub_server_lie(server, lies[i].listing);
        expect_failure(NULL, lies[i].status, lies[i].part);
    }
    assert_int_equal(hub_server_requests(server), 0);
}

static void a_model_larger_than_the_disk_is_not_begun(void **state) {
    (void)state;
    strbuf listing = {0};
    strbuf_puts(&listing, "{" SHA ",\"siblings\":[" CONFIG);
    for (int i = 0; i < 1000; i++) /* 4 TiB each */
        strbuf_printf(&listing, ",{\"rfilename\":\"%d.safetensors\",\"size\":%lld," BLOB "}", i,
                      1LL << 42);
    strbuf_puts(&listing, "]}");
    hub_server_lie(server, listing.text);
    strbuf_free(&listing);
    expect_failure(NULL, DEAR_ERROR_IO, "4096000.0 GiB more");
    assert_int_equal(hub_server_requests(server), 0);
}

static void a_listing_without_end_or_bottom_is_refused(void **state) {
    (void)state;
    size_t size = (16 << 20) + 2;
    char *text = malloc(size);
    memset(text, '[', size - 1);
    text[size - 1] = 0;
    hub_server_lie(server, text);
    expect_failure(NULL, DEAR_ERROR_NETWORK, "sends more than");
    text[1 << 20] = 0;
    hub_server_lie(server, text);
    expect_failure(NULL, DEAR_ERROR_INPUT, "listing of test/model");
    free(text);
}

static void shards_and_copies_are_told_apart(void **state) {
    (void)state;
    hub_server_put(server, "model-00001-of-00001.safetensors", "x", 1, true);
    hub_server_put(server, "model.safetensors.index.json", "{}", 2, false);
    hub_server_put(server, "consolidated.safetensors", "x", 1, true);
    hub_server_put(server, "model.gguf", "x", 1, true);
    expect_whole_model(NULL);
    assert_int_equal(hub_server_requests(server), 2);
    hub_server_remove_all(server);
    hub_server_put(server, "model-00001-of-00001.safetensors", "x", 1, true);
    hub_server_put(server, "model.safetensors.index.json", "{}", 2, false);
    hub_server_put(server, "consolidated.safetensors", "x", 1, true);
    hub_server_put(server, "config.json", config, strlen(config), false);
    expect_pulled(NULL);
    assert_true(is_cached("model-00001-of-00001.safetensors"));
    assert_true(is_cached("model.safetensors.index.json"));
    assert_false(is_cached("model.safetensors"));
    assert_false(is_cached("consolidated.safetensors"));
}

static void one_gguf_file_is_chosen(void **state) {
    (void)state;
    hub_server_remove_all(server);
    hub_server_put(server, "m.Q4_0.gguf", "four", 4, true);
    expect_pulled(NULL);
    hub_server_put(server, "m.Q8_0.gguf", "eight", 5, true);
    char *directory;
    dear_error err = {0};
    assert_int_equal(pull_with(NULL, "m.Q2_K.gguf", &directory, &err), DEAR_ERROR_USAGE);
    assert_non_null(strstr(err.message, "m.Q4_0.gguf, m.Q8_0.gguf"));
    assert_int_equal(pull_with(NULL, "../m.gguf", &directory, &err), DEAR_ERROR_USAGE);
    assert_int_equal(pull_with(NULL, "m.Q8_0.gguf", &directory, &err), DEAR_OK);
    mem_free(directory);
    expect_cached("m.Q8_0.gguf", "eight", 5);
    assert_false(is_cached("m.Q4_0.gguf"));
    char *path;
    assert_int_equal(lookup_hub_model(&path, "test/model", NULL), DEAR_OK);
    assert_non_null(strstr(path, "test--model/m.Q8_0.gguf"));
    mem_free(path);
}

static void names_are_checked_before_anything(void **state) {
    (void)state;
    static const char *const names[] = {"", "model", "../x", "a/b/c", "a/b?c", "a/.."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *directory;
        hub_request request = {.repository = names[i]};
        assert_int_equal(hub_pull(&directory, &request, NULL), DEAR_ERROR_USAGE);
        assert_null(directory);
    }
    static const char *const revisions[] = {"", "a b", "x\n"};
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        char *directory;
        hub_request request = {.repository = "test/model", .revision = revisions[i]};
        assert_int_equal(hub_pull(&directory, &request, NULL), DEAR_ERROR_USAGE);
    }
    hub_request request = {.repository = "other/model", .revision = "refs/pr/1"};
    char *directory;
    dear_error err;
    assert_int_equal(hub_pull(&directory, &request, &err), DEAR_ERROR_NETWORK);
    assert_non_null(strstr(err.message, "other/model (revision refs/pr/1): no such model"));
    char *cache = lookup_cache_directory();
    assert_false(file_exists(cache));
    mem_free(cache);
}

static void a_pull_waits_for_another(void **state) {
    (void)state;
    put_cached(".lock", "", 0);
    char *path = cached(".lock");
    int lock = open(path, O_RDWR);
    mem_free(path);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    watcher w = {.stop_waiting = true};
    expect_failure(&w, DEAR_ERROR_CANCELLED, "test/model");
    assert_int_equal(w.waits, 1);
    close(lock);
    expect_whole_model(NULL);
}

static void two_pulls_at_once_do_not_mix(void **state) {
    (void)state;
    hub_server_break_off_after(server, SLICE);
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char *directory;
            _exit(pull_with(NULL, NULL, &directory, NULL) == DEAR_OK ? 0 : 1);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(hub_server_requests(server), 4);
    expect_whole_model(NULL);
}

static void no_memory_is_an_error_and_leaves_nothing(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    for (long n = 1; status == DEAR_ERROR_MEMORY; n++) {
        char *directory;
        dear_error err;
        mem_fail_after(n);
        status = pull_with(NULL, NULL, &directory, &err);
        mem_fail_after(0);
        assert_true((status == DEAR_OK) == (directory != NULL));
        assert_true(is_found() == (status == DEAR_OK));
        mem_free(directory);
    }
    assert_int_equal(status, DEAR_OK);
    expect_whole_model(NULL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_a_model_needs_is_fetched),
        TEST(a_second_pull_fetches_nothing),
        TEST(a_damaged_file_is_fetched_again),
        TEST(a_new_commit_replaces_the_old),
        TEST(an_empty_file_is_a_file),
        TEST(a_broken_transfer_goes_on),
        TEST(a_connection_that_always_breaks_still_arrives),
        TEST(tries_count_from_the_last_mebibyte),
        TEST(an_interrupted_pull_resumes),
        TEST(a_server_without_ranges_starts_over),
        TEST(a_refused_range_starts_over),
        TEST(a_range_from_elsewhere_is_not_believed),
        TEST(a_part_of_another_file_is_not_built_upon),
        TEST(a_whole_part_needs_no_network),
        TEST(a_wrong_checksum_is_refused),
        TEST(a_short_file_is_refused),
        TEST(an_endless_file_is_cut_off),
        TEST(silence_is_given_up),
        TEST(a_busy_server_is_asked_again),
        TEST(a_broken_server_is_given_up),
        TEST(refusals_say_what_to_do),
        TEST(the_token_goes_to_the_hub_alone),
        TEST(bad_redirections_lead_nowhere),
        TEST(offline_means_offline),
        TEST(a_wrong_environment_is_named),
        TEST(a_lying_listing_is_refused),
        TEST(a_model_larger_than_the_disk_is_not_begun),
        TEST(a_listing_without_end_or_bottom_is_refused),
        TEST(shards_and_copies_are_told_apart),
        TEST(one_gguf_file_is_chosen),
        TEST(names_are_checked_before_anything),
        TEST(a_pull_waits_for_another),
        TEST(two_pulls_at_once_do_not_mix),
        TEST(no_memory_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
