#include "train/train_state.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "train/state_format.h"

#include <math.h>
#include <openssl/evp.h>
#include <string.h>

/* A file's parts, once its checksum is right. */
typedef struct state_parts {
    const char *header;
    size_t header_length;
    const unsigned char *numbers;
    size_t numbers_bytes;
} state_parts;

static uint64_t little_endian(const unsigned char *bytes) {
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static dear_status check_digest(const file_map *map, const char *path, dear_error *err) {
    unsigned char digest[STATE_DIGEST_BYTES];
    if (EVP_Digest(map->data, map->size - STATE_DIGEST_BYTES, digest, NULL, EVP_sha256(), NULL) !=
        1)
        return error_memory(err);
    if (memcmp(digest, map->data + map->size - STATE_DIGEST_BYTES, STATE_DIGEST_BYTES) != 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: is damaged: its checksum is not that of its content", path);
    return DEAR_OK;
}

static dear_status find_parts(state_parts *out, const file_map *map, const char *path,
                              dear_error *err) {
    if (map->size < STATE_PREFIX_BYTES + STATE_DIGEST_BYTES ||
        memcmp(map->data, STATE_MAGIC, STATE_MAGIC_BYTES) != 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: is no state of a training", path);
    TRY(check_digest(map, path, err));
    uint64_t length = little_endian(map->data + STATE_MAGIC_BYTES);
    size_t most = map->size - STATE_PREFIX_BYTES - STATE_DIGEST_BYTES;
    if (length > most)
        return error_set(err, DEAR_ERROR_INPUT, "%s: its header is longer than the file", path);
    *out = (state_parts){.header = (const char *)map->data + STATE_PREFIX_BYTES,
                         .header_length = (size_t)length,
                         .numbers = map->data + STATE_PREFIX_BYTES + length,
                         .numbers_bytes = most - (size_t)length};
    return DEAR_OK;
}

static dear_status check_array(const json_t *array, const state_span *span, const char *path,
                               dear_error *err) {
    const char *name = NULL;
    int64_t count = -1;
    TRY(json_get_string(array, "name", &name, path, err));
    TRY(json_get_int(array, "count", 0, INT64_MAX, &count, path, err));
    if (!name || strcmp(name, span->name) != 0 || count != span->count)
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: belongs to another training: it holds %lld numbers of \"%s\", not "
                         "%lld of \"%s\"",
                         path, (long long)count, name ? name : "", (long long)span->count,
                         span->name);
    return DEAR_OK;
}

static dear_status check_arrays(const json_t *header, const state_parts *parts,
                                const state_span *spans, size_t count, const char *path,
                                dear_error *err) {
    const json_t *arrays = json_object_get(header, "arrays");
    size_t bytes = 0;
    if (json_array_size(arrays) != count)
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s: belongs to another training: it holds %zu arrays, not %zu", path,
                         json_array_size(arrays), count);
    for (size_t i = 0; i < count; i++) {
        TRY(check_array(json_array_get(arrays, i), &spans[i], path, err));
        bytes += (size_t)spans[i].count * sizeof(float);
    }
    if (bytes != parts->numbers_bytes)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds %zu bytes of numbers, not %zu", path,
                         parts->numbers_bytes, bytes);
    return DEAR_OK;
}

static void copy_arrays(const state_parts *parts, const state_span *spans, size_t count) {
    const unsigned char *from = parts->numbers;
    for (size_t i = 0; i < count; i++) {
        size_t bytes = (size_t)spans[i].count * sizeof(float);
        if (bytes)
            memcpy(spans[i].data, from, bytes);
        from += bytes;
    }
}

static dear_status read_settings(train_state *out, const json_t *header, const char *path,
                                 dear_error *err) {
    const char *settings = "";
    TRY(json_get_string(header, "settings", &settings, path, err));
    size_t length = strlen(settings);
    if (length > SHA256_HEX)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"settings\" is no hash", path);
    memcpy(out->settings, settings, length + 1);
    return DEAR_OK;
}

static dear_status read_place(train_state *out, const json_t *header, const char *path,
                              dear_error *err) {
    int64_t seed = 0;
    *out = (train_state){.best = NAN};
    TRY(json_get_int(header, "step", 0, INT64_MAX, &out->step, path, err));
    TRY(json_get_int(header, "epoch", 0, INT64_MAX, &out->epoch, path, err));
    TRY(json_get_int(header, "position", 0, INT64_MAX, &out->position, path, err));
    TRY(json_get_int(header, "seed", INT64_MIN, INT64_MAX, &seed, path, err));
    TRY(json_get_double(header, "best", &out->best, path, err));
    TRY(json_get_int(header, "best_step", 0, INT64_MAX, &out->best_step, path, err));
    out->seed = (uint64_t)seed;
    return read_settings(out, header, path, err);
}

static dear_status read_map(train_state *out, const file_map *map, const state_span *spans,
                            size_t count, const char *path, dear_error *err) {
    state_parts parts = {0};
    json_t *header;
    TRY(find_parts(&parts, map, path, err));
    TRY(json_read_text(&header, parts.header, parts.header_length, path, err));
    dear_status status = read_place(out, header, path, err);
    if (status == DEAR_OK)
        status = check_arrays(header, &parts, spans, count, path, err);
    if (status == DEAR_OK)
        copy_arrays(&parts, spans, count);
    json_decref(header);
    return status;
}

static dear_status read_state(train_state *out, const state_span *spans, size_t count,
                              const char *path, dear_error *err) {
    file_map map;
    TRY(file_map_open(&map, path, err));
    dear_status status = read_map(out, &map, spans, count, path, err);
    file_map_close(&map);
    return status;
}

dear_status train_state_load(train_state *out, const state_span *spans, size_t count,
                             const char *path, dear_error *damage, dear_error *err) {
    dear_error newest, older;
    *damage = (dear_error){0};
    dear_status status = read_state(out, spans, count, path, &newest);
    if (status == DEAR_OK)
        return DEAR_OK;
    if (status != DEAR_ERROR_INPUT && status != DEAR_ERROR_IO)
        return error_set(err, status, "%s", newest.message);
    char *previous = state_previous_path(path);
    if (!previous)
        return error_memory(err);
    if (read_state(out, spans, count, previous, &older) == DEAR_OK)
        *damage = newest;
    else
        status = error_set(err, status, "%s; %s", newest.message, older.message);
    mem_free(previous);
    return damage->status == DEAR_OK ? status : DEAR_OK;
}
