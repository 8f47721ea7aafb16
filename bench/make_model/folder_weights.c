#include "folder_weights.h"

#include "base/memory.h"
#include "folder_config.h"
#include "weight_writer.h"

#include <stdlib.h>
#include <string.h>

/* What transformers cuts at. */
static const double SHARD_BYTES = 5e9;
enum { NAME_SIZE = 64, HEADER_ALIGNMENT = 8 };

/* Weights [begin, end) of the list, in one file. */
typedef struct shard {
    const weight_list *weights;
    size_t begin, end;
    char name[NAME_SIZE];
} shard;

/* The end of the shard that begins with weight `begin`: a weight at least. */
static size_t shard_end(const weight_list *weights, size_t begin) {
    double bytes = 0;
    size_t end = begin;
    do
        bytes += (double)weights->items[end++].bytes;
    while (end < weights->count && bytes + (double)weights->items[end].bytes <= SHARD_BYTES);
    return end;
}

static size_t count_shards(const weight_list *weights) {
    size_t count = 0;
    for (size_t begin = 0; begin < weights->count; begin = shard_end(weights, begin))
        count++;
    return count;
}

static void name_shard(shard *s, size_t number, size_t of) {
    if (of == 1)
        strcpy(s->name, "model.safetensors");
    else
        snprintf(s->name, sizeof s->name, "model-%05zu-of-%05zu.safetensors", number, of);
}

static json_t *describe(const weight *w, json_int_t begin) {
    json_t *shape = w->num_dims == 1
                        ? json_pack("[I]", (json_int_t)w->columns)
                        : json_pack("[I, I]", (json_int_t)w->rows, (json_int_t)w->columns);
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensor_type_name(w->type), "shape", shape,
                     "data_offsets", begin, begin + (json_int_t)w->bytes);
}

/* The header's text, which the caller frees with free(); NULL when there is no memory. */
static char *header_text(const shard *s) {
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
    json_int_t begin = 0;
    bool complete = header != NULL;
    for (size_t i = s->begin; complete && i < s->end; i++) {
        const weight *w = &s->weights->items[i];
        complete = json_object_set_new(header, w->name, describe(w, begin)) == 0;
        begin += (json_int_t)w->bytes;
    }
    char *text = complete ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    return text;
}

/* The header's length in eight bytes, then the header, with spaces up to the alignment. */
static dear_status write_header(output_file *out, const shard *s, dear_error *err) {
    char *text = header_text(s);
    if (!text)
        return error_memory(err);
    size_t length = strlen(text), spaces = -length % HEADER_ALIGNMENT;
    uint64_t total = length + spaces;
    dear_status status = write_bytes(out, &total, sizeof total, err);
    if (status == DEAR_OK)
        status = write_bytes(out, text, length, err);
    if (status == DEAR_OK)
        status = write_bytes(out, "       ", spaces, err);
    free(text);
    return status;
}

static dear_status write_contents(output_file *out, const shard *s, weight_writer *writer,
                                  dear_error *err) {
    TRY(write_header(out, s, err));
    for (size_t i = s->begin; i < s->end; i++)
        TRY(weight_writer_put(writer, out, &s->weights->items[i], err));
    return DEAR_OK;
}

static dear_status write_shard(const char *directory, const shard *s, weight_writer *writer,
                               dear_error *err) {
    char *path = path_join(directory, s->name);
    if (!path)
        return error_memory(err);
    output_file out;
    dear_status status = output_file_open(&out, path, err);
    mem_free(path);
    if (status != DEAR_OK)
        return status;
    status = write_contents(&out, s, writer, err);
    if (status == DEAR_OK)
        return output_file_commit(&out, err);
    output_file_discard(&out, false);
    return status;
}

/* Notes in the index which file holds a shard's weights. */
static dear_status index_shard(json_t *weight_map, const shard *s, dear_error *err) {
    for (size_t i = s->begin; i < s->end; i++)
        if (json_object_set_new(weight_map, s->weights->items[i].name, json_string(s->name)) != 0)
            return error_memory(err);
    return DEAR_OK;
}

static dear_status write_index(const char *directory, const weight_list *weights,
                               json_t *weight_map, dear_error *err) {
    json_t *index = json_pack("{s:{s:I}, s:O}", "metadata", "total_size",
                              (json_int_t)weights->bytes, "weight_map", weight_map);
    return folder_write_json(directory, "model.safetensors.index.json", index, err);
}

static dear_status write_shards(const char *directory, const weight_list *weights,
                                weight_writer *writer, json_t *weight_map, dear_error *err) {
    shard s = {.weights = weights};
    size_t count = count_shards(weights);
    for (size_t number = 1; number <= count; number++, s.begin = s.end) {
        s.end = shard_end(weights, s.begin);
        name_shard(&s, number, count);
        TRY(write_shard(directory, &s, writer, err));
        TRY(index_shard(weight_map, &s, err));
    }
    return count == 1 ? DEAR_OK : write_index(directory, weights, weight_map, err);
}

dear_status folder_write_weights(const char *directory, const llama_config *c, tensor_type type,
                                 dear_error *err) {
    weight_list weights;
    weight_writer writer = {0};
    TRY(weight_list_make(&weights, c, type, type, err));
    json_t *weight_map = json_object();
    dear_status status = weight_map ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK)
        status = weight_writer_open(&writer, weights.bytes, err);
    if (status == DEAR_OK)
        status = write_shards(directory, &weights, &writer, weight_map, err);
    weight_writer_close(&writer);
    json_decref(weight_map);
    weight_list_free(&weights);
    return status;
}
