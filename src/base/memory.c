#include "base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_long fail_countdown;

void mem_fail_after(long n) {
    atomic_store(&fail_countdown, n);
}

static bool must_fail(void) {
    return atomic_load_explicit(&fail_countdown, memory_order_relaxed) > 0 &&
           atomic_fetch_sub(&fail_countdown, 1) == 1;
}

/* malloc's own limit: an object is at most PTRDIFF_MAX bytes. */
static bool too_large(size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - 64;
}

void *mem_calloc(size_t count, size_t size) {
    if (too_large(count, size) || must_fail())
        return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *mem_realloc(void *block, size_t count, size_t size) {
    if (too_large(count, size) || must_fail())
        return NULL;
    return realloc(block, count && size ? count * size : 1);
}

void *mem_alloc_aligned(size_t bytes) {
    if (too_large(bytes, 1) || must_fail())
        return NULL;
    return aligned_alloc(64, (bytes + 64) / 64 * 64);
}

void mem_free(void *block) {
    free(block);
}

char *mem_strndup(const char *text, size_t length) {
    char *copy = mem_calloc(length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *mem_strdup(const char *text) {
    return mem_strndup(text, strlen(text));
}

bool mem_grow(void **block, size_t *capacity, size_t count, size_t size) {
    if (count < *capacity)
        return true;
    size_t wanted = *capacity < 8 ? 8 : *capacity + *capacity / 2;
    void *grown = mem_realloc(*block, wanted, size);
    if (!grown)
        return false;
    *block = grown;
    *capacity = wanted;
    return true;
}
