/* kernels-test [--quick] [--time]: exits with 1 when a check fails. */
#include "check.h"

#include "compute/cpu.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, checks;

bool check_that(bool passed, const char *format, ...) {
    checks++;
    if (passed)
        return true;
    failures++;
    va_list args;
    va_start(args, format);
    printf("FAILED  ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    return false;
}

int check_failures(void) {
    return failures;
}

int check_count(void) {
    return checks;
}

void *check_alloc(size_t bytes) {
    void *block = malloc(bytes ? bytes : 1);
    if (!block)
        abort();
    return block;
}

void check_fill(float *x, size_t n, uint32_t seed) {
    uint32_t state = seed * 2654435761u + 12345;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) * 0x1p-23f - 1;
    }
}

float *check_random(size_t n, uint32_t seed) {
    float *x = check_alloc(n * sizeof *x);
    check_fill(x, n, seed);
    return x;
}

double check_difference(const float *got, const float *want, size_t n) {
    double most = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(got[i]) && isnan(want[i]))
            continue;
        if (isnan(got[i]) || isnan(want[i]) || isinf(got[i]) != isinf(want[i]))
            return INFINITY;
        if (got[i] == want[i] && isinf(want[i]))
            continue;
        most = fmax(most, fabs((double)got[i] - want[i]));
        largest = fmax(largest, fabs(want[i]));
    }
    return most == 0 ? 0 : most / largest;
}

int main(int argc, char **argv) {
    check_options options = {0};
    for (int i = 1; i < argc; i++) {
        options.quick |= strcmp(argv[i], "--quick") == 0;
        options.time |= strcmp(argv[i], "--time") == 0;
    }
    printf("%s, %s\n", cpu_get_features()->name, cpu_level_name(cpu_get_features()->level));
    check_rows(&options);
    check_gemm(&options);
    check_groups(&options);
    check_linear(&options);
    check_matmul(&options);
    check_attention(&options);
    check_attention_backward(&options);
    printf("%d checks, %d failed\n", check_count(), check_failures());
    return check_failures() ? 1 : 0;
}
