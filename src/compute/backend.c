#include "compute/backend.h"

#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/onednn.h"
#include "compute/panels.h"

#include <pthread.h>
#include <string.h>

/* A product of numbers that are all +1 or -1, whose sums every precision can hold exactly. */
enum { TEST_TOKENS = 20, TEST_OUT = 48, TEST_IN = 300 };

static float test_sign(int64_t row, int64_t i) {
    uint32_t hash = (uint32_t)(row * 7919 + i) * 2654435761u;
    bool negative = row == 0 ? false : row == 1 ? true : hash >> 31;
    return negative ? -1 : 1;
}

static dear_status test_weight(void *context, int64_t first, int64_t count, float *out,
                               dear_error *err) {
    (void)context, (void)err;
    for (int64_t row = 0; row < count; row++)
        for (int64_t i = 0; i < TEST_IN; i++)
            out[row * TEST_IN + i] = test_sign(first + row, i);
    return DEAR_OK;
}

/* Whether oneDNN can compute that product here, and as we do, bit for bit. */
static bool onednn_is_exact(precision p) {
    enum { X = TEST_TOKENS * TEST_IN, Y = TEST_TOKENS * TEST_OUT };
    onednn_matmul *theirs = NULL;
    panels *ours = NULL;
    linear_scratch *scratch = NULL;
    linear_source source = {.rows = test_weight};
    linear_rows rows = {.tokens = TEST_TOKENS};
    float *x = mem_calloc(X + 2 * Y, sizeof *x), *y = x ? x + X : NULL;
    if (x)
        test_weight(NULL, 0, TEST_TOKENS, x, NULL);
    rows.x = x;
    bool exact = x && linear_scratch_create(&scratch, NULL) == DEAR_OK &&
                 panels_create(&ours, TEST_OUT, TEST_IN, p, &source, NULL) == DEAR_OK &&
                 onednn_matmul_create(&theirs, TEST_OUT, TEST_IN, p, &source, NULL) == DEAR_OK &&
                 panels_apply(ours, scratch, &rows, y, NULL) == DEAR_OK &&
                 onednn_matmul_apply(theirs, scratch, &rows, y + Y, NULL) == DEAR_OK &&
                 memcmp(y, y + Y, Y * sizeof *y) == 0;
    onednn_matmul_free(theirs);
    panels_free(ours);
    linear_scratch_free(scratch);
    mem_free(x);
    return exact;
}

static bool processor_is_made_for(precision p) {
    const cpu_features *f = cpu_get_features();
    switch (p) {
    case PRECISION_F32:
        return f->avx512;
    case PRECISION_BF16:
        return f->avx512_bf16 || f->amx_bf16;
    case PRECISION_INT8:
    case PRECISION_AUTO:
        break;
    }
    return false;
}

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static backend backends[PRECISION_INT8 + 1];

static void ask(void) {
    for (precision p = PRECISION_F32; p <= PRECISION_BF16; p++)
        backends[p] =
            processor_is_made_for(p) && onednn_is_exact(p) ? BACKEND_ONEDNN : BACKEND_PANELS;
    backends[PRECISION_INT8] = BACKEND_GROUPED;
}

backend backend_for(precision p) {
    pthread_once(&asked, ask);
    return backends[p];
}
