#include "rank/hits.h"

#include "base/memory.h"
#include "rank/utf8_text.h"

#include <stdlib.h>
#include <string.h>

static char *clean_duplicate(const char *text) {
    size_t length = strlen(text);
    char *copy = mem_calloc(utf8_clean_length(text, length) + 1, 1);
    if (copy)
        utf8_clean_copy(copy, text, length);
    return copy;
}

static void free_list(hit_list *list) {
    hit_list_cut(list, 0);
    mem_free(list->hits);
    mem_free(list->qid);
    mem_free(list->query);
    json_decref(list->answers);
}

hit_list *hit_set_add(hit_set *set, const char *qid, const char *query) {
    if (!mem_grow((void **)&set->lists, &set->capacity, set->count, sizeof *set->lists))
        return NULL;
    hit_list list = {.qid = clean_duplicate(qid), .query = query ? clean_duplicate(query) : NULL};
    size_t *place = NULL;
    if (list.qid && (list.query || !query))
        place = id_table_at(&set->index, list.qid);
    if (!place) {
        free_list(&list);
        return NULL;
    }
    *place = set->count;
    set->lists[set->count] = list;
    return &set->lists[set->count++];
}

hit_list *hit_set_find(const hit_set *set, const char *qid) {
    size_t place = id_table_find(&set->index, qid);
    return place == ID_NONE ? NULL : &set->lists[place];
}

/* Puts the ids of `from` into the index of `set`, at the places that they will have. */
static dear_status index_joined(id_table *index, const hit_set *set, const hit_set *from,
                                dear_error *err) {
    for (size_t i = 0; i < set->count + from->count; i++) {
        const hit_list *list = i < set->count ? &set->lists[i] : &from->lists[i - set->count];
        size_t *place = id_table_at(index, list->qid);
        if (!place)
            return error_memory(err);
        if (*place != ID_NONE)
            return error_set(err, DEAR_ERROR_INPUT, "query \"%s\" is in two of the inputs",
                             list->qid);
        *place = i;
    }
    return DEAR_OK;
}

dear_status hit_set_join(hit_set *set, hit_set *from, dear_error *err) {
    if (from->count == 0)
        return DEAR_OK;
    id_table index = {0};
    dear_status status = index_joined(&index, set, from, err);
    hit_list *lists = NULL;
    if (status == DEAR_OK) {
        lists = mem_realloc(set->lists, set->count + from->count, sizeof *lists);
        if (!lists)
            status = error_memory(err);
    }
    if (status != DEAR_OK) {
        id_table_free(&index);
        return status;
    }
    memcpy(lists + set->count, from->lists, from->count * sizeof *lists);
    id_table_free(&set->index);
    bool ordered = from->ordered && (set->ordered || set->count == 0);
    size_t count = set->count + from->count;
    *set = (hit_set){lists, count, count, index, ordered, set->tag};
    from->count = 0;
    hit_set_free(from);
    return DEAR_OK;
}

/* One block: docid, and title and text if they are known. */
static bool pack_strings(hit *h, const char *docid, const char *title, const char *text) {
    size_t docid_length = strlen(docid);
    size_t title_length = title ? strlen(title) : 0;
    size_t text_length = text ? strlen(text) : 0;
    char *block =
        mem_calloc(utf8_clean_length(docid, docid_length) + utf8_clean_length(title, title_length) +
                       utf8_clean_length(text, text_length) + 3,
                   1);
    if (!block)
        return false;
    char *title_at = utf8_clean_copy(block, docid, docid_length) + 1;
    char *text_at = utf8_clean_copy(title_at, title, title_length) + 1;
    utf8_clean_copy(text_at, text, text_length);
    h->docid = block;
    h->title = title ? title_at : NULL;
    h->text = text ? text_at : NULL;
    return true;
}

bool hit_list_add(hit_list *list, const char *docid, const char *title, const char *text,
                  double score) {
    if (!mem_grow((void **)&list->hits, &list->capacity, list->count, sizeof *list->hits))
        return false;
    int64_t rank = (int64_t)list->count + 1;
    hit h = {.score = score, .rank = rank, .first_rank = rank};
    if (!pack_strings(&h, docid, title, text))
        return false;
    list->hits[list->count++] = h;
    return true;
}

bool hit_list_give_query(hit_list *list, const char *query) {
    char *copy = clean_duplicate(query);
    if (!copy)
        return false;
    mem_free(list->query);
    list->query = copy;
    return true;
}

bool hit_give_passage(hit *h, const char *title, const char *text) {
    char *old = h->docid;
    if (!pack_strings(h, old, title, text))
        return false;
    mem_free(old);
    return true;
}

static int better_first(const void *a, const void *b) {
    const hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void hit_list_sort(hit_list *list) {
    if (list->count > 1)
        qsort(list->hits, list->count, sizeof *list->hits, better_first);
    for (size_t i = 0; i < list->count; i++)
        list->hits[i].rank = (int64_t)i + 1;
}

void hit_list_cut(hit_list *list, size_t k) {
    while (list->count > k)
        mem_free(list->hits[--list->count].docid);
}

void hit_set_free(hit_set *set) {
    for (size_t i = 0; i < set->count; i++)
        free_list(&set->lists[i]);
    mem_free(set->lists);
    id_table_free(&set->index);
    mem_free(set->tag);
    *set = (hit_set){0};
}
