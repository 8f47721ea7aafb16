#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/memory.h"
#include "base/random.h"
#include "train/train_state.h"
#include "unit/rank/scratch_file.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { A = 3, B = 5 };

/* Two arrays and one that is empty. */
typedef struct arrays {
    float a[A], b[B];
    state_span spans[3];
} arrays;

static void arrays_make(arrays *x, float value) {
    for (int i = 0; i < A; i++)
        x->a[i] = value + (float)i;
    for (int i = 0; i < B; i++)
        x->b[i] = value / (float)(i + 3);
    x->spans[0] = (state_span){"a", x->a, A};
    x->spans[1] = (state_span){"nothing", NULL, 0};
    x->spans[2] = (state_span){"b.\"ü\"", x->b, B};
}

static bool arrays_are(const arrays *x, float value) {
    arrays expected;
    arrays_make(&expected, value);
    return memcmp(x->a, expected.a, sizeof x->a) == 0 && memcmp(x->b, expected.b, sizeof x->b) == 0;
}

static train_state state_at(int64_t step) {
    return (train_state){.step = step,
                         .epoch = 2,
                         .position = INT64_MAX,
                         .seed = UINT64_MAX - 5,
                         .settings =
                             "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                         .best = 1.0 / 3,
                         .best_step = 7};
}

/* Saves arrays made of the step's number. */
static void save(const char *path, int64_t step) {
    arrays x;
    dear_error err;
    train_state state = state_at(step);
    arrays_make(&x, (float)step);
    if (train_state_save(&state, x.spans, 3, path, &err) != DEAR_OK)
        fail_msg("%s", err.message);
}

/* The step that is loaded, its arrays being that step's; -1 when nothing can be. */
static int64_t load(const char *path, dear_error *damage, dear_error *err) {
    arrays x;
    train_state state;
    arrays_make(&x, -1);
    if (train_state_load(&state, x.spans, 3, path, damage, err) != DEAR_OK) {
        assert_true(arrays_are(&x, -1));
        return -1;
    }
    assert_true(arrays_are(&x, (float)state.step));
    return state.step;
}

static void gives_back_what_was_saved(void **state) {
    (void)state;
    const char *path = scratch_path("state");
    arrays x;
    dear_error damage, err;
    train_state saved = state_at(12), loaded;
    arrays_make(&x, 0.1f);
    x.a[0] = NAN;
    x.a[1] = -0.0f;
    x.b[0] = INFINITY;
    arrays got = x;
    arrays_make(&got, 0);
    assert_int_equal(train_state_save(&saved, x.spans, 3, path, &err), DEAR_OK);
    assert_int_equal(train_state_load(&loaded, got.spans, 3, path, &damage, &err), DEAR_OK);
    assert_int_equal(damage.status, DEAR_OK);
    assert_memory_equal(x.a, got.a, sizeof x.a);
    assert_memory_equal(x.b, got.b, sizeof x.b);
    assert_int_equal(loaded.step, 12);
    assert_int_equal(loaded.epoch, 2);
    assert_int_equal(loaded.position, INT64_MAX);
    assert_true(loaded.seed == UINT64_MAX - 5);
    assert_string_equal(loaded.settings, saved.settings);
    assert_true(loaded.best == 1.0 / 3);
    assert_int_equal(loaded.best_step, 7);
    saved.best = NAN;
    assert_int_equal(train_state_save(&saved, x.spans, 3, path, &err), DEAR_OK);
    assert_int_equal(train_state_load(&loaded, got.spans, 3, path, &damage, &err), DEAR_OK);
    assert_true(isnan(loaded.best));
}

static void keeps_the_last_two(void **state) {
    (void)state;
    const char *path = scratch_path("two"), *previous = scratch_path("two.previous");
    dear_error damage, err;
    for (int step = 1; step <= 4; step++) {
        save(path, step);
        assert_int_equal(load(path, &damage, &err), step);
        assert_int_equal(damage.status, DEAR_OK);
        if (step > 1)
            assert_int_equal(load(previous, &damage, &err), step - 1);
    }
    assert_int_equal(access(scratch_path("two.part"), F_OK), -1);
    /* Killed between the two renames. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(path, &damage, &err), 3);
    assert_int_equal(damage.status, DEAR_ERROR_IO);
}

/* Whatever is wrong with the newest, it is noticed, and the one before is taken. */
static void assert_falls_back(const char *path, const char *bytes, size_t length) {
    dear_error damage, err;
    scratch_write_bytes("damaged", bytes, length);
    assert_int_equal(load(path, &damage, &err), 1);
    assert_int_equal(damage.status, DEAR_ERROR_INPUT);
    assert_non_null(strstr(damage.message, path));
}

static void notices_every_cut_and_every_flip(void **state) {
    (void)state;
    const char *path = scratch_path("damaged");
    random_source random = random_from_seed(1);
    size_t length = 0;
    save(path, 1);
    save(path, 2);
    char *whole = scratch_read(path, &length), *damaged = malloc(length + 1);
    assert_non_null(damaged);
    for (size_t cut = 0; cut < length; cut++)
        assert_falls_back(path, whole, cut);
    for (size_t i = 0; i < length; i++) {
        memcpy(damaged, whole, length);
        damaged[i] ^= (char)(1 << random_below(&random, 8));
        assert_falls_back(path, damaged, length);
    }
    memcpy(damaged, whole, length);
    damaged[length] = 0;
    assert_falls_back(path, damaged, length + 1);
    free(whole);
    free(damaged);
}

static void says_when_nothing_can_be_loaded(void **state) {
    (void)state;
    dear_error damage, err;
    const char *path = scratch_path("no-state");
    assert_int_equal(load(path, &damage, &err), -1);
    assert_int_equal(err.status, DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, path));
    scratch_write("no-state", "DEARTRN1");
    scratch_write("no-state.previous", "{}");
    assert_int_equal(load(path, &damage, &err), -1);
    assert_int_equal(err.status, DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "no-state:"));
    assert_non_null(strstr(err.message, "no-state.previous:"));
}

/* A whole state of other arrays is no damage: falling back would not help, and would hide it. */
static void refuses_the_state_of_another_training(void **state) {
    (void)state;
    const char *path = scratch_path("other");
    save(path, 1);
    save(path, 2);
    for (int wrong = 0; wrong < 4; wrong++) {
        arrays x;
        train_state loaded;
        dear_error damage, err;
        arrays_make(&x, -1);
        if (wrong == 0)
            x.spans[2].name = "c";
        else if (wrong == 1)
            x.spans[0].count = A - 1;
        else if (wrong == 2)
            x.spans[1] = x.spans[2];
        size_t count = wrong == 3 ? 2 : 3;
        assert_int_equal(train_state_load(&loaded, x.spans, count, path, &damage, &err),
                         DEAR_ERROR_USAGE);
        assert_non_null(strstr(err.message, "belongs to another training"));
        assert_true(arrays_are(&x, -1));
    }
}

static void a_save_that_fails_loses_nothing(void **state) {
    (void)state;
    const char *path = scratch_path("kept");
    arrays x;
    dear_error damage, err;
    train_state next = state_at(3);
    save(path, 1);
    save(path, 2);
    arrays_make(&x, 3);
    long n = 0;
    dear_status status;
    do {
        mem_fail_after(++n);
        status = train_state_save(&next, x.spans, 3, path, &err);
        mem_fail_after(0);
        assert_true(status == DEAR_OK || status == DEAR_ERROR_MEMORY);
        int64_t step = load(path, &damage, &err);
        assert_int_equal(step, status == DEAR_OK ? 3 : 2);
    } while (status != DEAR_OK);
    assert_true(n > 1);
    const char *nowhere = scratch_path("none/state");
    assert_int_equal(train_state_save(&next, x.spans, 3, nowhere, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, nowhere));
}

static void survives_no_memory_in_loading(void **state) {
    (void)state;
    const char *path = scratch_path("whole");
    save(path, 1);
    save(path, 2);
    scratch_write("whole", "DEARTRN1");
    long n = 0;
    dear_error damage, err;
    int64_t step;
    do {
        mem_fail_after(++n);
        step = load(path, &damage, &err);
        mem_fail_after(0);
    } while (step != 1);
    assert_true(n > 1);
}

enum { LARGE = 100000 };

/* Saves steps 1, 2, … until it is killed, telling each through the pipe once it is saved. */
static void save_for_ever(const char *path, int to) {
    static float numbers[LARGE];
    state_span span = {"numbers", numbers, LARGE};
    for (int32_t step = 1;; step++) {
        dear_error err;
        train_state state = {.step = step};
        for (int i = 0; i < LARGE; i++)
            numbers[i] = (float)step;
        if (train_state_save(&state, &span, 1, path, &err) != DEAR_OK ||
            write(to, &step, sizeof step) != sizeof step)
            _exit(1);
    }
}

/* The last step that was told. */
static int32_t last_told(int from) {
    int32_t step = 0, next;
    while (read(from, &next, sizeof next) == sizeof next)
        step = next;
    return step;
}

static void check_after_kill(const char *path, int32_t told) {
    static float numbers[LARGE];
    state_span span = {"numbers", numbers, LARGE};
    train_state state;
    dear_error damage, err;
    if (train_state_load(&state, &span, 1, path, &damage, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    /* A state without its name is the only loss, and the next one may have got its own. */
    assert_in_range(state.step, told, told + 1);
    assert_true(damage.status == DEAR_OK || damage.status == DEAR_ERROR_IO);
    for (int i = 0; i < LARGE; i++)
        assert_true(numbers[i] == (float)state.step);
}

static void survives_being_killed(void **state) {
    (void)state;
    const char *path = scratch_path("killed");
    random_source random = random_from_seed(2);
    for (int turn = 0; turn < 20; turn++) {
        int ends[2];
        int32_t first;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            save_for_ever(path, ends[1]);
        close(ends[1]);
        assert_int_equal(read(ends[0], &first, sizeof first), sizeof first);
        nanosleep(&(struct timespec){.tv_nsec = (long)random_below(&random, 10000000)}, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        int32_t told = last_told(ends[0]);
        close(ends[0]);
        check_after_kill(path, told > first ? told : first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_saved),
        cmocka_unit_test(keeps_the_last_two),
        cmocka_unit_test(notices_every_cut_and_every_flip),
        cmocka_unit_test(says_when_nothing_can_be_loaded),
        cmocka_unit_test(refuses_the_state_of_another_training),
        cmocka_unit_test(a_save_that_fails_loses_nothing),
        cmocka_unit_test(survives_no_memory_in_loading),
        cmocka_unit_test(survives_being_killed),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
