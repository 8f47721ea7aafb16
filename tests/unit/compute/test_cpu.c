#define _GNU_SOURCE
/* Levels, their names, and thread counts. */
#include "cmocka_setup.h"

#include "compute/cpu.h"
#include "compute/kernels.h"

#include <stdlib.h>
#include <string.h>

/* DEAR_CPU is read once, so this test sets it before anything asks. */
static void lowered_level_hides_what_is_above(void **state) {
    (void)state;
    setenv("DEAR_CPU", "plain", 1);
    const cpu_features *f = cpu_get_features();
    assert_int_equal(f->level, CPU_PLAIN);
    assert_false(f->avx2 || f->fma || f->avx512 || f->avx512_vnni || f->avx_vnni || f->amx_int8);
    assert_true(strlen(f->name) > 0);
    assert_ptr_equal(kernels_get(), kernels_at(CPU_PLAIN));
    assert_null(kernels_at(CPU_AVX2));
    assert_null(kernels_at(CPU_AVX512_VNNI));
}

static void levels_have_names(void **state) {
    (void)state;
    assert_string_equal(cpu_level_name(CPU_PLAIN), "plain");
    assert_string_equal(cpu_level_name(CPU_AVX512_VNNI), "avx512_vnni");
}

static void thread_counts_are_kept(void **state) {
    (void)state;
    assert_true(compute_threads() >= 1);
    compute_set_threads(3);
    assert_int_equal(compute_threads(), 3);
    compute_set_threads(0);
    assert_int_equal(compute_threads(), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowered_level_hides_what_is_above),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(thread_counts_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
