/*
 * Ids to numbers: a hash table from strings to places in an array. The hash is keyed by a random
 * secret of the process, so that no file can be made to collide on purpose.
 */
#ifndef DEAR_RANK_ID_TABLE_H
#define DEAR_RANK_ID_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define ID_NONE SIZE_MAX ///< the value of a key that has none (yet)

/* Zero-initialize; end with id_table_free. */
typedef struct id_table {
    struct id_slot *slots; ///< [capacity]
    size_t capacity;       ///< a power of two, or 0
    size_t count;
} id_table;

/* The value of `key`, which is added with ID_NONE when it is new; NULL when there is no memory.
 * The key is borrowed: it must live as long as the table. The pointer is good until the next call.
 */
size_t *id_table_at(id_table *t, const char *key);

/* The value of `key`, or ID_NONE. */
size_t id_table_find(const id_table *t, const char *key);

void id_table_free(id_table *t);

#endif
