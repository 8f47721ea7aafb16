#include "rank/collection.h"

#include "base/memory.h"

dear_status collection_want(collection *c, const char *id, dear_error *err) {
    if (id_table_find(&c->ids, id) != ID_NONE)
        return DEAR_OK;
    if (!mem_grow((void **)&c->entries, &c->capacity, c->count, sizeof *c->entries))
        return error_memory(err);
    collection_entry entry = {.id = mem_strdup(id)};
    size_t *place = entry.id ? id_table_at(&c->ids, entry.id) : NULL;
    if (!place) {
        mem_free(entry.id);
        return error_memory(err);
    }
    *place = c->count;
    c->entries[c->count++] = entry;
    return DEAR_OK;
}

const collection_entry *collection_find(const collection *c, const char *id) {
    size_t place = id_table_find(&c->ids, id);
    return place != ID_NONE && c->entries[place].text ? &c->entries[place] : NULL;
}

void collection_free(collection *c) {
    for (size_t i = 0; i < c->count; i++) {
        mem_free(c->entries[i].id);
        mem_free(c->entries[i].title);
        mem_free(c->entries[i].text);
    }
    mem_free(c->entries);
    id_table_free(&c->ids);
    *c = (collection){0};
}

static dear_status keep(collection_entry *entry, const record *found, const char *path,
                        dear_error *err) {
    if (entry->text)
        return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: \"%s\" is there twice (first on line %zu)",
                         path, found->line, entry->id, entry->line);
    entry->title = mem_strdup(found->title);
    entry->text = mem_strdup(found->text);
    entry->line = found->line;
    return entry->title && entry->text ? DEAR_OK : error_memory(err);
}

static dear_status read_records(collection *c, record_reader *reader, dear_error *err) {
    for (;;) {
        record found;
        TRY(record_reader_next(reader, &found, err));
        if (!found.id)
            return DEAR_OK;
        size_t place = id_table_find(&c->ids, found.id);
        if (place != ID_NONE)
            TRY(keep(&c->entries[place], &found, record_reader_path(reader), err));
    }
}

dear_status collection_read(collection *c, collection_kind kind, const char *path,
                            dear_error *err) {
    record_reader *reader;
    TRY(record_reader_open(&reader, kind, path, err));
    dear_status status = read_records(c, reader, err);
    record_reader_close(reader);
    return status;
}
