#define _GNU_SOURCE
#include "text/hash.h"

#include <sys/random.h>
#include <time.h>

uint64_t hash_random_seed(void) {
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return hash_u64((uint64_t)now.tv_nsec, (uint64_t)now.tv_sec);
}

size_t hash_table_slots(size_t count) {
    size_t slots = 16;
    while (slots / 2 < count)
        slots *= 2;
    return slots;
}
