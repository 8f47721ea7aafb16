#define _GNU_SOURCE
#include "model/lookup.h"

#include "base/file.h"
#include "base/memory.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_MODEL_FILE "SmolLM2-135M-Instruct.Q4_1.gguf"

enum { HUB_NAME_LIMIT = 96 /* the hub's own, for each part */, COMMIT_LENGTH = 40 };

static const known_model known_models[] = {
    {"smollm2-135m", NULL, "SmolLM2 135M Instruct (Q4_1), the default, zero-shot"},
    {"dear-3b-ce", "abdoelsayed/dear-3b-reranker-ce-v1", "stage 1, LLaMA 3.2 3B, cross-entropy"},
    {"dear-3b-ce-lora", "abdoelsayed/dear-3b-reranker-ce-lora-v1",
     "stage 1, LLaMA 3.2 3B, cross-entropy, adapter"},
    {"dear-3b-ranknet", "abdoelsayed/dear-3b-reranker-ranknet-v1",
     "stage 1, LLaMA 3.2 3B, RankNet"},
    {"dear-3b-ranknet-lora", "abdoelsayed/dear-3b-reranker-ranknet-lora-v1",
     "stage 1, LLaMA 3.2 3B, RankNet, adapter"},
    {"dear-8b-ce", "abdoelsayed/dear-8b-reranker-ce-v1", "stage 1, LLaMA 3.1 8B, cross-entropy"},
    {"dear-8b-ce-lora", "abdoelsayed/dear-8b-reranker-ce-lora-v1",
     "stage 1, LLaMA 3.1 8B, cross-entropy, adapter"},
    {"dear-8b-ranknet", "abdoelsayed/dear-8b-reranker-ranknet-v1",
     "stage 1, LLaMA 3.1 8B, RankNet"},
    {"dear-8b-ranknet-lora", "abdoelsayed/dear-8b-reranker-ranknet-lora-v1",
     "stage 1, LLaMA 3.1 8B, RankNet, adapter"},
    {"dear-8b-listwise", "abdoelsayed/dear-8b-reranker-listwise-v1",
     "stage 2, LLaMA 3.1 8B, listwise with reasons"},
    {"dear-8b-listwise-lora", "abdoelsayed/dear-8b-reranker-listwise-lora-v1",
     "stage 2, LLaMA 3.1 8B, listwise with reasons, adapter"},
    {"rankllama-13b-teacher", "abdoelsayed/llama2-13b-rankllama-teacher",
     "the teacher of stage 1, LLaMA 2 13B"},
};

enum { NUM_KNOWN = sizeof known_models / sizeof known_models[0] };

const known_model *lookup_known(size_t *count) {
    *count = NUM_KNOWN;
    return known_models;
}

const known_model *lookup_by_name(const char *name) {
    for (size_t i = 0; i < NUM_KNOWN; i++) {
        const known_model *known = &known_models[i];
        if (strcmp(name, known->name) == 0 || (known->hub && strcmp(name, known->hub) == 0))
            return known;
    }
    return NULL;
}

static bool is_separator(char c) {
    return c == '.' || c == '-';
}

static bool is_hub_name_part(const char *part, size_t length) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (length == 0 || length > HUB_NAME_LIMIT || strspn(part, allowed) < length)
        return false;
    if (is_separator(part[0]) || is_separator(part[length - 1]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (is_separator(part[i]) && part[i] == part[i - 1])
            return false;
    return true;
}

bool lookup_is_hub_name(const char *name) {
    const char *slash = strchr(name, '/');
    return slash && is_hub_name_part(name, (size_t)(slash - name)) &&
           is_hub_name_part(slash + 1, strlen(slash + 1));
}

/* The variable's value, or NULL when it is unset or empty. */
static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *home_directory(void) {
    const char *home = environment("HOME");
    if (home)
        return home;
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_dir : "/";
}

/* `name` under $XDG_CACHE_HOME (which counts only when absolute, as its specification says) or
 * under ~/.cache. */
static char *user_cache(const char *name) {
    const char *cache = environment("XDG_CACHE_HOME");
    strbuf path = {0};
    if (cache && cache[0] == '/')
        strbuf_printf(&path, "%s/%s", cache, name);
    else
        strbuf_printf(&path, "%s/.cache/%s", home_directory(), name);
    return strbuf_take(&path);
}

char *lookup_cache_directory(void) {
    return user_cache("dear");
}

static char *hugging_face_cache(void) {
    const char *hub = environment("HF_HUB_CACHE");
    if (hub)
        return mem_strdup(hub);
    const char *home = environment("HF_HOME");
    return home ? path_join(home, "hub") : user_cache("huggingface/hub");
}

/* "PREFIXorg--name" for "org/name". */
static char *flat_name(const char *prefix, const char *hub_name) {
    const char *slash = strchr(hub_name, '/');
    strbuf flat = {0};
    strbuf_puts(&flat, prefix);
    strbuf_append(&flat, hub_name, (size_t)(slash - hub_name));
    strbuf_puts(&flat, "--");
    strbuf_puts(&flat, slash + 1);
    return strbuf_take(&flat);
}

/* directory/PREFIXorg--name; takes `directory`, which may be NULL for want of memory. */
static char *hub_name_in(char *directory, const char *prefix, const char *hub_name) {
    char *flat = flat_name(prefix, hub_name);
    char *path = directory && flat ? path_join(directory, flat) : NULL;
    mem_free(directory);
    mem_free(flat);
    return path;
}

char *lookup_hub_directory(const char *hub_name) {
    return hub_name_in(lookup_cache_directory(), "models/", hub_name);
}

/* Whether `directory` holds a file of that name. */
static dear_status look_for(bool *there, const char *directory, const char *name, dear_error *err) {
    char *path = path_join(directory, name);
    if (!path)
        return error_memory(err);
    *there = file_exists(path);
    mem_free(path);
    return DEAR_OK;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* The GGUF file in a directory without config.json; *path is NULL when there is none. */
static dear_status only_gguf(char **path, const char *directory, dear_error *err) {
    *path = NULL;
    name_list list;
    TRY(name_list_read(&list, directory, err));
    const char *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < list.count; i++)
        if (ends_with(list.names[i], ".gguf")) {
            found = list.names[i];
            count++;
        }
    dear_status status = DEAR_OK;
    if (count > 1)
        status = error_set(err, DEAR_ERROR_USAGE,
                           "%s: holds several GGUF files; give the path of one of them", directory);
    else if (found && !(*path = path_join(directory, found)))
        status = error_memory(err);
    name_list_free(&list);
    return status;
}

/* What of a directory is the model: itself with a configuration, or its GGUF file; *path is NULL
 * when it holds none. */
static dear_status model_in(char **path, const char *directory, dear_error *err) {
    *path = NULL;
    bool described = false, adapts = false;
    TRY(look_for(&described, directory, "config.json", err));
    TRY(look_for(&adapts, directory, "adapter_config.json", err));
    if (!described && !adapts)
        return only_gguf(path, directory, err);
    *path = mem_strdup(directory);
    return *path ? DEAR_OK : error_memory(err);
}

static dear_status find_in_own_cache(char **path, const char *hub_name, dear_error *err) {
    *path = NULL;
    char *directory = lookup_hub_directory(hub_name);
    if (!directory)
        return error_memory(err);
    bool whole = false;
    dear_status status = look_for(&whole, directory, LOOKUP_MARKER, err);
    if (status == DEAR_OK && whole)
        status = model_in(path, directory, err);
    mem_free(directory);
    return status;
}

/* Reads refs/main of a model in a Hugging Face cache: the commit, or "" when there is none. */
static dear_status read_main_commit(char commit[COMMIT_LENGTH + 1], const char *directory,
                                    dear_error *err) {
    commit[0] = 0;
    char *path = path_join(directory, "refs/main");
    if (!path)
        return error_memory(err);
    strbuf text = {0};
    dear_status status = DEAR_OK;
    if (file_exists(path))
        status = file_read(&text, path, 256, err);
    if (status == DEAR_OK && text.text) {
        size_t length = strspn(text.text, "0123456789abcdef");
        if (length != COMMIT_LENGTH || text.text[length + strspn(text.text + length, "\r\n")])
            status = error_set(err, DEAR_ERROR_INPUT, "%s: not a commit's 40 digits", path);
        else
            memcpy(commit, text.text, COMMIT_LENGTH + 1);
        commit[status == DEAR_OK ? COMMIT_LENGTH : 0] = 0;
    }
    strbuf_free(&text);
    mem_free(path);
    return status;
}

static dear_status find_in_hugging_face_cache(char **path, const char *hub_name, dear_error *err) {
    *path = NULL;
    char *directory = hub_name_in(hugging_face_cache(), "models--", hub_name);
    if (!directory)
        return error_memory(err);
    char commit[COMMIT_LENGTH + 1];
    dear_status status = read_main_commit(commit, directory, err);
    if (status == DEAR_OK && commit[0]) {
        strbuf snapshot = {0};
        strbuf_printf(&snapshot, "%s/snapshots/%s", directory, commit);
        status = snapshot.failed ? error_memory(err) : model_in(path, snapshot.text, err);
        strbuf_free(&snapshot);
    }
    mem_free(directory);
    return status;
}

dear_status lookup_hub_model(char **path, const char *hub_name, dear_error *err) {
    *path = NULL;
    if (!lookup_is_hub_name(hub_name))
        return error_set(err, DEAR_ERROR_USAGE, "\"%s\" is not a model's name on a hub (ORG/NAME)",
                         hub_name);
    TRY(find_in_own_cache(path, hub_name, err));
    return *path ? DEAR_OK : find_in_hugging_face_cache(path, hub_name, err);
}

/* Makes "org/name" of "org--name", in place; false when it is not a model's directory. */
static bool unflatten(char *name) {
    char *dashes = strstr(name, "--");
    if (!dashes)
        return false;
    *dashes = '/';
    memmove(dashes + 1, dashes + 2, strlen(dashes + 2) + 1);
    return lookup_is_hub_name(name);
}

dear_status lookup_fetched(name_list *out, dear_error *err) {
    *out = (name_list){0};
    char *cache = lookup_cache_directory();
    char *models = cache ? path_join(cache, "models") : NULL;
    mem_free(cache);
    if (!models)
        return error_memory(err);
    dear_status status = name_list_read(out, models, err);
    mem_free(models);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (unflatten(out->names[i]))
            out->names[kept++] = out->names[i];
        else
            mem_free(out->names[i]);
    }
    out->count = kept;
    return status;
}

static dear_status default_model_path(char **path, dear_error *err) {
    char *cache = lookup_cache_directory();
    *path = cache ? path_join(cache, DEFAULT_MODEL_FILE) : NULL;
    mem_free(cache);
    return *path ? DEAR_OK : error_memory(err);
}

dear_status lookup_known_model(char **path, const known_model *known, dear_error *err) {
    if (known->hub)
        return lookup_hub_model(path, known->hub, err);
    TRY(default_model_path(path, err));
    if (!file_exists(*path)) {
        mem_free(*path);
        *path = NULL;
    }
    return DEAR_OK;
}

static dear_status not_here(const char *name, const known_model *known, dear_error *err) {
    if (known && !known->hub) {
        char *path;
        TRY(default_model_path(&path, err));
        dear_status status =
            error_set(err, DEAR_ERROR_IO,
                      "%s: the default model is not there; `make model` in the source tree "
                      "fetches it, or give another with --model",
                      path);
        mem_free(path);
        return status;
    }
    if (known || lookup_is_hub_name(name))
        return error_set(err, DEAR_ERROR_IO,
                         "the model %s is not on this machine; `dear models pull %s` fetches it",
                         name, name);
    return error_set(err, DEAR_ERROR_IO,
                     "%s: no such file, and no such model; `dear models list` names those known, "
                     "and a hub's are called ORG/NAME",
                     name);
}

/* lookup_model for a name that was given. */
static dear_status find_model(char **path, const char *name, dear_error *err) {
    if (file_exists(name)) {
        *path = mem_strdup(name);
        return *path ? DEAR_OK : error_memory(err);
    }
    const known_model *known = lookup_by_name(name);
    if (known)
        TRY(lookup_known_model(path, known, err));
    else if (lookup_is_hub_name(name))
        TRY(lookup_hub_model(path, name, err));
    return *path ? DEAR_OK : not_here(name, known, err);
}

dear_status lookup_model(char **path, const char *name, dear_error *err) {
    *path = NULL;
    if (name)
        return find_model(path, name, err);
    const char *wanted = environment("DEAR_MODEL");
    if (!wanted)
        return find_model(path, known_models[0].name, err);
    dear_status status = find_model(path, wanted, err);
    return status == DEAR_OK ? DEAR_OK : error_prefix(err, "DEAR_MODEL");
}
