#include "text/tokenizer.h"

#include "base/memory.h"

#include <string.h>

bool token_list_append(token_list *list, const int32_t *ids, size_t count) {
    if (count > list->capacity - list->count) {
        size_t wanted = list->count + count;
        if (wanted < count)
            return false;
        if (wanted < list->capacity + list->capacity / 2)
            wanted = list->capacity + list->capacity / 2;
        int32_t *grown = mem_realloc(list->ids, wanted, sizeof *grown);
        if (!grown)
            return false;
        list->ids = grown;
        list->capacity = wanted;
    }
    if (count)
        memcpy(list->ids + list->count, ids, count * sizeof *ids);
    list->count += count;
    return true;
}

bool token_list_push(token_list *list, int32_t id) {
    if (!mem_grow((void **)&list->ids, &list->capacity, list->count, sizeof *list->ids))
        return false;
    list->ids[list->count++] = id;
    return true;
}

void token_list_free(token_list *list) {
    mem_free(list->ids);
    *list = (token_list){0};
}
