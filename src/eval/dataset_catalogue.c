#include "eval/datasets.h"

#include "base/data_path.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/hub_listing.h"
#include "model/lookup.h"

#include <string.h>

enum {
    CATALOGUE_LIMIT = 8 << 20, ///< bytes
    SETS_LIMIT = 10000,
    NAME_LIMIT = 64,
    WHERE_LENGTH = 256, ///< of "FILE: dl19: topics"
    SHA256_LENGTH = 64
};

#define CATALOGUE_FILE "datasets.json"

static const int64_t COUNT_LIMIT = (int64_t)1 << 42;

static const char *const part_names[DATASET_PARTS] = {"qrels", "topics", "corpus", "hits",
                                                      "answers"};

const char *dataset_part_name(dataset_part part) {
    return part_names[part];
}

dataset_part dataset_part_named(const char *name) {
    for (int part = 0; part < DATASET_PARTS; part++)
        if (strcmp(name, part_names[part]) == 0)
            return (dataset_part)part;
    return DATASET_PARTS;
}

/* A name is a folder's in the cache, and a word on a command line. */
static bool is_name(const char *name) {
    size_t length = strlen(name);
    return length > 0 && length <= NAME_LIMIT && name[0] != '-' && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

static bool is_sha256(const char *hex) {
    return strlen(hex) == SHA256_LENGTH && strspn(hex, "0123456789abcdef") == SHA256_LENGTH;
}

/* What is not understood is refused, so that a slip of the pen is not taken for a wish. */
static dear_status check_keys(const json_t *object, const char *const *known, const char *where,
                              dear_error *err) {
    if (!json_is_object(object))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be an object", where);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return error_set(err, DEAR_ERROR_INPUT, "%s: unknown key \"%.60s\"", where, key);
    }
    return DEAR_OK;
}

static dear_status required(const char **out, const json_t *object, const char *key,
                            const char *where, dear_error *err) {
    *out = NULL;
    TRY(json_get_string(object, key, out, where, err));
    if (!*out || !**out)
        return error_set(err, DEAR_ERROR_INPUT, "%s: no \"%s\"", where, key);
    return DEAR_OK;
}

static dear_status read_file_name(dataset_source *s, const json_t *part, const char *key,
                                  const char *where, dear_error *err) {
    TRY(required(&s->file, part, key, where, err));
    if (!hub_file_path_is_safe(s->file))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a path within a folder", where,
                         key);
    return DEAR_OK;
}

static dear_status read_hub(dataset_source *s, const json_t *part, const char *where,
                            dear_error *err) {
    TRY(required(&s->repository, part, "hub", where, err));
    if (!lookup_is_hub_name(s->repository))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"hub\" must be a repository (ORG/NAME)",
                         where);
    s->revision = "main";
    TRY(json_get_string(part, "revision", &s->revision, where, err));
    return read_file_name(s, part, "file", where, err);
}

/* A part says by its first key where it is: "shipped", "hub" or "on_request". */
static dear_status read_place(dataset_source *s, const json_t *part, const char *where,
                              dear_error *err) {
    bool shipped = json_object_get(part, "shipped"), hub = json_object_get(part, "hub");
    bool on_request = json_object_get(part, "on_request");
    if (shipped + hub + on_request != 1)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: needs one of \"shipped\", \"hub\" and \"on_request\"", where);
    s->place = shipped ? DATASET_SHIPPED : hub ? DATASET_ON_HUB : DATASET_ON_REQUEST;
    if (shipped)
        return read_file_name(s, part, "shipped", where, err);
    if (hub)
        return read_hub(s, part, where, err);
    TRY(required(&s->how, part, "on_request", where, err));
    return read_file_name(s, part, "file", where, err);
}

static dear_status read_source(dataset_source *s, const json_t *part, const char *where,
                               dear_error *err) {
    static const char *const keys[] = {"shipped", "hub",  "on_request", "file", "revision",
                                       "size",    "note", "sha256",     NULL};
    s->size = -1;
    TRY(check_keys(part, keys, where, err));
    TRY(read_place(s, part, where, err));
    TRY(json_get_string(part, "note", &s->note, where, err));
    TRY(json_get_int(part, "size", 0, COUNT_LIMIT, &s->size, where, err));
    TRY(json_get_string(part, "sha256", &s->sha256, where, err));
    if (s->sha256 && !is_sha256(s->sha256))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"sha256\" must have %d digits", where,
                         SHA256_LENGTH);
    if (s->sha256 && s->size < 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: a \"sha256\" needs its \"size\"", where);
    return DEAR_OK;
}

/* "answers": "hits" says that the hits' file has the answers too. */
static dear_status read_alias(dataset_entry *set, dataset_part part, const json_t *name,
                              const char *where, dear_error *err) {
    dataset_part other = dataset_part_named(json_string_value(name));
    if (other >= part || set->parts[other].place == DATASET_NOWHERE)
        return error_set(err, DEAR_ERROR_INPUT, "%s: must name a part that stands before it",
                         where);
    set->parts[part] = set->parts[other];
    return DEAR_OK;
}

static dear_status read_part(dataset_entry *set, dataset_part part, const json_t *value,
                             const char *where, dear_error *err) {
    char place[WHERE_LENGTH + 32];
    snprintf(place, sizeof place, "%s: %s", where, dataset_part_name(part));
    if (json_is_string(value))
        return read_alias(set, part, value, place, err);
    set->parts[part].folder = part;
    return read_source(&set->parts[part], value, place, err);
}

static dear_status read_parts(dataset_entry *set, const json_t *parts, const char *where,
                              dear_error *err) {
    static const char *const keys[] = {"qrels", "topics", "corpus", "hits", "answers", NULL};
    TRY(check_keys(parts, keys, where, err));
    for (int part = 0; part < DATASET_PARTS; part++) {
        const json_t *value = json_object_get(parts, part_names[part]);
        if (value)
            TRY(read_part(set, (dataset_part)part, value, where, err));
    }
    return DEAR_OK;
}

static dear_status read_counts(dataset_counts *out, const json_t *counts, const char *where,
                               dear_error *err) {
    static const char *const keys[] = {"topics", "queries", "judgments", "passages", NULL};
    *out = (dataset_counts){-1, -1, -1, -1};
    TRY(check_keys(counts, keys, where, err));
    int64_t *const values[] = {&out->topics, &out->queries, &out->judgments, &out->passages};
    for (size_t i = 0; keys[i]; i++)
        TRY(json_get_int(counts, keys[i], 0, COUNT_LIMIT, values[i], where, err));
    return DEAR_OK;
}

static dear_status read_name(dataset_entry *set, const json_t *object, const char *where,
                             dear_error *err) {
    TRY(required(&set->name, object, "name", where, err));
    if (!is_name(set->name))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: a name has at most %d small letters, digits, '-' and '.'", where,
                         NAME_LIMIT);
    return DEAR_OK;
}

static dear_status read_texts(dataset_entry *set, const json_t *object, const char *where,
                              dear_error *err) {
    TRY(required(&set->title, object, "title", where, err));
    TRY(json_get_string(object, "description", &set->description, where, err));
    TRY(json_get_string(object, "task", &set->task, where, err));
    TRY(json_get_string(object, "licence", &set->licence, where, err));
    TRY(json_get_string(object, "homepage", &set->homepage, where, err));
    TRY(json_get_string(object, "citation", &set->citation, where, err));
    return json_get_string(object, "counts_from", &set->counts_from, where, err);
}

static dear_status read_set(dataset_entry *set, const json_t *object, const char *where,
                            dear_error *err) {
    static const char *const keys[] = {"name",    "title",    "description", "task",
                                       "licence", "homepage", "citation",    "counts_from",
                                       "counts",  "parts",    NULL};
    TRY(check_keys(object, keys, where, err));
    TRY(read_name(set, object, where, err));
    char place[WHERE_LENGTH];
    snprintf(place, sizeof place, "%.*s: %s", WHERE_LENGTH / 2, where, set->name);
    TRY(read_texts(set, object, place, err));
    char within[WHERE_LENGTH + 16];
    snprintf(within, sizeof within, "%s: counts", place);
    TRY(read_counts(&set->counts, json_object_get(object, "counts"), within, err));
    snprintf(within, sizeof within, "%s: parts", place);
    return read_parts(set, json_object_get(object, "parts"), within, err);
}

static dear_status read_sets(dataset_catalogue *c, const char *where, dear_error *err) {
    static const char *const keys[] = {"datasets", NULL};
    TRY(check_keys(c->tree, keys, where, err));
    const json_t *list = json_object_get(c->tree, "datasets");
    size_t count = json_array_size(list);
    if (count == 0 || count > SETS_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"datasets\" must list data sets", where);
    c->sets = mem_calloc(count, sizeof *c->sets);
    if (!c->sets)
        return error_memory(err);
    for (size_t i = 0; i < count; i++) {
        char place[WHERE_LENGTH];
        snprintf(place, sizeof place, "%s: data set %zu", where, i + 1);
        TRY(read_set(&c->sets[i], json_array_get(list, i), place, err));
        if (dataset_find(c, c->sets[i].name))
            return error_set(err, DEAR_ERROR_INPUT, "%s: the name \"%s\" is taken", place,
                             c->sets[i].name);
        c->count++;
    }
    return DEAR_OK;
}

/* Reads the sets of c->tree, which the catalogue owns from here on. */
static dear_status read_tree(dataset_catalogue *c, const char *where, dear_error *err) {
    dear_status status = read_sets(c, where, err);
    if (status != DEAR_OK)
        dataset_catalogue_free(c);
    return status;
}

dear_status dataset_catalogue_parse(dataset_catalogue *out, const char *text, size_t length,
                                    const char *where, dear_error *err) {
    *out = (dataset_catalogue){0};
    TRY(json_read_text(&out->tree, text, length, where, err));
    return read_tree(out, where, err);
}

dear_status dataset_catalogue_read(dataset_catalogue *out, dear_error *err) {
    *out = (dataset_catalogue){0};
    char *path;
    TRY(data_path(&path, CATALOGUE_FILE, err));
    dear_status status = json_read_file(&out->tree, path, CATALOGUE_LIMIT, err);
    if (status == DEAR_OK)
        status = read_tree(out, path, err);
    mem_free(path);
    return status;
}

void dataset_catalogue_free(dataset_catalogue *c) {
    mem_free(c->sets);
    json_decref(c->tree);
    *c = (dataset_catalogue){0};
}

const dataset_entry *dataset_find(const dataset_catalogue *c, const char *name) {
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->sets[i].name, name) == 0)
            return &c->sets[i];
    return NULL;
}
