#include "cmocka_setup.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/strbuf.h"

#include <string.h>

static void appends_grow(void **state) {
    (void)state;
    strbuf b = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(strbuf_printf(&b, "%d,", i));
    assert_int_equal(b.length, 10 * 2 + 90 * 3 + 900 * 4);
    assert_memory_equal(b.text, "0,1,2,", 6);
    assert_string_equal(b.text + b.length - 8, "998,999,");
    strbuf_clear(&b);
    assert_string_equal(b.text, "");
    assert_true(strbuf_append(&b, "a\0b", 3));
    assert_int_equal(b.length, 3);
    strbuf_free(&b);
}

static void taking_an_empty_buffer_gives_an_empty_string(void **state) {
    (void)state;
    strbuf b = {0};
    char *text = strbuf_take(&b);
    assert_string_equal(text, "");
    mem_free(text);
}

static void failed_appends_are_remembered(void **state) {
    (void)state;
    strbuf b = {0};
    assert_true(strbuf_puts(&b, "kept"));
    mem_fail_after(1);
    char long_text[200];
    memset(long_text, 'x', sizeof long_text);
    assert_false(strbuf_append(&b, long_text, sizeof long_text));
    mem_fail_after(0);
    assert_false(strbuf_puts(&b, "y"));
    assert_true(b.failed);
    assert_null(strbuf_take(&b));
}

static void allocation_refuses_products_that_overflow(void **state) {
    (void)state;
    assert_null(mem_calloc(SIZE_MAX / 2, 4));
    assert_null(mem_realloc(NULL, SIZE_MAX / 2, 4));
    assert_null(mem_alloc_aligned(SIZE_MAX - 8));
}

static void aligned_memory_is_aligned(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes += 37) {
        void *block = mem_alloc_aligned(bytes);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        mem_free(block);
    }
}

static void errors_keep_their_status_and_gain_context(void **state) {
    (void)state;
    dear_error err;
    assert_int_equal(error_set(&err, DEAR_ERROR_IO, "no %s", "disk"), DEAR_ERROR_IO);
    assert_int_equal(error_prefix(&err, "file %d", 7), DEAR_ERROR_IO);
    assert_string_equal(err.message, "file 7: no disk");
    assert_int_equal(error_set(NULL, DEAR_ERROR_INPUT, "unheard"), DEAR_ERROR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_grow),
        cmocka_unit_test(taking_an_empty_buffer_gives_an_empty_string),
        cmocka_unit_test(failed_appends_are_remembered),
        cmocka_unit_test(allocation_refuses_products_that_overflow),
        cmocka_unit_test(aligned_memory_is_aligned),
        cmocka_unit_test(errors_keep_their_status_and_gain_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
