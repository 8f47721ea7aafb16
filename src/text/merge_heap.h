/* A binary min-heap of 64-bit keys in an array that the caller owns and grows. */
#ifndef DEAR_TEXT_MERGE_HEAP_H
#define DEAR_TEXT_MERGE_HEAP_H

#include <stddef.h>
#include <stdint.h>

static inline void merge_heap_push(uint64_t *heap, size_t *count, uint64_t key) {
    size_t at = (*count)++;
    while (at > 0 && heap[(at - 1) / 2] > key) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = key;
}

/* Takes out the smallest key; 0 < *count. */
static inline uint64_t merge_heap_pop(uint64_t *heap, size_t *count) {
    uint64_t top = heap[0], last = heap[--*count];
    size_t at = 0;
    for (size_t child = 1; child < *count; child = 2 * at + 1) {
        child += child + 1 < *count && heap[child + 1] < heap[child];
        if (heap[child] >= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

#endif
