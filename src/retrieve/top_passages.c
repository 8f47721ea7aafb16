#include "retrieve/top_passages.h"

#include <stdbool.h>
#include <stdlib.h>

/* True when `a` belongs behind `b`. */
static bool is_worse(const found_passage *a, const found_passage *b) {
    return a->score != b->score ? a->score < b->score : a->passage > b->passage;
}

static void sift_up(found_passage *heap, size_t i, found_passage f) {
    for (; i > 0 && is_worse(&f, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = f;
}

/* Puts `f` in the place of the root. */
static void sift_down(found_passage *heap, size_t count, found_passage f) {
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        child += child + 1 < count && is_worse(&heap[child + 1], &heap[child]);
        if (!is_worse(&heap[child], &f))
            break;
        heap[i] = heap[child];
    }
    heap[i] = f;
}

void top_passages_offer(top_passages *t, uint32_t passage, uint32_t score) {
    found_passage f = {passage, score};
    if (score <= top_passages_least(t))
        return;
    if (t->count < t->k)
        sift_up(t->heap, t->count++, f);
    else
        sift_down(t->heap, t->count, f);
}

static int better_first(const void *a, const void *b) {
    return is_worse(a, b) ? 1 : is_worse(b, a) ? -1 : 0;
}

void top_passages_sort(top_passages *t) {
    if (t->count)
        qsort(t->heap, t->count, sizeof *t->heap, better_first);
}
