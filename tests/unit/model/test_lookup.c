/* Models by name: what is a name, where it is looked for, and what is said when it is not there. */
#define _GNU_SOURCE
#include "model/lookup.h"

#include "base/file.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define DEAR_3B_CE "abdoelsayed/dear-3b-reranker-ce-v1"

static char root[64]; ///< a directory of this test's own: HOME and the caches are in it

static char *in_root(const char *path) {
    char *joined = path_join(root, path);
    assert_non_null(joined);
    return joined;
}

/* Writes a file in `root` and the directories above it. */
static void put(const char *path, const char *text) {
    char *name = in_root(path);
    char *slash = strrchr(name, '/');
    *slash = 0;
    assert_int_equal(directory_make(name, NULL), DEAR_OK);
    *slash = '/';
    FILE *stream = fopen(name, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
    mem_free(name);
}

static void point(const char *variable, const char *path) {
    char *name = in_root(path);
    setenv(variable, name, 1);
    mem_free(name);
}

static int set_up(void **state) {
    (void)state;
    static const char *const variables[] = {"DEAR_MODEL", "HF_HOME", "HF_HUB_CACHE",
                                            "XDG_CACHE_HOME"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    strcpy(root, "/tmp/dear-lookup-XXXXXX");
    assert_non_null(mkdtemp(root));
    setenv("HOME", root, 1);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void expect_path(const char *name, const char *expected) {
    char *path, *wanted = in_root(expected);
    dear_error err = {0};
    if (lookup_model(&path, name, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    assert_string_equal(path, wanted);
    mem_free(path);
    mem_free(wanted);
}

static void expect_error(const char *name, dear_status expected, const char *part) {
    char *path = (char *)"set";
    dear_error err = {0};
    assert_int_equal(lookup_model(&path, name, &err), expected);
    assert_null(path);
    if (!strstr(err.message, part))
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
}

static void hub_names_are_safe(void **state) {
    (void)state;
    static const char *const good[] = {"org/name", DEAR_3B_CE, "A-1/b_2.c", "a/b",
                                       "meta-llama/Llama-3.2-3B"};
    static const char *const bad[] = {
        "",       "name",   "/",       "org/",   "/name",    "a/b/c",  "../name",  "org/..",
        "org/.",  "./name", "a..b/c",  "a--b/c", "org/-x",   "org/x-", "org/.git", "org/x.",
        "a b/c",  "a/b\n",  "a/b?x=1", "a/b#x",  "a/b%2e",   "a\\b/c", "a/b\x01",  "\xc3\xa9/b",
        "//host", "a//b",   "~/x",     "a/b:c",  "a/b@main", "a/$(x)", "a/*",      "a/b/",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(lookup_is_hub_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (lookup_is_hub_name(bad[i]))
            fail_msg("\"%s\" is taken for a name", bad[i]);
    char longest[200];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 96, "/b", 3);
    assert_true(lookup_is_hub_name(longest));
    memcpy(longest + 96, "a/b", 4);
    assert_false(lookup_is_hub_name(longest));
}

static void known_models_are_complete(void **state) {
    (void)state;
    static const char *const published[] = {
        "dear-3b-ce",       "dear-3b-ce-lora",       "dear-3b-ranknet",      "dear-3b-ranknet-lora",
        "dear-8b-ce",       "dear-8b-ce-lora",       "dear-8b-ranknet",      "dear-8b-ranknet-lora",
        "dear-8b-listwise", "dear-8b-listwise-lora", "rankllama-13b-teacher"};
    size_t count;
    const known_model *known = lookup_known(&count);
    assert_int_equal(count, 1 + sizeof published / sizeof published[0]);
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        const known_model *found = lookup_by_name(published[i]);
        assert_non_null(found);
        assert_true(lookup_is_hub_name(found->hub));
        assert_ptr_equal(lookup_by_name(found->hub), found);
    }
    assert_null(known[0].hub);
    assert_string_equal(lookup_by_name("dear-8b-ranknet-lora")->hub,
                        "abdoelsayed/dear-8b-reranker-ranknet-lora-v1");
    assert_null(lookup_by_name("dear-9b-ce"));
}

static void the_cache_is_where_xdg_says(void **state) {
    (void)state;
    char *home = in_root(".cache/dear"), *path = lookup_cache_directory();
    assert_string_equal(path, home);
    mem_free(path);
    setenv("XDG_CACHE_HOME", "relative/does/not/count", 1);
    path = lookup_cache_directory();
    assert_string_equal(path, home);
    mem_free(path);
    mem_free(home);
    setenv("XDG_CACHE_HOME", "/elsewhere", 1);
    path = lookup_cache_directory();
    assert_string_equal(path, "/elsewhere/dear");
    mem_free(path);
    path = lookup_hub_directory("org/name");
    assert_string_equal(path, "/elsewhere/dear/models/org--name");
    mem_free(path);
}

static void the_default_model_is_in_the_cache(void **state) {
    (void)state;
    expect_error(NULL, DEAR_ERROR_IO, "make model");
    put(".cache/dear/SmolLM2-135M-Instruct.Q4_1.gguf", "");
    expect_path(NULL, ".cache/dear/SmolLM2-135M-Instruct.Q4_1.gguf");
    expect_path("smollm2-135m", ".cache/dear/SmolLM2-135M-Instruct.Q4_1.gguf");
}

static void dear_model_names_another_default(void **state) {
    (void)state;
    setenv("DEAR_MODEL", "", 1);
    expect_error(NULL, DEAR_ERROR_IO, "make model");
    setenv("DEAR_MODEL", "/no/such/model", 1);
    expect_error(NULL, DEAR_ERROR_IO, "DEAR_MODEL: /no/such/model");
    point("DEAR_MODEL", "mine.gguf");
    put("mine.gguf", "");
    expect_path(NULL, "mine.gguf");
    expect_error("dear-3b-ce", DEAR_ERROR_IO, "dear models pull dear-3b-ce");
}

static void a_path_comes_first(void **state) {
    (void)state;
    put("model/config.json", "{}");
    char *path = in_root("model");
    expect_path(path, "model");
    mem_free(path);
    expect_error("", DEAR_ERROR_IO, "no such file");
    expect_error("a/b/c", DEAR_ERROR_IO, "no such file");
    expect_error("../../etc/no-such", DEAR_ERROR_IO, "no such file");
    expect_error("no-such", DEAR_ERROR_IO, "dear models list");
}

static void only_a_whole_pull_counts(void **state) {
    (void)state;
    put(".cache/dear/models/org--name/config.json", "{}");
    expect_error("org/name", DEAR_ERROR_IO, "dear models pull org/name");
    put(".cache/dear/models/org--name/.complete", COMMIT "\nconfig.json\n");
    expect_path("org/name", ".cache/dear/models/org--name");
}

static void a_known_name_stands_for_its_hub_name(void **state) {
    (void)state;
    put(".cache/dear/models/abdoelsayed--dear-3b-reranker-ce-v1/config.json", "{}");
    put(".cache/dear/models/abdoelsayed--dear-3b-reranker-ce-v1/.complete", COMMIT "\n");
    expect_path("dear-3b-ce", ".cache/dear/models/abdoelsayed--dear-3b-reranker-ce-v1");
    expect_path(DEAR_3B_CE, ".cache/dear/models/abdoelsayed--dear-3b-reranker-ce-v1");
}

static void a_gguf_repository_is_its_file(void **state) {
    (void)state;
    put(".cache/dear/models/org--name/.complete", COMMIT "\n");
    expect_error("org/name", DEAR_ERROR_IO, "not on this machine");
    put(".cache/dear/models/org--name/b.gguf.part", "");
    put(".cache/dear/models/org--name/a.gguf", "");
    expect_path("org/name", ".cache/dear/models/org--name/a.gguf");
    put(".cache/dear/models/org--name/b.gguf", "");
    expect_error("org/name", DEAR_ERROR_USAGE, "several GGUF files");
}

static void put_snapshot(const char *hub) {
    char path[256];
    snprintf(path, sizeof path, "%s/models--org--name/refs/main", hub);
    put(path, COMMIT "\n");
    snprintf(path, sizeof path, "%s/models--org--name/snapshots/" COMMIT "/adapter_config.json",
             hub);
    put(path, "{}");
}

static void the_hugging_face_cache_is_read(void **state) {
    (void)state;
    put_snapshot(".cache/huggingface/hub");
    expect_path("org/name", ".cache/huggingface/hub/models--org--name/snapshots/" COMMIT);
    point("HF_HOME", "hf");
    expect_error("org/name", DEAR_ERROR_IO, "not on this machine");
    put_snapshot("hf/hub");
    expect_path("org/name", "hf/hub/models--org--name/snapshots/" COMMIT);
    point("HF_HUB_CACHE", "hub");
    expect_error("org/name", DEAR_ERROR_IO, "not on this machine");
    put_snapshot("hub");
    expect_path("org/name", "hub/models--org--name/snapshots/" COMMIT);
    put(".cache/dear/models/org--name/config.json", "{}");
    put(".cache/dear/models/org--name/.complete", COMMIT "\n");
    expect_path("org/name", ".cache/dear/models/org--name");
}

static void a_lying_ref_leads_nowhere(void **state) {
    (void)state;
    static const char *const lies[] = {"",
                                       "../../../../etc",
                                       "0123",
                                       COMMIT "0",
                                       COMMIT "/..",
                                       COMMIT "\n/..",
                                       "0123456789ABCDEF0123456789abcdef01234567"};
    put_snapshot("hub");
    point("HF_HUB_CACHE", "hub");
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        put("hub/models--org--name/refs/main", lies[i]);
        char *path;
        dear_error err;
        assert_int_equal(lookup_hub_model(&path, "org/name", &err),
                         *lies[i] ? DEAR_ERROR_INPUT : DEAR_OK);
        assert_null(path);
    }
}

static void no_memory_is_an_error_and_leaves_nothing(void **state) {
    (void)state;
    put_snapshot(".cache/huggingface/hub");
    dear_status status = DEAR_ERROR_MEMORY;
    long n = 0;
    while (status == DEAR_ERROR_MEMORY) {
        char *path = NULL;
        dear_error err;
        assert_true(++n < 100);
        mem_fail_after(n);
        status = lookup_model(&path, "org/name", &err);
        mem_fail_after(0);
        assert_true((status == DEAR_OK) == (path != NULL));
        mem_free(path);
    }
    assert_int_equal(status, DEAR_OK);
    assert_true(n > 3);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(hub_names_are_safe),
        TEST(known_models_are_complete),
        TEST(the_cache_is_where_xdg_says),
        TEST(the_default_model_is_in_the_cache),
        TEST(dear_model_names_another_default),
        TEST(a_path_comes_first),
        TEST(only_a_whole_pull_counts),
        TEST(a_known_name_stands_for_its_hub_name),
        TEST(a_gguf_repository_is_its_file),
        TEST(the_hugging_face_cache_is_read),
        TEST(a_lying_ref_leads_nowhere),
        TEST(no_memory_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
