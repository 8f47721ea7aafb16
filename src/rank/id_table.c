#define _GNU_SOURCE
#include "rank/id_table.h"

#include "base/memory.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct id_slot {
    const char *key; ///< NULL: free
    uint64_t hash;
    size_t value;
};

static uint64_t secret[2];
static pthread_once_t secret_drawn = PTHREAD_ONCE_INIT;

static void draw_secret(void) {
    if (getrandom(secret, sizeof secret, GRND_NONBLOCK) != (ssize_t)sizeof secret) {
        secret[0] = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u;
        secret[1] = (uint64_t)(uintptr_t)&secret * 0xd1342543de82ef95u;
    }
    secret[1] |= 1;
}

/* The two halves of a 128-bit product, folded. */
static uint64_t fold_product(uint64_t a, uint64_t b) {
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_key(const char *key) {
    pthread_once(&secret_drawn, draw_secret);
    size_t length = strlen(key);
    uint64_t h = secret[0] ^ length;
    for (; length > 0; key += 8) {
        uint64_t word = 0;
        size_t taken = length < 8 ? length : 8;
        memcpy(&word, key, taken);
        h = fold_product(h ^ word, secret[1] ^ 0x9e3779b97f4a7c15u);
        length -= taken;
    }
    return fold_product(h ^ secret[0], 0xd1342543de82ef95u);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct id_slot *probe(const id_table *t, const char *key, uint64_t hash) {
    size_t i = hash & (t->capacity - 1);
    while (t->slots[i].key && (t->slots[i].hash != hash || strcmp(t->slots[i].key, key) != 0))
        i = (i + 1) & (t->capacity - 1);
    return &t->slots[i];
}

/* Doubles the table once it is two thirds full. */
static bool make_room(id_table *t) {
    if (t->count < t->capacity / 3 * 2)
        return true;
    id_table bigger = {.capacity = t->capacity ? 2 * t->capacity : 16, .count = t->count};
    bigger.slots = mem_calloc(bigger.capacity, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < t->capacity; i++)
        if (t->slots[i].key)
            *probe(&bigger, t->slots[i].key, t->slots[i].hash) = t->slots[i];
    mem_free(t->slots);
    *t = bigger;
    return true;
}

size_t *id_table_at(id_table *t, const char *key) {
    if (!make_room(t))
        return NULL;
    uint64_t hash = hash_key(key);
    struct id_slot *slot = probe(t, key, hash);
    if (!slot->key) {
        *slot = (struct id_slot){key, hash, ID_NONE};
        t->count++;
    }
    return &slot->value;
}

size_t id_table_find(const id_table *t, const char *key) {
    if (t->count == 0)
        return ID_NONE;
    const struct id_slot *slot = probe(t, key, hash_key(key));
    return slot->key ? slot->value : ID_NONE;
}

void id_table_free(id_table *t) {
    mem_free(t->slots);
    *t = (id_table){0};
}
