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
        strbuf_printf(&path, "%s/data/%s/%s", cache, set->name,
                      dataset_part_name(set->parts[part].folder));
    mem_free(cache);
    return cache ? strbuf_take(&path) : NULL;
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *dataset_fetched_path(const dataset_entry *set, dataset_part part) {
    char *directory = dataset_directory(set, part);
    char *path = directory ? path_join(directory, last_name(set->parts[part].file)) : NULL;
    mem_free(directory);
    return path;
}

/* Whether the marker of a whole fetch is in the part's folder. */
static dear_status has_marker(bool *there, const dataset_entry *set, dataset_part part,
                              dear_error *err) {
    char *directory = dataset_directory(set, part);
    char *marker = directory ? path_join(directory, LOOKUP_MARKER) : NULL;
    if (marker)
        *there = file_exists(marker);
    dear_status status = marker ? DEAR_OK : error_memory(err);
    mem_free(marker);
    mem_free(directory);
    return status;
}

/* The part in its folder in the cache: what was fetched bears a marker, what a user put there does
 * not. */
static dear_status find_in_cache(char **path, const dataset_entry *set, dataset_part part,
                                 dear_error *err) {
    bool whole = set->parts[part].place == DATASET_ON_REQUEST;
    if (!whole)
        TRY(has_marker(&whole, set, part, err));
    char *place = dataset_fetched_path(set, part);
    if (!place)
        return error_memory(err);
    if (whole && file_exists(place))
        *path = place;
    else
        mem_free(place);
    return DEAR_OK;
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
                         "dear does not fetch the %s of %s: %s; `dear data info %s` tells where to "
                         "put it",
                         what, set->name, set->parts[part].how, set->name);
    default:
        return error_set(err, DEAR_ERROR_INPUT,
                         "the data set %s has no %s; `dear data info %s` tells what it has",
                         set->name, what, set->name);
    }
}

dear_status dataset_named(const dataset_entry **out, const dataset_catalogue *c, const char *name,
                          dear_error *err) {
    *out = dataset_find(c, name);
    if (*out)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT,
                     "\"%s\" is no data set that dear knows; `dear data list` names those", name);
}

static dear_status find_part(char **out, const dataset_catalogue *catalogue, const char *name,
                             dataset_part part, dear_error *err) {
    const dataset_entry *set;
    TRY(dataset_named(&set, catalogue, name, err));
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
