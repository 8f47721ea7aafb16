#include "golden/golden.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

void golden_check(golden *g, const char *name, const char *what, double error, double tolerance) {
    bool passed = error <= tolerance; /* false for a NaN */
    printf("%-4s %-52s %-5s %-22s error %.2e, allowed %.0e\n", passed ? "ok" : "FAIL", name,
           precision_name(g->p), what, error, tolerance);
    passed ? g->passed++ : g->failed++;
}

void golden_exact(golden *g, const char *name, const char *what, size_t wrong, size_t total) {
    bool passed = wrong == 0 && total > 0;
    printf("%-4s %-52s %-5s %-22s %zu of %zu differ\n", passed ? "ok" : "FAIL", name,
           precision_name(g->p), what, wrong, total);
    passed ? g->passed++ : g->failed++;
}

void golden_fail(golden *g, const char *name, const char *why) {
    printf("FAIL %-52s %s\n", name, why);
    g->failed++;
}

void golden_skip(golden *g, const char *name, const char *why) {
    printf("skip %-52s %s\n", name, why);
    g->skipped++;
}

double *golden_numbers(const json_t *array, size_t *count) {
    *count = json_array_size(array);
    double *numbers = mem_calloc(*count, sizeof *numbers);
    for (size_t i = 0; i < *count; i++)
        numbers[i] = json_number_value(json_array_get(array, i));
    return numbers;
}

int32_t *golden_ids(const json_t *array, size_t *count) {
    *count = json_array_size(array);
    int32_t *ids = mem_calloc(*count, sizeof *ids);
    for (size_t i = 0; i < *count; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(array, i));
    return ids;
}

double golden_error(const double *expected, const double *got, size_t count) {
    double largest = 0, error = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(expected[i]));
        double difference = fabs(expected[i] - got[i]);
        if (!(difference <= error))
            error = difference;
    }
    return largest > 0 ? error / largest : error;
}
