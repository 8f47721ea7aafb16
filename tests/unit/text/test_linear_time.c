/* No text is slow: a megabyte of anything, as one word or as many, ends in good time. */
#include "tokenizer_cases.h"

#include <time.h>

enum { MEGABYTE = 1 << 20 };
/* Seconds of CPU time, several times what the slowest takes; quadratic work would take minutes. */
#if defined(__SANITIZE_ADDRESS__)
static const double LIMIT = 20;
#else
static const double LIMIT = 2;
#endif

static double cpu_seconds(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

typedef char (*letter_of)(size_t index);

static char one_letter(size_t i) {
    (void)i;
    return 'x';
}

static char space(size_t i) {
    (void)i;
    return ' ';
}

static char digit(size_t i) {
    return (char)('0' + i * 2654435761u % 10);
}

static char random_letter(size_t i) {
    return (char)('a' + (i * 2654435761u >> 7) % 26);
}

static char newline_or_space(size_t i) {
    return i % 3 ? ' ' : '\n';
}

static char angle(size_t i) {
    return "<|im_"[i % 5];
}

static char broken_byte(size_t i) {
    return (char)(0x80 + i % 0x40);
}

static void time_one(const tokenizer *t, const char *name, letter_of letter) {
    char *text = malloc(MEGABYTE);
    assert_non_null(text);
    for (size_t i = 0; i < MEGABYTE; i++)
        text[i] = letter(i);
    double start = cpu_seconds();
    token_list ids = encode(t, text, MEGABYTE, TOKENIZER_PARSE_SPECIAL);
    double took = cpu_seconds() - start;
    print_message("%-18s %7zu tokens %6.3f s\n", name, ids.count, took);
    assert_true(ids.count > 0);
    assert_true(took < LIMIT);
    token_list_free(&ids);
    free(text);
}

static void time_all(const char *directory) {
    tokenizer *t = open_hf(directory);
    time_one(t, "one letter", one_letter);
    time_one(t, "spaces", space);
    time_one(t, "digits", digit);
    time_one(t, "random letters", random_letter);
    time_one(t, "newlines, spaces", newline_or_space);
    time_one(t, "almost special", angle);
    time_one(t, "broken UTF-8", broken_byte);
    tokenizer_close(t);
}

static void byte_level_is_linear(void **state) {
    (void)state;
    time_all(SMOLLM2);
    time_all(GOLDEN "gqa-tied/causal");
}

static void byte_fallback_is_linear(void **state) {
    (void)state;
    time_all(GOLDEN "mha-untied-bf16-sharded/causal");
}

static void llama_is_linear(void **state) {
    (void)state;
    if (!file_is_directory(LLAMA2) || !file_is_directory(LLAMA3)) {
        print_message("skipped: no %s\n", LLAMA2);
        skip();
    }
    time_all(LLAMA2);
    time_all(LLAMA3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_level_is_linear),
        cmocka_unit_test(byte_fallback_is_linear),
        cmocka_unit_test(llama_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
