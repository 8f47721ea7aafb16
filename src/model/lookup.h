/* Models by name: DeAR's published ones, the cache, the Hugging Face hub's own cache. */
#ifndef DEAR_MODEL_LOOKUP_H
#define DEAR_MODEL_LOOKUP_H

#include "base/error.h"

/* A model that the program knows by a short name. */
typedef struct known_model {
    const char *name;      ///< "dear-8b-ce"
    const char *hub;       ///< "abdoelsayed/dear-8b-reranker-ce-v1"; NULL for the default model
    const char *what;      ///< one line for `dear models list`
} known_model;

/* All known models; *count of them. */
const known_model *lookup_known(size_t *count);

/* Where models are kept: $XDG_CACHE_HOME/dear or ~/.cache/dear. The caller frees it. */
char *lookup_cache_directory(void);

/*
 * The path of the model called `name`: a path that exists, a known name, an "org/name" in DeAR's
 * cache or in an existing Hugging Face cache (HF_HOME); NULL stands for DEAR_MODEL, then for the
 * default model. What is not on this machine is an error that says how to fetch it. The caller
 * frees *path.
 */
dear_status lookup_model(char **path, const char *name, dear_error *err);

#endif
