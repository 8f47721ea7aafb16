/* Models by name: DeAR's published ones, DeAR's cache, and the Hugging Face hub's own cache. */
#ifndef DEAR_MODEL_LOOKUP_H
#define DEAR_MODEL_LOOKUP_H

#include "model/name_list.h"

/* A model that the program knows by a short name. */
typedef struct known_model {
    const char *name; ///< "dear-8b-ce"
    const char *hub;  ///< "abdoelsayed/dear-8b-reranker-ce-v1"; NULL for the default model
    const char *what; ///< one line for `dear models list`
} known_model;

/* All known models, the default one first; *count of them. */
const known_model *lookup_known(size_t *count);

/* The known model of that short name or hub name, or NULL. */
const known_model *lookup_by_name(const char *name);

/*
 * True for "org/name" as a hub writes it: one slash; letters, digits, '.', '_' and '-'; neither
 * part begins or ends with '.' or '-', or holds ".." or "--". Such a name is safe in a path and in
 * a URL, and "org--name" stands for no other.
 */
bool lookup_is_hub_name(const char *name);

/* Where DeAR keeps what it fetches: $XDG_CACHE_HOME/dear or ~/.cache/dear. The caller frees it;
 * NULL when there is no memory. */
char *lookup_cache_directory(void);

/* Where DeAR keeps a hub's model: models/org--name in the cache, whether it is there or not. The
 * caller frees it; NULL when there is no memory. */
char *lookup_hub_directory(const char *hub_name);

/* A model's directory in the cache holds this file once all others are there and checked: the
 * commit, then the files' names, a line each. */
#define LOOKUP_MARKER ".complete"

/*
 * The path of the model "org/name" (a directory, or the one GGUF file in it) in DeAR's cache or in
 * a Hugging Face cache ($HF_HUB_CACHE, $HF_HOME/hub or ~/.cache/huggingface/hub, its branch
 * "main"). *path is NULL, and that is no failure, when the model is not on this machine, or not
 * all of it. The caller frees *path.
 */
dear_status lookup_hub_model(char **path, const char *hub_name, dear_error *err);

/* The hub names of the models that were fetched into DeAR's cache, or begun to be. The caller ends
 * the list with name_list_free. */
dear_status lookup_fetched(name_list *out, dear_error *err);

/* As lookup_hub_model, for a known model: the default one too. */
dear_status lookup_known_model(char **path, const known_model *known, dear_error *err);

/*
 * The path of the model called `name`: a path that exists, a known name, or an "org/name"; NULL
 * stands for DEAR_MODEL, then for the default model. What is not on this machine is an error that
 * says how to fetch it. The caller frees *path.
 */
dear_status lookup_model(char **path, const char *name, dear_error *err);

#endif
