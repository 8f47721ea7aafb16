/* What a hub says a repository holds, and which of those files a model needs. */
#ifndef DEAR_MODEL_HUB_LISTING_H
#define DEAR_MODEL_HUB_LISTING_H

#include "model/hub_checksum.h"

enum { HUB_COMMIT_LENGTH = 40 };

/* A file to fetch. */
typedef struct hub_file {
    char *path;       ///< in the repository
    const char *name; ///< the last part of `path`: safe as a file name
    hub_checksum expected;
} hub_file;

typedef struct hub_listing {
    char commit[HUB_COMMIT_LENGTH + 1];
    hub_file *files; ///< [count], those that a model needs
    size_t count;
    int64_t bytes; ///< of all files
} hub_listing;

/*
 * Reads the JSON that /api/models/{repository}/revision/{revision}?blobs=true answers, and keeps
 * the files that a model needs: configuration, tokenizer, safetensors; in a repository without
 * safetensors one GGUF file, the one called `gguf` when that is not NULL. A name that could leave
 * the directory, a file listed twice or without a checksum, and a repository without weights that
 * DeAR reads are errors.
 */
dear_status hub_listing_parse(hub_listing *out, const char *json, size_t length,
                              const char *repository, const char *gguf, dear_error *err);

/* The same of a data set, of which one file is asked for by its path; not there is an error. */
dear_status hub_listing_parse_file(hub_listing *out, const char *json, size_t length,
                                   const char *repository, const char *path, dear_error *err);
void hub_listing_free(hub_listing *listing);

/* True for a name that stays in its directory: one component, neither hidden nor with control
 * characters, of a length that any file system takes. */
bool hub_file_name_is_safe(const char *name);

/* The same for a path of such names with "/" between them. */
bool hub_file_path_is_safe(const char *path);

#endif
