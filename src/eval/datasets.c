#include "eval/datasets.h"

#include "base/data_path.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/lookup.h"

#include <string.h>

char *dataset_directory(const dataset_entry *set, dataset_part part) {
    char *cache = lookup_cache_directory();
    strbuf path = {0};
    if (cache)
        strbuf_printf(&path, "%s/data/%s/%s", cache, set->name, dataset_part_name(part));
    mem_free(cache);
    return cache ? strbuf_take(&path) : NULL;
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Sets *there to whether `directory` holds the file. */
static dear_status look_for(bool *there, const char *directory, const char *name, dear_error *err) {
    char *path = path_join(directory, name);
    if (!path)
        return error_memory(err);
    *there = file_exists(path);
    mem_free(path);
    return DEAR_OK;
}

/* The part in its folder in the cache: what was fetched bears a marker, what a user put there does
 * not. */
static dear_status find_in_cache(char **path, const dataset_entry *set, dataset_part part,
                                 dear_error *err) {
    const dataset_source *source = &set->parts[part];
    char *directory = dataset_directory(set, part);
    if (!directory)
        return error_memory(err);
    bool whole = source->place == DATASET_ON_REQUEST, there = false;
    dear_status status = DEAR_OK;
    if (!whole)
        status = look_for(&whole, directory, LOOKUP_MARKER, err);
    if (status == DEAR_OK)
        status = look_for(&there, directory, last_name(source->file), err);
    if (status == DEAR_OK && whole && there) {
        *path = path_join(directory, last_name(source->file));
        status = *path ? DEAR_OK : error_memory(err);
    }
    mem_free(directory);
    return status;
}

dear_status dataset_here(char **path, const dataset_entry *set, dataset_part part,
                         dear_error *err) {
    *path = NULL;
    switch (set->parts[part].place) {
    case DATASET_SHIPPED:
        return data_path(path, set->parts[part].file, err);
    case DATASET_ON_HUB:
    case DATASET_ON_REQUEST:
        return find_in_cache(path, set, part, err);
    default:
        return DEAR_OK;
    }
}

/* The sentence for a part that is not here. */
static dear_status missing(const dataset_entry *set, dataset_part part, dear_error *err) {
    const char *what = dataset_part_name(part);
    switch (set->parts[part].place) {
    case DATASET_ON_HUB:
        return error_set(err, DEAR_ERROR_INPUT,
                         "the %s of %s is not on this machine; `dear data get %s --part %s` "
                         "fetches it",
                         what, set->name, set->name, what);
    case DATASET_ON_REQUEST:
        return error_set(err, DEAR_ERROR_INPUT,
                         "the %s of %s cannot be downloaded: %s; `dear data info %s` tells where "
                         "to put it then",
                         what, set->name, set->parts[part].how, set->name);
    default:
        return error_set(err, DEAR_ERROR_INPUT,
                         "the data set %s has no %s; `dear data info %s` tells what it has",
                         set->name, what, set->name);
    }
}

static dear_status find_part(char **out, const dataset_catalogue *catalogue, const char *name,
                             dataset_part part, dear_error *err) {
    const dataset_entry *set = dataset_find(catalogue, name);
    if (!set)
        return error_set(err, DEAR_ERROR_INPUT,
                         "\"%s\" is no data set that dear knows; `dear data list` names those",
                         name);
    TRY(dataset_here(out, set, part, err));
    return *out ? DEAR_OK : missing(set, part, err);
}

dear_status dataset_path(char **out, const char *name, dataset_part part, dear_error *err) {
    *out = NULL;
    dataset_catalogue catalogue;
    TRY(dataset_catalogue_read(&catalogue, err));
    dear_status status = find_part(out, &catalogue, name, part, err);
    dataset_catalogue_free(&catalogue);
    return status;
}

bool dataset_known(const char *name) {
    dataset_catalogue catalogue;
    if (dataset_catalogue_read(&catalogue, NULL) != DEAR_OK)
        return false;
    bool known = dataset_find(&catalogue, name) != NULL;
    dataset_catalogue_free(&catalogue);
    return known;
}
