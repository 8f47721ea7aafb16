#include "model/low_rank.h"

#include <string.h>

/* Four floats: the vector that every CPU we build for has. The compiler's own type for them, since
 * it does not keep an array of sums in registers by itself. */
typedef float vec4 __attribute__((vector_size(16)));

/* Columns at a time: A's part of them stays in the first-level cache while all rows pass. */
enum { TILE = 16 };

static inline vec4 load(const float *from) {
    vec4 v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void add_tile(const float *restrict a, const float *restrict b, int64_t rank,
                            int64_t columns, float scale, float *restrict row) {
    vec4 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (int64_t k = 0; k < rank; k++, a += columns) {
        s0 += b[k] * load(a);
        s1 += b[k] * load(a + 4);
        s2 += b[k] * load(a + 8);
        s3 += b[k] * load(a + 12);
    }
    vec4 sums[] = {s0, s1, s2, s3};
    float sum[TILE];
    memcpy(sum, sums, sizeof sum);
    for (int j = 0; j < TILE; j++)
        row[j] += scale * sum[j];
}

/* One number; the last columns when they do not fill a tile. */
static void add_number(const float *a, const float *b, int64_t rank, int64_t columns, float scale,
                       float *number) {
    float sum = 0;
    for (int64_t k = 0; k < rank; k++)
        sum += b[k] * a[k * columns];
    *number += scale * sum;
}

void low_rank_add(const float *a, const float *b, int64_t rank, double scale, int64_t count,
                  int64_t columns, float *rows) {
    int64_t tiled = columns / TILE * TILE;
    for (int64_t column = 0; column < tiled; column += TILE)
        for (int64_t row = 0; row < count; row++)
            add_tile(a + column, b + row * rank, rank, columns, (float)scale,
                     rows + row * columns + column);
    for (int64_t column = tiled; column < columns; column++)
        for (int64_t row = 0; row < count; row++)
            add_number(a + column, b + row * rank, rank, columns, (float)scale,
                       rows + row * columns + column);
}
