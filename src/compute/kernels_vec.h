/*
 * The fast kernels, written once over vectors of LANES float32: a file that has included
 * vec_avx2.h or vec_avx512.h includes this one next and gets `static const kernels table`.
 */
#include <math.h>

enum { PANEL = 2 * LANES };

static inline size_t at_most(size_t n, size_t limit) {
    return n < limit ? n : limit;
}

/* The next vector of `left` elements; lanes beyond them hold `fill`. */
static inline vec take(const float *p, size_t left, float fill) {
    return left >= LANES ? vec_load(p) : vec_load_part(p, left, fill);
}

static inline void put(float *p, vec x, size_t left) {
    if (left >= LANES)
        vec_store(p, x);
    else
        vec_store_part(p, x, left);
}

/*
 * exp(x), to 1.1 units in the last place; 0 below -87.33, where float32 is no longer normal, and
 * 2^127.5 above 88.37. x = n ln 2 + r (Cody & Waite's split of ln 2), exp(r) = 1 + r + r^2 P(r)
 * with P minimax for the relative error on |r| <= ln(2)/2.
 */
static inline vec vec_exp(vec x) {
    const vec lowest = vec_set(-87.33f), highest = vec_set(88.37f);
    vec clamped = vec_max(lowest, vec_min(highest, x));
    vec n = vec_round(vec_mul(clamped, vec_set(0x1.715476p+0f)));
    vec r = vec_fnma(n, vec_set(0.693359375f), clamped);
    r = vec_fnma(n, vec_set(-2.1219444e-4f), r);
    vec p = vec_set(0x1.6a2434p-10f);
    p = vec_fma(p, r, vec_set(0x1.1239e2p-7f));
    p = vec_fma(p, r, vec_set(0x1.5558f2p-5f));
    p = vec_fma(p, r, vec_set(0x1.555492p-3f));
    p = vec_fma(p, r, vec_set(0x1.fffffcp-2f));
    p = vec_add(vec_fma(p, vec_mul(r, r), r), vec_set(1));
    return vec_unless_below(vec_times_power(p, n), x, lowest);
}

/*
 * 2^x for x <= 127, to 0.94 units in the last place; 0 below -126. x = n + r,
 * 2^r = 1 + r P(r) with P minimax for the relative error on |r| <= 1/2.
 */
static inline vec vec_exp2(vec x) {
    vec n = vec_round(x), r = vec_sub(x, n);
    vec p = vec_set(0x1.41fbbcp-13f);
    p = vec_fma(p, r, vec_set(0x1.5f3e54p-10f));
    p = vec_fma(p, r, vec_set(0x1.3b2d4cp-7f));
    p = vec_fma(p, r, vec_set(0x1.c6aee8p-5f));
    p = vec_fma(p, r, vec_set(0x1.ebfbdcp-3f));
    p = vec_fma(p, r, vec_set(0x1.62e430p-1f));
    p = vec_fma(p, r, vec_set(1));
    return vec_unless_below(vec_times_power(p, n), x, vec_set(-126));
}

static float dot(const float *x, const float *y, size_t n) {
    vec sum[4] = {vec_set(0), vec_set(0), vec_set(0), vec_set(0)};
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES)
        for (size_t j = 0; j < 4; j++)
            sum[j] = vec_fma(vec_load(x + i + j * LANES), vec_load(y + i + j * LANES), sum[j]);
    for (; i < n; i += LANES)
        sum[0] = vec_fma(take(x + i, n - i, 0), take(y + i, n - i, 0), sum[0]);
    return vec_sum(vec_add(vec_add(sum[0], sum[1]), vec_add(sum[2], sum[3])));
}

static void rmsnorm(float *y, const float *x, const float *weight, size_t n, float epsilon) {
    vec scale = vec_set(1 / sqrtf(dot(x, x, n) / (float)n + epsilon));
    for (size_t i = 0; i < n; i += LANES) {
        vec scaled = vec_mul(take(x + i, n - i, 0), scale);
        put(y + i, vec_mul(scaled, take(weight + i, n - i, 0)), n - i);
    }
}

/* The sum of x * y * z. */
static float dot3(const float *x, const float *y, const float *z, size_t n) {
    vec sum[2] = {vec_set(0), vec_set(0)};
    for (size_t i = 0; i < n; i += 2 * LANES)
        for (size_t j = i; j < n && j < i + 2 * LANES; j += LANES) {
            vec xy = vec_mul(take(x + j, n - j, 0), take(y + j, n - j, 0));
            sum[j != i] = vec_fma(xy, take(z + j, n - j, 0), sum[j != i]);
        }
    return vec_sum(vec_add(sum[0], sum[1]));
}

static float rmsnorm_backward(float *dx, const float *x, const float *weight, const float *dy,
                              size_t n, float epsilon, bool accumulate) {
    float r = 1 / sqrtf(dot(x, x, n) / (float)n + epsilon);
    vec scale = vec_set(r), along_x = vec_set(r * r * dot3(weight, dy, x, n) / (float)n);
    for (size_t i = 0; i < n; i += LANES) {
        vec gradient = vec_mul(take(weight + i, n - i, 0), take(dy + i, n - i, 0));
        gradient = vec_mul(scale, vec_fnma(take(x + i, n - i, 0), along_x, gradient));
        put(dx + i, accumulate ? vec_add(gradient, take(dx + i, n - i, 0)) : gradient, n - i);
    }
    return r;
}

static void rmsnorm_weight_backward(float *dweight, const float *x, const float *dy, size_t n,
                                    float r) {
    for (size_t i = 0; i < n; i += LANES) {
        vec product = vec_mul(take(dy + i, n - i, 0), take(x + i, n - i, 0));
        put(dweight + i, vec_fma(product, vec_set(r), take(dweight + i, n - i, 0)), n - i);
    }
}

/* By the angles, or with a `direction` of -1 back. */
static inline void rotate(float *x, const float *cosine, const float *sine, size_t head_dim,
                          float direction) {
    size_t half = head_dim / 2;
    for (size_t i = 0; i < half; i += LANES) {
        size_t left = half - i;
        vec a = take(x + i, left, 0), b = take(x + half + i, left, 0);
        vec c = take(cosine + i, left, 0), s = take(sine + i, left, 0);
        s = vec_mul(vec_set(direction), s);
        put(x + i, vec_fnma(b, s, vec_mul(a, c)), left);
        put(x + half + i, vec_fma(a, s, vec_mul(b, c)), left);
    }
}

static void rope(float *x, const float *cosine, const float *sine, size_t head_dim) {
    rotate(x, cosine, sine, head_dim, 1);
}

static void rope_backward(float *dx, const float *cosine, const float *sine, size_t head_dim) {
    rotate(dx, cosine, sine, head_dim, -1);
}

static void swiglu(float *y, const float *gate, const float *up, size_t n) {
    for (size_t i = 0; i < n; i += LANES) {
        vec g = take(gate + i, n - i, 0);
        vec silu = vec_div(g, vec_add(vec_set(1), vec_exp(vec_sub(vec_set(0), g))));
        put(y + i, vec_mul(silu, take(up + i, n - i, 0)), n - i);
    }
}

static void swiglu_backward(float *dgate, float *dup, const float *gate, const float *up,
                            const float *dy, size_t n) {
    const vec one = vec_set(1);
    for (size_t i = 0; i < n; i += LANES) {
        vec g = take(gate + i, n - i, 0), d = take(dy + i, n - i, 0);
        vec sigmoid = vec_div(one, vec_add(one, vec_exp(vec_sub(vec_set(0), g))));
        vec slope = vec_mul(sigmoid, vec_fma(g, vec_sub(one, sigmoid), one));
        vec of_gate = vec_mul(vec_mul(d, take(up + i, n - i, 0)), slope);
        put(dup + i, vec_mul(d, vec_mul(g, sigmoid)), n - i);
        put(dgate + i, of_gate, n - i);
    }
}

/* Philox4x32-10 of a counter in the low half of each pair of lanes; the high halves are anything, in
 * the words that come out too. */
static inline void philox(ivec c[4], uint64_t key) {
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    const ivec m0 = ivec_set((int32_t)PHILOX_M0), m1 = ivec_set((int32_t)PHILOX_M1);
    for (int round = 0; round < PHILOX_ROUNDS; round++, k0 += PHILOX_W0, k1 += PHILOX_W1) {
        ivec p0 = ivec_mul_low_halves(c[0], m0), p1 = ivec_mul_low_halves(c[2], m1);
        c[0] = ivec_xor(ivec_xor(ivec_high_to_low(p1), c[1]), ivec_set((int32_t)k0));
        c[1] = p1;
        c[2] = ivec_xor(ivec_xor(ivec_high_to_low(p0), c[3]), ivec_set((int32_t)k1));
        c[3] = p0;
    }
}

enum { DROPOUT_BLOCK = 64 };

/* The random words of 64 elements from a multiple of 64 on. */
static inline void dropout_words(int32_t *words, const dropout_mask *mask, uint64_t first) {
    static const int32_t pairs[16] = {0, 0, 2, 0, 4, 0, 6, 0, 8, 0, 10, 0, 12, 0, 14, 0};
    uint64_t counter = first / 4;
    for (int j = 0; j < 16; j += LANES) {
        ivec low = ivec_add(ivec_load(pairs), ivec_set((int32_t)(uint32_t)counter + j));
        ivec even[4] = {low, ivec_set((int32_t)(counter >> 32)), ivec_set((int32_t)mask->step),
                        ivec_set((int32_t)mask->place)};
        ivec odd[4] = {ivec_add(low, ivec_set(1)), even[1], even[2], even[3]};
        philox(even, mask->seed);
        philox(odd, mask->seed);
        for (int i = 0; i < 4; i++)
            ivec_store(words + 16 * i + j, ivec_interleave_low_halves(even[i], odd[i]));
    }
}

static void dropout(float *y, const float *x, size_t n, const dropout_mask *mask, uint64_t first) {
    const ivec sign = ivec_set(INT32_MIN); // turns the order of unsigned into that of signed
    ivec limit = ivec_xor(ivec_set((int32_t)(uint32_t)((double)mask->p * 0x1p32)), sign);
    vec factor = vec_set(1 / (1 - mask->p));
    int32_t words[DROPOUT_BLOCK + LANES] = {0};
    for (size_t done = 0, count; done < n; done += count) {
        size_t skip = (first + done) % DROPOUT_BLOCK;
        count = at_most(n - done, DROPOUT_BLOCK - skip);
        dropout_words(words, mask, first + done - skip);
        for (size_t i = 0; i < count; i += LANES) {
            vec kept = vec_mul(take(x + done + i, count - i, 0), factor);
            ivec random = ivec_xor(ivec_load(words + skip + i), sign);
            put(y + done + i,
                vec_from_bits(ivec_if_above(limit, random, ivec_set(0), vec_bits(kept))),
                count - i);
        }
    }
}

static void add(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i += LANES)
        put(y + i, vec_add(take(y + i, n - i, 0), take(x + i, n - i, 0)), n - i);
}

static void scale(float *y, float a, const float *x, size_t n) {
    for (size_t i = 0; i < n; i += LANES)
        put(y + i, vec_mul(vec_set(a), take(x + i, n - i, 0)), n - i);
}

static float largest(const float *x, size_t n) {
    vec max = vec_set(-INFINITY), other = max;
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        max = vec_max(max, vec_load(x + i));
        other = vec_max(other, vec_load(x + i + LANES));
    }
    for (; i < n; i += LANES)
        max = vec_max(max, take(x + i, n - i, -INFINITY));
    return vec_largest(vec_max(max, other));
}

/* The sum of exp(x[i] - max). Sums of 512 are added up in double, so long rows (a vocabulary) lose
 * nothing. */
static double sum_of_exp(const float *x, float max, size_t n) {
    double sum = 0;
    for (size_t begin = 0; begin < n; begin += 512) {
        size_t end = at_most(begin + 512, n);
        vec part = vec_set(0);
        for (size_t i = begin; i < end; i += LANES)
            part = vec_add(part, vec_exp(vec_sub(take(x + i, end - i, -INFINITY), vec_set(max))));
        sum += vec_sum(part);
    }
    return sum;
}

static float log_sum_exp(const float *x, size_t n) {
    float max = largest(x, n);
    return (float)(max + log(sum_of_exp(x, max, n)));
}

/* Exponents are taken to base 2, so that the scale costs nothing. */
static float weigh_scores(float *x, size_t n, size_t width, float factor, softmax_row *row) {
    float before = row->max, log2_factor = factor * 0x1.715476p+0f;
    row->max = fmaxf(before, largest(x, n));
    float base = row->max == -INFINITY ? 0 : row->max;
    vec slope = vec_set(log2_factor), origin = vec_set(base), sum = vec_set(0);
    for (size_t i = 0; i < n; i += LANES) {
        vec e = vec_exp2(vec_mul(vec_sub(take(x + i, n - i, -INFINITY), origin), slope));
        sum = vec_add(sum, e);
        vec_store(x + i, e);
    }
    for (size_t i = (n + LANES - 1) / LANES * LANES; i < width; i += LANES)
        vec_store(x + i, vec_set(0));
    float fade = exp2f((before - base) * log2_factor);
    row->sum = row->sum * fade + vec_sum(sum);
    return fade;
}

static void softmax_backward(float *p, float *dp, size_t n, float factor, float mean, double sum) {
    vec share = vec_set((float)(1 / sum));
    for (size_t i = 0; i < n; i += LANES) {
        vec weight = vec_mul(take(p + i, n - i, 0), share);
        vec from_mean = vec_sub(take(dp + i, n - i, 0), vec_set(mean));
        put(p + i, weight, n - i);
        put(dp + i, vec_mul(vec_mul(vec_set(factor), weight), from_mean), n - i);
    }
}

static void to_bf16(uint16_t *y, const float *x, size_t n) {
    const ivec magnitude = ivec_set(0x7fffffff), infinity = ivec_set(0x7f800000);
    for (size_t i = 0; i < n; i += LANES) {
        ivec bits = vec_bits(take(x + i, n - i, 0));
        ivec odd = ivec_and(ivec_shift_right(bits, 16), ivec_set(1));
        ivec rounded = ivec_shift_right(ivec_add(bits, ivec_add(odd, ivec_set(0x7fff))), 16);
        ivec nan = ivec_or(ivec_shift_right(bits, 16), ivec_set(0x40));
        uint16_t narrow[LANES];
        ivec_store_uint16(narrow, ivec_if_above(ivec_and(bits, magnitude), infinity, nan, rounded));
        memcpy(y + i, narrow, 2 * at_most(n - i, LANES));
    }
}

static void from_bf16(float *y, const uint16_t *x, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vec_store(y + i, vec_from_bits(ivec_shift_left(ivec_load_uint16(x + i), 16)));
    for (; i < n; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(&y[i], &bits, sizeof bits);
    }
}

/* Below, `rows` is a constant where the function is inlined, so that `sum` lives in registers.
 * KEEP_IN_REGISTER holds the compiler to that: left alone, GCC 12 keeps some sums on the stack. */
#define KEEP_IN_REGISTER(x) __asm__("" : "+v"(x))
#define CONSTANT_ROWS static inline __attribute__((always_inline)) void

/* One tile, `vectors` wide. */
CONSTANT_ROWS tile_f32(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                       size_t k, bool accumulate, const size_t vectors, const size_t rows) {
    vec sum[TILE_ROWS][2];
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (size_t j = 0; j < vectors; j++)
            sum[r][j] = vec_set(0);
    for (size_t i = 0; i < k; i++, b += ldb) {
        vec b0 = vec_load(b), b1 = vectors > 1 ? vec_load(b + LANES) : b0;
#pragma GCC unroll 16
        for (size_t r = 0; r < rows; r++) {
            vec x = vec_set(a[r * lda + i]);
            sum[r][0] = vec_fma(x, b0, sum[r][0]);
            KEEP_IN_REGISTER(sum[r][0]);
            if (vectors > 1) {
                sum[r][1] = vec_fma(x, b1, sum[r][1]);
                KEEP_IN_REGISTER(sum[r][1]);
            }
        }
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (size_t j = 0; j < vectors; j++) {
            float *to = c + r * ldc + j * LANES;
            vec_store(to, accumulate ? vec_add(sum[r][j], vec_load(to)) : sum[r][j]);
        }
}

/* Rows are taken in whole tiles, the rest as 8 (of a tile of 12), 4, 2 and 1. */
CONSTANT_ROWS rows_f32(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                       size_t rows, size_t k, bool accumulate, const size_t vectors) {
    for (size_t done; rows; rows -= done, c += done * ldc, a += done * lda) {
        if (rows >= TILE_ROWS)
            tile_f32(c, ldc, a, lda, b, ldb, k, accumulate, vectors, done = TILE_ROWS);
        else if (TILE_ROWS > 8 && rows >= 8)
            tile_f32(c, ldc, a, lda, b, ldb, k, accumulate, vectors, done = at_most(8, TILE_ROWS));
        else if (rows >= 4)
            tile_f32(c, ldc, a, lda, b, ldb, k, accumulate, vectors, done = 4);
        else if (rows >= 2)
            tile_f32(c, ldc, a, lda, b, ldb, k, accumulate, vectors, done = 2);
        else
            tile_f32(c, ldc, a, lda, b, ldb, k, accumulate, vectors, done = 1);
    }
}

static void gemm_f32(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                     size_t rows, size_t k, bool accumulate) {
    rows_f32(c, ldc, a, lda, b, ldb, rows, k, accumulate, 2);
}

static void gemm_f32_half(float *c, size_t ldc, const float *a, size_t lda, const float *b,
                          size_t ldb, size_t rows, size_t k, bool accumulate) {
    rows_f32(c, ldc, a, lda, b, ldb, rows, k, accumulate, 1);
}

/* b[i][j] = rows[j][i] for an 8 x 8 block: three rounds of swaps, of 1, 2 and 4 lanes. */
static inline void transpose_8x8(float *b, size_t ldb, const float *const rows[8], size_t i) {
    __m256 in[8], pairs[8], quads[8];
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++)
        in[j] = _mm256_loadu_ps(rows[j] + i);
#pragma GCC unroll 4
    for (int j = 0; j < 8; j += 2) {
        pairs[j] = _mm256_unpacklo_ps(in[j], in[j + 1]);
        pairs[j + 1] = _mm256_unpackhi_ps(in[j], in[j + 1]);
    }
#pragma GCC unroll 2
    for (int j = 0; j < 8; j += 4) {
        quads[j] = _mm256_shuffle_ps(pairs[j], pairs[j + 2], 0x44);
        quads[j + 1] = _mm256_shuffle_ps(pairs[j], pairs[j + 2], 0xee);
        quads[j + 2] = _mm256_shuffle_ps(pairs[j + 1], pairs[j + 3], 0x44);
        quads[j + 3] = _mm256_shuffle_ps(pairs[j + 1], pairs[j + 3], 0xee);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256 low = _mm256_permute2f128_ps(quads[j], quads[j + 4], 0x20);
        __m256 high = _mm256_permute2f128_ps(quads[j], quads[j + 4], 0x31);
        _mm256_storeu_ps(b + (size_t)j * ldb, low);
        _mm256_storeu_ps(b + (size_t)(j + 4) * ldb, high);
    }
}

static void transpose_panel(float *b, const float *const *rows, size_t count, size_t n) {
    size_t whole_columns = count / 8 * 8, whole_n = n / 8 * 8;
    for (size_t j = 0; j < whole_columns; j += 8)
        for (size_t i = 0; i < whole_n; i += 8)
            transpose_8x8(b + i * PANEL + j, PANEL, rows + j, i);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i < whole_n ? whole_columns : 0; j < PANEL; j++)
            b[i * PANEL + j] = j < count ? rows[j][i] : 0;
}

static void transpose(float *y, size_t ldy, const float *x, size_t ldx, size_t rows,
                      size_t columns) {
    size_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
    for (size_t j = 0; j < whole_rows; j += 8) {
        const float *block[8];
        for (size_t r = 0; r < 8; r++)
            block[r] = x + (j + r) * ldx;
        for (size_t i = 0; i < whole_columns; i += 8)
            transpose_8x8(y + i * ldy + j, ldy, block, i);
    }
    for (size_t i = 0; i < columns; i++)
        for (size_t j = i < whole_columns ? whole_rows : 0; j < rows; j++)
            y[i * ldy + j] = x[j * ldx + i];
}

static const kernels table = {
    .level = (cpu_level)TABLE_LEVEL,
    .panel = PANEL,
    .rmsnorm = rmsnorm,
    .rmsnorm_backward = rmsnorm_backward,
    .rmsnorm_weight_backward = rmsnorm_weight_backward,
    .rope = rope,
    .rope_backward = rope_backward,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .dropout = dropout,
    .add = add,
    .scale = scale,
    .dot = dot,
    .weigh_scores = weigh_scores,
    .softmax_backward = softmax_backward,
    .log_sum_exp = log_sum_exp,
    .to_bf16 = to_bf16,
    .from_bf16 = from_bf16,
    .gemm_f32 = gemm_f32,
    .gemm_f32_half = gemm_f32_half,
    .transpose_panel = transpose_panel,
    .transpose = transpose,
};
