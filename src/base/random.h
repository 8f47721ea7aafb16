/*
 * Random numbers that a seed repeats: xoshiro256++ (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", ACM TOMS 2021), its state filled by SplitMix64 (Steele, Lea and
 * Flood, OOPSLA 2014). Not for secrets.
 */
#ifndef DEAR_BASE_RANDOM_H
#define DEAR_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct random_source {
    uint64_t state[4];
} random_source;

random_source random_from_seed(uint64_t seed);

/* 64 random bits. */
uint64_t random_bits(random_source *r);

/* A number in [0, bound), every one equally likely; bound > 0. */
size_t random_below(random_source *r, size_t bound);

#endif
