#include "model/hub_listing.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Bounds that no model comes near, so that sums of sizes cannot overflow. */
enum { FILES_LIMIT = 1024, NAME_LIMIT = 200 };
static const int64_t FILE_SIZE_LIMIT = (int64_t)1 << 42;

/* A listing as it is read. */
typedef struct listing_reader {
    const char *where;      ///< "the hub's listing of org/name": begins messages
    const char *repository; ///< "org/name"
    const char *gguf;       ///< the GGUF file asked for, or NULL
    const char *path;       ///< the one file asked for; NULL: what a model needs
    const json_t *siblings; ///< an array of objects {rfilename, size, blobId, lfs}
} listing_reader;

/* Repositories also hold copies in other formats, training states and pictures in directories of
 * their own; what a model needs lies at the top. */
static const char *const needed_names[] = {
    "config.json",           "generation_config.json",  "tokenizer.json",
    "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
    "adapter_config.json",
};

static bool begins_with(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool has_control_characters(const char *name) {
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return true;
    return false;
}

/* True for "..", and for a path with such a component, with an empty one, or from the root. */
static bool leaves_its_directory(const char *path) {
    for (const char *p = path;; p++) {
        size_t length = strcspn(p, "/");
        if (length == 0 || (length == 1 && p[0] == '.') || (length == 2 && begins_with(p, "..")))
            return true;
        p += length;
        if (!*p)
            return false;
    }
}

bool hub_file_path_is_safe(const char *path) {
    if (strlen(path) > NAME_LIMIT || leaves_its_directory(path) || has_control_characters(path))
        return false;
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (*p == '.')
            return false;
    }
    return true;
}

bool hub_file_name_is_safe(const char *name) {
    return !strchr(name, '/') && hub_file_path_is_safe(name);
}

/* The path of a sibling. One that no repository has, since git refuses it, damns the listing. */
static dear_status read_name(const char **name, const json_t *sibling, const char *where,
                             dear_error *err) {
    *name = NULL;
    if (!json_is_object(sibling))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"siblings\" must hold objects", where);
    TRY(json_get_string(sibling, "rfilename", name, where, err));
    if (!*name)
        return error_set(err, DEAR_ERROR_INPUT, "%s: a file without \"rfilename\"", where);
    size_t length = json_string_length(json_object_get(sibling, "rfilename"));
    if (strlen(*name) != length || has_control_characters(*name) || leaves_its_directory(*name))
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: a file's name leaves the directory or holds control characters; "
                         "this server is not to be trusted",
                         where);
    return DEAR_OK;
}

/* The name of sibling `i`, all of which were read before. */
static const char *name_at(const listing_reader *r, size_t i) {
    return json_string_value(json_object_get(json_array_get(r->siblings, i), "rfilename"));
}

static bool lists(const listing_reader *r, const char *name) {
    for (size_t i = 0; i < json_array_size(r->siblings); i++)
        if (strcmp(name_at(r, i), name) == 0)
            return true;
    return false;
}

/* A file at the top with that ending, and not of the original checkpoint ("consolidated…") that
 * some repositories repeat the model in. */
static bool is_top_file(const char *name, const char *end) {
    return ends_with(name, end) && hub_file_name_is_safe(name) &&
           !begins_with(name, "consolidated");
}

static bool is_gguf(const char *name) {
    return is_top_file(name, ".gguf");
}

/* Weights in a single file make shards beside it, and their index, a repetition. */
static bool is_safetensors(const char *name, bool single_file) {
    if (single_file)
        return strcmp(name, "model.safetensors") == 0 ||
               strcmp(name, "adapter_model.safetensors") == 0;
    return is_top_file(name, ".safetensors");
}

static bool is_pickled(const char *name) {
    return begins_with(name, "pytorch_model") || strcmp(name, "adapter_model.bin") == 0 ||
           ends_with(name, ".pth") || ends_with(name, ".pt");
}

/* What kind of repository it is. */
typedef struct repository_kind {
    bool single_file; ///< model.safetensors is there
    bool safetensors; ///< any weights in safetensors
    bool pickled;     ///< weights in PyTorch's own format
    size_t ggufs;     ///< GGUF files
} repository_kind;

static repository_kind look_over(const listing_reader *r) {
    repository_kind kind = {.single_file = lists(r, "model.safetensors")};
    for (size_t i = 0; i < json_array_size(r->siblings); i++) {
        const char *name = name_at(r, i);
        kind.safetensors |= is_safetensors(name, kind.single_file);
        kind.pickled |= is_pickled(name);
        kind.ggufs += is_gguf(name);
    }
    return kind;
}

static bool is_needed(const listing_reader *r, const repository_kind *kind, const char *name) {
    if (!kind->safetensors)
        return is_gguf(name) && (!r->gguf || strcmp(name, r->gguf) == 0);
    for (size_t i = 0; i < sizeof needed_names / sizeof needed_names[0]; i++)
        if (strcmp(name, needed_names[i]) == 0)
            return true;
    if (is_safetensors(name, kind->single_file))
        return true;
    return !kind->single_file && is_top_file(name, ".safetensors.index.json");
}

/* "a.gguf, b.gguf, ..." in `out`, cut where it would grow too long for a sentence. */
static void name_ggufs(const listing_reader *r, char *out, size_t size) {
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < json_array_size(r->siblings); i++) {
        const char *name = name_at(r, i);
        if (!is_gguf(name))
            continue;
        if (used + strlen(name) + 6 > size) {
            snprintf(out + used, size - used, "...");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", name);
    }
}

static dear_status check_kind(const listing_reader *r, const repository_kind *kind,
                              dear_error *err) {
    if (kind->safetensors) {
        if (r->gguf)
            return error_set(err, DEAR_ERROR_USAGE,
                             "%s is a safetensors model: there is no GGUF file to choose",
                             r->repository);
        if (!lists(r, "config.json") && !lists(r, "adapter_config.json"))
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s holds safetensors, but neither config.json nor "
                             "adapter_config.json to say what they are",
                             r->repository);
        return DEAR_OK;
    }
    char names[400];
    name_ggufs(r, names, sizeof names);
    if (r->gguf && kind->ggufs && !(is_gguf(r->gguf) && lists(r, r->gguf)))
        return error_set(err, DEAR_ERROR_USAGE, "%s holds no %s, but %s", r->repository, r->gguf,
                         names);
    if (!r->gguf && kind->ggufs > 1)
        return error_set(err, DEAR_ERROR_USAGE,
                         "%s holds %zu GGUF files; choose one with --file: %s", r->repository,
                         kind->ggufs, names);
    if (kind->ggufs)
        return DEAR_OK;
    if (kind->pickled)
        return error_set(err, DEAR_ERROR_UNSUPPORTED,
                         "%s has its weights only in PyTorch's .bin format, which can run code "
                         "when it is read; convert them with save_pretrained(DIR, "
                         "safe_serialization=True) in transformers, then give DIR as --model",
                         r->repository);
    return error_set(err, DEAR_ERROR_UNSUPPORTED,
                     "%s holds neither safetensors nor GGUF: not a model that DeAR reads",
                     r->repository);
}

static dear_status read_digest(hub_checksum *out, hub_digest kind, const json_t *object,
                               const char *key, const char *where, dear_error *err) {
    const char *hex = NULL;
    TRY(json_get_string(object, key, &hex, where, err));
    size_t length = hub_digest_length(kind);
    if (!hex || strlen(hex) != length || strspn(hex, "0123456789abcdef") != length)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"%s\" must be a checksum of %zu digits",
                         where, key, length);
    out->kind = kind;
    memcpy(out->hex, hex, length + 1);
    return DEAR_OK;
}

static dear_status read_size(int64_t *size, const json_t *object, const char *where,
                             dear_error *err) {
    *size = -1;
    TRY(json_get_int(object, "size", 0, FILE_SIZE_LIMIT, size, where, err));
    if (*size < 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: no \"size\"", where);
    return DEAR_OK;
}

static dear_status read_checksum(hub_checksum *out, const json_t *sibling, const char *where,
                                 dear_error *err) {
    const json_t *lfs = json_object_get(sibling, "lfs");
    bool large = lfs && !json_is_null(lfs);
    if (large && !json_is_object(lfs))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"lfs\" must be an object", where);
    TRY(read_size(&out->size, large ? lfs : sibling, where, err));
    return large ? read_digest(out, HUB_DIGEST_SHA256, lfs, "sha256", where, err)
                 : read_digest(out, HUB_DIGEST_GIT_BLOB, sibling, "blobId", where, err);
}

static bool is_chosen(const hub_listing *listing, const char *name) {
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->files[i].path, name) == 0)
            return true;
    return false;
}

static dear_status choose(hub_listing *out, const listing_reader *r, size_t i, dear_error *err) {
    const char *name = name_at(r, i);
    char where[512];
    snprintf(where, sizeof where, "%s: %s", r->where, name);
    if (is_chosen(out, name))
        return error_set(err, DEAR_ERROR_INPUT, "%s: listed twice", where);
    if (out->count == FILES_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "%s: more than %d files of weights", r->where,
                         FILES_LIMIT);
    hub_file file = {0};
    TRY(read_checksum(&file.expected, json_array_get(r->siblings, i), where, err));
    file.path = mem_strdup(name);
    if (!file.path)
        return error_memory(err);
    const char *slash = strrchr(file.path, '/');
    file.name = slash ? slash + 1 : file.path;
    out->files[out->count++] = file;
    out->bytes += file.expected.size;
    return DEAR_OK;
}

static dear_status choose_model_files(hub_listing *out, const listing_reader *r, dear_error *err) {
    repository_kind kind = look_over(r);
    TRY(check_kind(r, &kind, err));
    for (size_t i = 0; i < json_array_size(r->siblings); i++)
        if (is_needed(r, &kind, name_at(r, i)))
            TRY(choose(out, r, i, err));
    return DEAR_OK;
}

static dear_status choose_one_file(hub_listing *out, const listing_reader *r, dear_error *err) {
    for (size_t i = 0; i < json_array_size(r->siblings); i++)
        if (strcmp(name_at(r, i), r->path) == 0)
            TRY(choose(out, r, i, err));
    if (out->count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s holds no %s", r->repository, r->path);
    return DEAR_OK;
}

static dear_status choose_files(hub_listing *out, const listing_reader *r, dear_error *err) {
    out->files = mem_calloc(FILES_LIMIT, sizeof *out->files);
    if (!out->files)
        return error_memory(err);
    return r->path ? choose_one_file(out, r, err) : choose_model_files(out, r, err);
}

static dear_status read_commit(hub_listing *out, const json_t *tree, const char *where,
                               dear_error *err) {
    const char *commit = NULL;
    TRY(json_get_string(tree, "sha", &commit, where, err));
    if (!commit || strlen(commit) != HUB_COMMIT_LENGTH ||
        strspn(commit, "0123456789abcdef") != HUB_COMMIT_LENGTH)
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"sha\" must be a commit of %d digits", where,
                         HUB_COMMIT_LENGTH);
    memcpy(out->commit, commit, HUB_COMMIT_LENGTH + 1);
    return DEAR_OK;
}

static dear_status read_tree(hub_listing *out, const json_t *tree, listing_reader *r,
                             dear_error *err) {
    if (!json_is_object(tree))
        return error_set(err, DEAR_ERROR_INPUT, "%s: not a JSON object", r->where);
    TRY(read_commit(out, tree, r->where, err));
    r->siblings = json_object_get(tree, "siblings");
    if (!json_is_array(r->siblings))
        return error_set(err, DEAR_ERROR_INPUT, "%s: \"siblings\" must be a list", r->where);
    for (size_t i = 0; i < json_array_size(r->siblings); i++) {
        const char *name;
        TRY(read_name(&name, json_array_get(r->siblings, i), r->where, err));
    }
    return choose_files(out, r, err);
}

static dear_status parse(hub_listing *out, const char *json, size_t length, listing_reader reader,
                         dear_error *err) {
    *out = (hub_listing){0};
    char where[256];
    snprintf(where, sizeof where, "the hub's listing of %s", reader.repository);
    reader.where = where;
    json_t *tree;
    TRY(json_read_text(&tree, json, length, where, err));
    dear_status status = read_tree(out, tree, &reader, err);
    json_decref(tree);
    if (status != DEAR_OK)
        hub_listing_free(out);
    return status;
}

dear_status hub_listing_parse(hub_listing *out, const char *json, size_t length,
                              const char *repository, const char *gguf, dear_error *err) {
    listing_reader reader = {.repository = repository, .gguf = gguf};
    return parse(out, json, length, reader, err);
}

dear_status hub_listing_parse_file(hub_listing *out, const char *json, size_t length,
                                   const char *repository, const char *path, dear_error *err) {
    listing_reader reader = {.repository = repository, .path = path};
    return parse(out, json, length, reader, err);
}

void hub_listing_free(hub_listing *listing) {
    for (size_t i = 0; i < listing->count; i++)
        mem_free(listing->files[i].path);
    mem_free(listing->files);
    *listing = (hub_listing){0};
}
