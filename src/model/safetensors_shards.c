#include "model/safetensors_shards.h"

#include "base/memory.h"

/* The end of the shard that begins with tensor `begin`. */
static size_t shard_end(const shard_writer *w, size_t begin) {
    uint64_t bytes = 0;
    size_t end = begin;
    do
        bytes += w->tensors[end++].bytes;
    while (end < w->count && bytes + w->tensors[end].bytes <= w->shard_bytes);
    return end;
}

static size_t count_shards(const shard_writer *w) {
    size_t count = 0;
    for (size_t begin = 0; begin < w->count; begin = shard_end(w, begin))
        count++;
    return count;
}

static void name_shard(const shard_writer *w, char name[SHARD_NAME_SIZE]) {
    if (w->of == 1)
        snprintf(name, SHARD_NAME_SIZE, "model.safetensors");
    else
        snprintf(name, SHARD_NAME_SIZE, "model-%05zu-of-%05zu.safetensors", w->number, w->of);
}

/* Notes in the index which file holds tensors [begin, end). */
static dear_status index_shard(shard_writer *w, const char *name, size_t begin, size_t end,
                               dear_error *err) {
    for (size_t i = begin; i < end; i++)
        if (json_object_set_new(w->weight_map, w->tensors[i].name, json_string(name)) != 0)
            return error_memory(err);
    return DEAR_OK;
}

static dear_status begin_shard(shard_writer *w, dear_error *err) {
    char name[SHARD_NAME_SIZE];
    size_t begin = w->next, end = shard_end(w, begin);
    w->number++;
    name_shard(w, name);
    TRY(index_shard(w, name, begin, end, err));
    char *path = path_join(w->directory, name);
    if (!path)
        return error_memory(err);
    dear_status status =
        safetensors_write_begin(&w->file, path, w->tensors + begin, end - begin, err);
    w->next = end;
    mem_free(path);
    return status;
}

dear_status shards_begin(shard_writer *w, const char *directory, const tensor *tensors,
                         size_t count, uint64_t shard_bytes, dear_error *err) {
    *w = (shard_writer){.directory = directory,
                        .tensors = tensors,
                        .count = count,
                        .shard_bytes = shard_bytes,
                        .weight_map = json_object()};
    w->of = count_shards(w);
    dear_status status = w->weight_map ? begin_shard(w, err) : error_memory(err);
    if (status != DEAR_OK)
        shards_discard(w);
    return status;
}

static dear_status next_shard(shard_writer *w, dear_error *err) {
    TRY(safetensors_write_commit(&w->file, err));
    return begin_shard(w, err);
}

dear_status shards_write(shard_writer *w, const void *bytes, size_t count, dear_error *err) {
    const char *at = bytes;
    while (count > 0) {
        if (w->file.bytes_left == 0 && w->next < w->count)
            TRY(next_shard(w, err));
        size_t taken =
            count < w->file.bytes_left || w->next == w->count ? count : (size_t)w->file.bytes_left;
        TRY(safetensors_write(&w->file, at, taken, err));
        at += taken;
        count -= taken;
    }
    return DEAR_OK;
}

static dear_status write_index(shard_writer *w, dear_error *err) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < w->count; i++)
        bytes += w->tensors[i].bytes;
    char *path = path_join(w->directory, "model.safetensors.index.json");
    if (!path)
        return error_memory(err);
    json_t *index = json_pack("{s:{s:I}, s:O}", "metadata", "total_size", (json_int_t)bytes,
                              "weight_map", w->weight_map);
    dear_status status = json_write_file(index, path, err);
    mem_free(path);
    return status;
}

static dear_status missing_shards(const shard_writer *w, dear_error *err) {
    return error_set(err, DEAR_ERROR_USAGE, "%s: %zu of its %zu shards are missing", w->directory,
                     w->of - w->number, w->of);
}

dear_status shards_commit(shard_writer *w, dear_error *err) {
    dear_status status = safetensors_write_commit(&w->file, err);
    if (status == DEAR_OK && w->next < w->count)
        status = missing_shards(w, err);
    if (status == DEAR_OK && w->of > 1)
        status = write_index(w, err);
    shards_discard(w);
    return status;
}

void shards_discard(shard_writer *w) {
    safetensors_write_discard(&w->file);
    json_decref(w->weight_map);
    *w = (shard_writer){0};
}
