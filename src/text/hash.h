/*
 * The hash of the tokenizer's tables: multiply, then fold the two halves of the 128-bit product.
 * Seeded at random for each table, so that a vocabulary cannot be made to collide.
 */
#ifndef DEAR_TEXT_HASH_H
#define DEAR_TEXT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Odd constants with balanced bits, from the digits of pi. */
#define HASH_K0 UINT64_C(0x243F6A8885A308D3)
#define HASH_K1 UINT64_C(0x13198A2E03707345)

static inline uint64_t hash_u64(uint64_t value, uint64_t seed) {
    return hash_fold(value ^ HASH_K0, seed ^ HASH_K1);
}

static inline uint64_t hash_load(const char *bytes, size_t count) {
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    return word;
}

/* Up to 8 bytes as one number; with the length mixed in elsewhere it tells all strings apart. */
static inline uint64_t hash_load_short(const char *bytes, size_t length) {
    if (length >= 4)
        return hash_load(bytes, 4) | hash_load(bytes + length - 4, 4) << 32;
    if (length == 0)
        return 0;
    return (uint64_t)(unsigned char)bytes[0] | (uint64_t)(unsigned char)bytes[length / 2] << 8 |
           (uint64_t)(unsigned char)bytes[length - 1] << 16;
}

static inline uint64_t hash_bytes(const char *bytes, size_t length, uint64_t seed) {
    uint64_t h = seed ^ hash_fold(length ^ HASH_K1, HASH_K0);
    while (length > 8) {
        h = hash_fold(h ^ hash_load(bytes, 8), HASH_K0);
        bytes += 8;
        length -= 8;
    }
    return hash_fold(h ^ hash_load_short(bytes, length), seed ^ HASH_K1);
}

/* A seed that a file's author cannot know. */
uint64_t hash_random_seed(void);

/* The number of slots, a power of two, that keeps a table of `count` entries at most half full. */
size_t hash_table_slots(size_t count);

#endif
