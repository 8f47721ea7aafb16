#include "retrieve/postings.h"

#include "base/memory.h"

postings *postings_new(const char *term) {
    postings *p = mem_calloc(1, sizeof *p);
    if (p)
        p->term = mem_strdup(term);
    if (!p || p->term)
        return p;
    mem_free(p);
    return NULL;
}

void postings_free(postings *p) {
    if (!p)
        return;
    mem_free(p->term);
    mem_free(p->list);
    mem_free(p);
}

void postings_cache_open(postings_cache *c, size_t limit) {
    *c = (postings_cache){.limit = limit};
    pthread_mutex_init(&c->lock, NULL);
}

const postings *postings_cache_find(postings_cache *c, const char *term) {
    pthread_mutex_lock(&c->lock);
    size_t place = id_table_find(&c->index, term);
    const postings *found = place == ID_NONE ? NULL : c->lists[place];
    pthread_mutex_unlock(&c->lock);
    return found;
}

static bool keep(postings_cache *c, postings *p, size_t bytes) {
    if (bytes > c->limit - c->bytes || id_table_find(&c->index, p->term) != ID_NONE ||
        !mem_grow((void **)&c->lists, &c->capacity, c->count, sizeof *c->lists))
        return false;
    size_t *place = id_table_at(&c->index, p->term);
    if (!place)
        return false;
    *place = c->count;
    c->lists[c->count++] = p;
    c->bytes += bytes;
    return true;
}

bool postings_cache_keep(postings_cache *c, postings *p) {
    enum { OVERHEAD = 128 };
    pthread_mutex_lock(&c->lock);
    bool kept = keep(c, p, p->capacity * sizeof *p->list + OVERHEAD);
    pthread_mutex_unlock(&c->lock);
    return kept;
}

void postings_cache_close(postings_cache *c) {
    for (size_t i = 0; i < c->count; i++)
        postings_free(c->lists[i]);
    mem_free(c->lists);
    id_table_free(&c->index);
    pthread_mutex_destroy(&c->lock);
}
