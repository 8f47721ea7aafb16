/* The kernels of matrix products in every table, against sums in double or int64. */
#include "check.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAD = 5 }; ///< elements between rows, so that strides are not widths

/* One product; c begins as `before`. */
typedef struct gemm_f32_case {
    size_t rows, k, width, lda, ldb, ldc;
    float *a, *b, *before, *c;
} gemm_f32_case;

static gemm_f32_case make_f32(size_t width, size_t rows, size_t k) {
    gemm_f32_case g = {.rows = rows, .k = k, .width = width};
    g.lda = k + PAD;
    g.ldb = g.width + PAD;
    g.ldc = g.width + PAD;
    g.a = check_random(rows * g.lda, 1);
    g.b = check_random(k * g.ldb, 2);
    g.before = check_random(rows * g.ldc, 3);
    g.c = check_alloc(rows * g.ldc * sizeof *g.c);
    memcpy(g.c, g.before, rows * g.ldc * sizeof *g.c);
    return g;
}

static void free_f32(gemm_f32_case *g) {
    free(g->a);
    free(g->b);
    free(g->before);
    free(g->c);
}

/* The largest difference from the sum in double, over the size that rounding may have had. */
static double error_f32(const gemm_f32_case *g, bool add) {
    double most = 0;
    for (size_t r = 0; r < g->rows; r++)
        for (size_t j = 0; j < g->width; j++) {
            double sum = add ? g->before[r * g->ldc + j] : 0, magnitude = fabs(sum);
            for (size_t i = 0; i < g->k; i++) {
                double product = (double)g->a[r * g->lda + i] * g->b[i * g->ldb + j];
                sum += product;
                magnitude += fabs(product);
            }
            most = fmax(most, fabs(g->c[r * g->ldc + j] - sum) / magnitude);
        }
    return most;
}

static bool padding_untouched(const gemm_f32_case *g) {
    for (size_t r = 0; r < g->rows; r++)
        if (memcmp(g->c + r * g->ldc + g->width, g->before + r * g->ldc + g->width,
                   PAD * sizeof *g->c) != 0)
            return false;
    return true;
}

/* `width` columns: a panel, or half of one. */
static void check_f32(const kernels *kn, size_t rows, size_t k, bool add, size_t width) {
    gemm_f32_kernel *gemm = width == kn->panel ? kn->gemm_f32 : kn->gemm_f32_half;
    gemm_f32_case g = make_f32(width, rows, k);
    gemm(g.c, g.ldc, g.a, g.lda, g.b, g.ldb, rows, k, add);
    double error = error_f32(&g, add), allowed = 1e-7 * (1 + sqrt((double)k));
    check_that(error <= allowed, "%s gemm_f32 %zu x %zu x %zu: error %.2g (allowed %.2g)",
               cpu_level_name(kn->level), rows, k, width, error, allowed);
    check_that(padding_untouched(&g), "%s gemm_f32 %zu x %zu x %zu: writes beside c",
               cpu_level_name(kn->level), rows, k, width);
    float *cut = check_alloc(rows * g.ldc * sizeof *cut);
    memcpy(cut, g.before, rows * g.ldc * sizeof *cut);
    for (size_t r = 0; r < rows; r++)
        gemm(cut + r * g.ldc, g.ldc, g.a + r * g.lda, g.lda, g.b, g.ldb, 1, k, add);
    check_that(memcmp(cut, g.c, rows * g.ldc * sizeof *cut) == 0,
               "%s gemm_f32 %zu x %zu x %zu: a row depends on the others",
               cpu_level_name(kn->level), rows, k, width);
    free(cut);
    free_f32(&g);
}

static void check_f32_widths(const kernels *kn, size_t rows, size_t k, bool add) {
    check_f32(kn, rows, k, add, kn->panel);
    check_f32(kn, rows, k, add, kn->panel / 2);
}

static void check_transpose(const kernels *kn, size_t count, size_t n) {
    float *x = check_random(count * n, 5), *b = check_alloc(n * kn->panel * sizeof *b);
    const float *rows[KERNELS_MAX_PANEL];
    for (size_t j = 0; j < count; j++)
        rows[j] = x + j * n;
    kn->transpose_panel(b, rows, count, n);
    bool right = true;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < kn->panel; j++)
            right &= b[i * kn->panel + j] == (j < count ? rows[j][i] : 0);
    check_that(right, "%s transpose_panel %zu x %zu", cpu_level_name(kn->level), count, n);
    free(x);
    free(b);
}

static void check_transpose_block(const kernels *kn, size_t rows, size_t columns) {
    size_t ldx = columns + PAD, ldy = rows + PAD;
    float *x = check_random(rows * ldx, 6), *y = check_random(columns * ldy, 7);
    float *before = check_random(columns * ldy, 7);
    kn->transpose(y, ldy, x, ldx, rows, columns);
    bool right = true;
    for (size_t i = 0; i < columns; i++)
        for (size_t j = 0; j < ldy; j++)
            right &= y[i * ldy + j] == (j < rows ? x[j * ldx + i] : before[i * ldy + j]);
    check_that(right, "%s transpose %zu x %zu", cpu_level_name(kn->level), rows, columns);
    free(x);
    free(y);
    free(before);
}

/* Operations a second of a tall product that lies in the first-level cache. */
static void print_speed(const kernels *kn) {
    enum { ROWS = 48, K = 256, TIMES = 50 };
    gemm_f32_case g = make_f32(kn->panel, ROWS, K);
    double f32 = 1e9;
    for (int i = 0; i < 20; i++) {
        double begin = clock_seconds();
        for (int j = 0; j < TIMES; j++)
            kn->gemm_f32(g.c, g.ldc, g.a, g.lda, g.b, g.ldb, ROWS, K, false);
        f32 = fmin(f32, clock_seconds() - begin);
    }
    double operations = 2.0 * TIMES * ROWS * K * (double)kn->panel;
    printf("%-12s gemm_f32 %.1f Gop/s on one thread\n", cpu_level_name(kn->level),
           operations / f32 / 1e9);
    free_f32(&g);
}

void check_gemm(const check_options *options) {
    static const size_t depths[] = {2, 4, 10, 64, 66, 258, 512};
    static const size_t odd_depths[] = {1, 3, 65, 127};
    for (cpu_level level = CPU_PLAIN; level <= CPU_AVX512; level++) {
        const kernels *kn = kernels_at(level);
        if (!kn)
            continue;
        for (size_t rows = 1; rows <= 26; rows += options->quick ? 4 : 1) {
            for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
                check_f32_widths(kn, rows, depths[i], rows % 2);
            }
            for (size_t i = 0; i < sizeof odd_depths / sizeof *odd_depths; i++)
                check_f32_widths(kn, rows, odd_depths[i], rows % 2);
        }
        for (size_t count = 1; count <= kn->panel; count++)
            for (size_t n = 1; n < 70; n += options->quick ? 13 : 1)
                check_transpose(kn, count, n);
        for (size_t rows = 0; rows < 36; rows += options->quick ? 5 : 1)
            for (size_t columns = 0; columns < 36; columns += options->quick ? 7 : 1)
                check_transpose_block(kn, rows, columns);
        if (options->time)
            print_speed(kn);
    }
}
