/*
 * Allocation. Every allocation of the library passes here, so that tests can make the n-th one
 * fail and hold every caller to its cleaning-up.
 */
#ifndef DEAR_BASE_MEMORY_H
#define DEAR_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* `count` elements of `size` bytes, zeroed; NULL when there is no memory or the product overflows.
 * A count of 0 gives a pointer that may be freed. */
void *mem_calloc(size_t count, size_t size);

/* As realloc for `count` elements of `size` bytes; on failure the old block stays as it was. */
void *mem_realloc(void *block, size_t count, size_t size);

/* `bytes` bytes at a 64-byte boundary, not zeroed; ended by mem_free. For tensors. */
void *mem_alloc_aligned(size_t bytes);

/* Ends any of the above; NULL is fine. */
void mem_free(void *block);

/* A copy of the first `length` bytes of `text` with a terminating zero. */
char *mem_strndup(const char *text, size_t length);
char *mem_strdup(const char *text);

/*
 * Makes room for one more element in a growing array: when `count` has reached `*capacity`, the
 * block grows by half. Returns false, with everything as it was, when there is no memory.
 */
bool mem_grow(void **block, size_t *capacity, size_t count, size_t size);

/* Test hook: the n-th allocation from now fails (1 is the next one), 0 turns it off. */
void mem_fail_after(long n);

#endif
