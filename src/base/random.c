#include "base/random.h"

static uint64_t split_mix(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

random_source random_from_seed(uint64_t seed) {
    random_source r;
    for (int i = 0; i < 4; i++)
        r.state[i] = split_mix(&seed);
    return r;
}

static uint64_t rotate_left(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

uint64_t random_bits(random_source *r) {
    uint64_t *s = r->state;
    uint64_t bits = rotate_left(s[0] + s[3], 23) + s[0];
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return bits;
}

/* The upper half of a product; the few lower halves that would favour some numbers are drawn again
 * (Lemire, "Fast random integer generation in an interval", ACM TOMACS 2019). */
size_t random_below(random_source *r, size_t bound) {
    uint64_t unfair = -(uint64_t)bound % bound;
    unsigned __int128 product;
    do
        product = (unsigned __int128)random_bits(r) * bound;
    while ((uint64_t)product < unfair);
    return (size_t)(product >> 64);
}
