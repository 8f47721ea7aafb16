#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/data_path.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void shipped_files_are_found_beside_the_program(void **state) {
    (void)state;
    unsetenv("DEAR_DATA");
    dear_error err;
    char *path;
    assert_int_equal(data_path(&path, "noveleval/qrels.txt", &err), DEAR_OK);
    assert_true(file_exists(path));
    mem_free(path);
}

static void the_environment_names_another_folder(void **state) {
    (void)state;
    dear_error err;
    char *path;
    setenv("DEAR_DATA", SHIPPED_DATA "/noveleval", 1);
    assert_int_equal(data_path(&path, "qrels.txt", &err), DEAR_OK);
    assert_string_equal(path, SHIPPED_DATA "/noveleval/qrels.txt");
    mem_free(path);
    assert_int_equal(data_path(&path, "noveleval/qrels.txt", &err), DEAR_ERROR_INPUT);
    assert_null(path);
    assert_non_null(strstr(err.message, SHIPPED_DATA "/noveleval"));
    unsetenv("DEAR_DATA");
}

static void no_memory_is_survived(void **state) {
    (void)state;
    dear_error err;
    char *path;
    for (long n = 1; n < 100; n++) {
        mem_fail_after(n);
        dear_status status = data_path(&path, "noveleval/qrels.txt", &err);
        mem_fail_after(0);
        if (status == DEAR_OK) {
            mem_free(path);
            return;
        }
        assert_int_equal(status, DEAR_ERROR_MEMORY);
    }
    fail();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_files_are_found_beside_the_program),
        cmocka_unit_test(the_environment_names_another_folder),
        cmocka_unit_test(no_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
