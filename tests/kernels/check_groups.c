/* Products of quantized groups: every level's kernels against plain C, and extreme values. */
#include "check.h"

#include "base/clock.h"
#include "compute/groups.h"
#include "model/tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const group_format formats[] = {{4, 8}, {4, -1}, {8, 128}, {8, 16}, {8, -1}};
enum { FORMATS = sizeof formats / sizeof *formats };

/* A panel whose values are random, or all the largest; its scales differ from channel to channel. */
static uint8_t *make_panel(group_format format, size_t groups, bool extreme) {
    uint8_t *panel = check_alloc(groups * group_bytes(format));
    uint32_t state = 1;
    for (size_t g = 0; g < groups; g++) {
        uint8_t *values = panel + g * group_bytes(format);
        for (size_t i = 0; i < group_value_bytes(format); i++) {
            state = state * 1664525u + 1013904223u;
            values[i] = extreme ? 255 : (uint8_t)(state >> 24);
        }
        size_t halves = (group_bytes(format) - group_value_bytes(format)) / 2;
        for (size_t i = 0; i < halves; i++) {
            uint16_t half = float_to_f16(0.01f * (float)(i % 7 + 1));
            memcpy(values + group_value_bytes(format) + 2 * i, &half, sizeof half);
        }
    }
    return panel;
}

typedef struct activations {
    int8_t *q;
    group_factor *factors;
    group_rows rows;
} activations;

static activations make_rows(size_t rows, size_t groups, bool extreme) {
    float *x = check_random(rows * groups * GROUP, 5);
    activations a = {.q = check_alloc(rows * groups * GROUP),
                     .factors = check_alloc(rows * groups * sizeof *a.factors)};
    for (size_t i = 0; extreme && i < rows * groups * GROUP; i++)
        x[i] = i / GROUP % 3 ? 1 : -1;
    for (size_t row = 0; row < rows; row++)
        group_kernels_plain.quantize(a.q + row * groups * GROUP, a.factors + row * groups,
                                     x + row * groups * GROUP, groups * GROUP);
    a.rows = (group_rows){a.q, a.factors, groups};
    free(x);
    return a;
}

static void free_rows(activations *a) {
    free(a->q);
    free(a->factors);
}

static void check_multiply(const group_kernels *kn, group_format format, size_t rows, size_t groups,
                           bool extreme, bool add) {
    enum { LDC = GROUP_PANEL + 8 };
    uint8_t *panel = make_panel(format, groups, extreme);
    activations a = make_rows(rows, groups, extreme);
    float *got = check_random(rows * LDC, 3), *want = check_random(rows * LDC, 3);
    kn->multiply(got, LDC, &a.rows, rows, panel, format, add);
    group_kernels_plain.multiply(want, LDC, &a.rows, rows, panel, format, add);
    double error = check_difference(got, want, rows * LDC);
    check_that(error <= 1e-6, "%s, %d bits, zero %d, %zu rows, %zu groups: off by %.2g", kn->name,
               format.bits, format.zero, rows, groups, error);
    free(panel);
    free_rows(&a);
    free(got);
    free(want);
}

static void check_quantize(const group_kernels *kn, size_t n) {
    size_t groups = (n + GROUP - 1) / GROUP;
    float *x = check_random(n, 9);
    for (size_t i = 0; i < n && i < GROUP; i++)
        x[i] = i % 2 ? 0.5f : -127; // exact ties, and the end of the range
    for (size_t i = 2 * GROUP; i < n && i < 3 * GROUP; i++)
        x[i] = 0x1p-126f;
    if (n > 4 * GROUP)
        x[4 * GROUP] = NAN;
    if (n > 5 * GROUP)
        x[5 * GROUP] = -INFINITY;
    int8_t *got = check_alloc(groups * GROUP), *want = check_alloc(groups * GROUP);
    group_factor *f = check_alloc(groups * sizeof *f), *g = check_alloc(groups * sizeof *g);
    kn->quantize(got, f, x, n);
    group_kernels_plain.quantize(want, g, x, n);
    bool same = memcmp(got, want, groups * GROUP) == 0;
    for (size_t i = 0; i < groups; i++)
        same = same && f[i].sum == g[i].sum && f[i].scaled_sum == g[i].scaled_sum &&
               (f[i].scale == g[i].scale || (isnan(f[i].scale) && isnan(g[i].scale)));
    check_that(same, "%s: quantizing %zu numbers differs from plain C", kn->name, n);
    free(x);
    free(got);
    free(want);
    free(f);
    free(g);
}

/* What the plain kernel makes of single values is what the format says. */
static void check_meaning(group_format format) {
    uint8_t *panel = make_panel(format, 1, false);
    float x[GROUP], c[GROUP_PANEL];
    int8_t q[GROUP];
    group_factor f;
    for (size_t k = 0; k < GROUP; k++) {
        memset(x, 0, sizeof x);
        x[k] = 2;
        group_kernels_plain.quantize(q, &f, x, GROUP);
        group_kernels_plain.multiply(c, GROUP_PANEL, &(group_rows){q, &f, 1}, 1, panel, format,
                                     false);
        for (size_t channel = 0; channel < GROUP_PANEL; channel++) {
            uint8_t byte = panel[k % (format.bits == 4 ? 16 : 32) / 4 * 128 + channel * 4 + k % 4];
            int value = format.bits == 8 ? byte : k < 16 ? byte & 15 : byte >> 4;
            uint16_t half[2];
            memcpy(&half[0], panel + group_value_bytes(format) + 2 * channel, 2);
            memcpy(&half[1],
                   format.zero < 0 ? panel + group_value_bytes(format) + 64 + 2 * channel
                                   : (uint8_t *)&half[0],
                   2);
            float minimum = format.zero < 0 ? float_from_f16(half[1])
                                            : -(float)format.zero * float_from_f16(half[0]);
            float want = 2 * ((float)value * float_from_f16(half[0]) + minimum);
            check_that(fabsf(c[channel] - want) <= 1e-5f * fabsf(want) + 1e-5f,
                       "%d bits, zero %d: k %zu of channel %zu is %g, not %g", format.bits,
                       format.zero, k, channel, (double)c[channel], (double)want);
        }
    }
    free(panel);
}

/* One thread, a row block and a panel that stay in the caches. */
static void time_kernels(const group_kernels *kn, group_format format) {
    enum { ROWS = 96, GROUPS = 18, TURNS = 200 };
    uint8_t *panel = make_panel(format, GROUPS, false);
    activations a = make_rows(ROWS, GROUPS, false);
    float *c = check_alloc(ROWS * GROUP_PANEL * sizeof *c);
    double best = 1e9;
    for (int i = 0; i < TURNS; i++) {
        double begin = clock_seconds();
        kn->multiply(c, GROUP_PANEL, &a.rows, ROWS, panel, format, false);
        best = fmin(best, clock_seconds() - begin);
    }
    printf("%-12s %d bits%s: %.1f Gop/s on one thread\n", kn->name, format.bits,
           format.zero < 0 ? " with minima" : "",
           2e-9 * ROWS * GROUPS * GROUP * GROUP_PANEL / best);
    free(panel);
    free_rows(&a);
    free(c);
}

/* One row, as a generated token has: the panels are read from memory, more of them than the caches
 * hold. */
static void time_one_row(const group_kernels *kn, group_format format) {
    enum { GROUPS = 64, PANELS = 2048, TURNS = 5 };
    const size_t panel_bytes = GROUPS * group_bytes(format);
    uint8_t *panels = make_panel(format, (size_t)GROUPS * PANELS, false);
    activations a = make_rows(1, GROUPS, false);
    float c[GROUP_PANEL];
    double best = 1e9;
    for (int i = 0; i < TURNS; i++) {
        double begin = clock_seconds();
        for (size_t panel = 0; panel < PANELS; panel++)
            kn->multiply(c, GROUP_PANEL, &a.rows, 1, panels + panel * panel_bytes, format, false);
        best = fmin(best, clock_seconds() - begin);
    }
    printf("%-12s %d bits%s, 1 row: %.1f GB/s on one thread\n", kn->name, format.bits,
           format.zero < 0 ? " with minima" : "", 1e-9 * PANELS * (double)panel_bytes / best);
    free(panels);
    free_rows(&a);
}

void check_groups(const check_options *options) {
    static const size_t rows[] = {1, 2, 3, 4, 5, 6, 7, 13, 24};
    for (size_t i = 0; i < FORMATS; i++)
        check_meaning(formats[i]);
    for (cpu_level level = CPU_AVX2; level <= CPU_AVX512_VNNI; level++) {
        const group_kernels *kn = group_kernels_at(level);
        if (!kn)
            continue;
        for (size_t n = 1; n < 200; n += 13)
            check_quantize(kn, n);
        for (size_t i = 0; i < FORMATS; i++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                for (size_t groups = 1; groups <= 18; groups += 17) {
                    check_multiply(kn, formats[i], rows[r], groups, false, r % 2);
                    check_multiply(kn, formats[i], rows[r], groups, true, false);
                }
        for (size_t i = 0; options->time && i < FORMATS; i++) {
            time_kernels(kn, formats[i]);
            time_one_row(kn, formats[i]);
        }
    }
}
