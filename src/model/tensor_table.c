#include "model/tensor_table.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

dear_status tensor_table_add(tensor_table *table, const tensor *t, const char *name, size_t length,
                             dear_error *err) {
    char *copy = mem_strndup(name, length);
    if (!copy ||
        !mem_grow((void **)&table->items, &table->capacity, table->count, sizeof *table->items)) {
        mem_free(copy);
        return error_memory(err);
    }
    tensor *added = &table->items[table->count++];
    *added = *t;
    added->name = copy;
    return DEAR_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const tensor *)a)->name, ((const tensor *)b)->name);
}

dear_status tensor_table_sort(tensor_table *table, const char *where, dear_error *err) {
    if (table->count)
        qsort(table->items, table->count, sizeof *table->items, by_name);
    for (size_t i = 1; i < table->count; i++)
        if (by_name(&table->items[i - 1], &table->items[i]) == 0)
            return error_set(err, DEAR_ERROR_INPUT, "%s: tensor \"%s\" is there twice", where,
                             table->items[i].name);
    return DEAR_OK;
}

const tensor *tensor_table_find(const tensor_table *table, const char *name) {
    tensor key = {.name = name};
    if (table->count == 0)
        return NULL;
    return bsearch(&key, table->items, table->count, sizeof *table->items, by_name);
}

void tensor_table_free(tensor_table *table) {
    for (size_t i = 0; i < table->count; i++)
        mem_free((char *)table->items[i].name);
    mem_free(table->items);
    *table = (tensor_table){0};
}
