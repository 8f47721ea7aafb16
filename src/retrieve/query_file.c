#include "retrieve/query_file.h"

#include "rank/record_reader.h"

static dear_status read_queries(hit_set *set, record_reader *reader, dear_error *err) {
    for (;;) {
        record query;
        TRY(record_reader_next(reader, &query, err));
        if (!query.id)
            break;
        if (hit_set_find(set, query.id))
            return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: query \"%s\" is there twice",
                             record_reader_path(reader), query.line, query.id);
        if (!hit_set_add(set, query.id, query.text))
            return error_memory(err);
    }
    if (set->count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds no queries", record_reader_path(reader));
    set->ordered = true;
    return DEAR_OK;
}

dear_status query_file_read(hit_set *out, const char *path, dear_error *err) {
    *out = (hit_set){0};
    record_reader *reader;
    TRY(record_reader_open(&reader, COLLECTION_QUERIES, path, err));
    dear_status status = read_queries(out, reader, err);
    record_reader_close(reader);
    if (status != DEAR_OK)
        hit_set_free(out);
    return status;
}
