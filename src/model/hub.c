#define _GNU_SOURCE
#include "model/hub.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/hub_http.h"
#include "model/hub_listing.h"
#include "model/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { REVISION_LIMIT = 200, MARKER_LIMIT = 1 << 20, DEFAULT_STALL_SECONDS = 30 };

#define LOCK_FILE ".lock"

/* Where a file of the listing stands on this machine. */
typedef struct wanted_file {
    const hub_file *file;
    char *path;      ///< its place in the directory
    char *part_path; ///< where it is until all are there
    int64_t left;    ///< bytes of the part file that were there when the pull began
    bool installed;  ///< `path` is as the hub has it
    bool fetched;    ///< `part_path` is
} wanted_file;

typedef struct pull {
    const hub_request *request;
    hub_client *client;
    hub_listing listing;
    char *directory;
    int lock;               ///< descriptor of the locked file; -1 before
    wanted_file *files;     ///< [listing.count]
    wanted_file *current;   ///< being checked or fetched; NULL before
    int64_t missing;        ///< bytes to fetch when the pull began
    int64_t missing_before; ///< of those, bytes of files before `current`
} pull;

static bool report(const pull *p, hub_step step, int64_t done, int64_t total) {
    const hub_request *request = p->request;
    const char *name = p->current ? p->current->file->name : "";
    return !request->progress ||
           request->progress(request->context, step, name, (double)done, (double)total);
}

static bool on_fetched(void *context, int64_t have) {
    const pull *p = context;
    int64_t begun_at = p->current ? p->current->left : 0;
    int64_t done = have > begun_at ? have - begun_at : 0;
    return report(p, HUB_FETCHING, p->missing_before + done, p->missing);
}

static bool on_checked(void *context, int64_t done) {
    const pull *p = context;
    return report(p, HUB_CHECKING, done, p->current->file->expected.size);
}

static dear_status cancelled(const pull *p, dear_error *err) {
    return error_set(err, DEAR_ERROR_CANCELLED, "stopped while fetching %s",
                     p->request->repository);
}

/* A revision, percent-encoded, may be anything that git allows; this bounds what gets printed. */
static bool is_revision(const char *revision) {
    size_t length = strlen(revision);
    if (length == 0 || length > REVISION_LIMIT)
        return false;
    for (const char *p = revision; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return false;
    return true;
}

static dear_status check_request(const hub_request *request, dear_error *err) {
    if (!lookup_is_hub_name(request->repository))
        return error_set(err, DEAR_ERROR_USAGE, "\"%s\" is not a repository on a hub (ORG/NAME)",
                         request->repository);
    if (request->revision && !is_revision(request->revision))
        return error_set(err, DEAR_ERROR_USAGE, "a revision is a branch, a tag or a commit");
    if (request->file && !hub_file_path_is_safe(request->file))
        return error_set(err, DEAR_ERROR_USAGE, "\"%s\" is not a file's path in a repository",
                         request->file);
    if (request->gguf && !hub_file_name_is_safe(request->gguf))
        return error_set(err, DEAR_ERROR_USAGE, "\"%s\" is not a file's name in a repository",
                         request->gguf);
    return DEAR_OK;
}

static dear_status parse_listing(pull *p, const strbuf *json, dear_error *err) {
    const hub_request *request = p->request;
    const char *text = json->text ? json->text : "";
    if (request->file)
        return hub_listing_parse_file(&p->listing, text, json->length, request->repository,
                                      request->file, err);
    return hub_listing_parse(&p->listing, text, json->length, request->repository, request->gguf,
                             err);
}

/* Holds what the hub announces for the one file to what it must be. */
static dear_status check_announcement(pull *p, dear_error *err) {
    const hub_checksum *expected = p->request->expected;
    hub_checksum *announced = &p->listing.files[0].expected;
    bool contradicts =
        announced->size != expected->size ||
        (announced->kind == expected->kind && strcmp(announced->hex, expected->hex) != 0);
    if (contradicts)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s/%s: the hub has another file under that name than is known "
                         "(%lld bytes, not %lld, or another checksum)",
                         p->request->repository, p->request->file, (long long)announced->size,
                         (long long)expected->size);
    *announced = *expected;
    return DEAR_OK;
}

static dear_status read_listing(pull *p, dear_error *err) {
    const hub_request *request = p->request;
    strbuf json = {0};
    TRY(hub_client_list(p->client, request->revision ? request->revision : "main", &json, err));
    dear_status status = parse_listing(p, &json, err);
    if (status == DEAR_OK && request->file && request->expected)
        status = check_announcement(p, err);
    strbuf_free(&json);
    return status;
}

static dear_status open_lock(pull *p, dear_error *err) {
    char *path = path_join(p->directory, LOCK_FILE);
    if (!path)
        return error_memory(err);
    p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    dear_status status = p->lock >= 0 ? DEAR_OK : error_errno(err, path);
    mem_free(path);
    return status;
}

/* Waits until no other process fetches into the directory. The lock ends with its descriptor. */
static dear_status lock_directory(pull *p, dear_error *err) {
    TRY(open_lock(p, err));
    while (flock(p->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, p->directory);
        if (!report(p, HUB_WAITING, 0, 0))
            return cancelled(p, err);
        nanosleep(&(struct timespec){.tv_nsec = 200 * 1000 * 1000}, NULL);
    }
    return DEAR_OK;
}

static dear_status name_files(pull *p, dear_error *err) {
    p->files = mem_calloc(p->listing.count, sizeof *p->files);
    if (!p->files)
        return error_memory(err);
    for (size_t i = 0; i < p->listing.count; i++) {
        wanted_file *wanted = &p->files[i];
        wanted->file = &p->listing.files[i];
        wanted->path = path_join(p->directory, wanted->file->name);
        strbuf part = {0};
        strbuf_printf(&part, "%s/%s.part", p->directory, wanted->file->name);
        wanted->part_path = strbuf_take(&part);
        if (!wanted->path || !wanted->part_path)
            return error_memory(err);
    }
    return DEAR_OK;
}

static dear_status check(pull *p, bool *matches, const char *path, dear_error *err) {
    return hub_checksum_file(matches, path, &p->current->file->expected, on_checked, p, err);
}

/* The size of a part file that can be gone on from; 0 without one, or for one too long. */
static int64_t part_size(const wanted_file *wanted) {
    struct stat info;
    if (stat(wanted->part_path, &info) != 0 || info.st_size > wanted->file->expected.size)
        return 0;
    return info.st_size;
}

/* Finds out what earlier pulls left, and how much is missing. */
static dear_status take_stock(pull *p, dear_error *err) {
    for (size_t i = 0; i < p->listing.count; i++) {
        wanted_file *wanted = p->current = &p->files[i];
        TRY(check(p, &wanted->installed, wanted->path, err));
        if (wanted->installed)
            continue;
        TRY(check(p, &wanted->fetched, wanted->part_path, err));
        wanted->left = part_size(wanted);
        if (!wanted->fetched && wanted->left == wanted->file->expected.size) {
            unlink(wanted->part_path); /* whole, but not what it should be */
            wanted->left = 0;
        }
        p->missing += wanted->file->expected.size - wanted->left;
    }
    return DEAR_OK;
}

static dear_status check_disk_space(const pull *p, dear_error *err) {
    struct statvfs disk;
    if (statvfs(p->directory, &disk) != 0)
        return error_errno(err, p->directory);
    double available = (double)disk.f_bavail * (double)disk.f_frsize;
    if ((double)p->missing <= available)
        return DEAR_OK;
    const double gib = 1 << 30;
    return error_set(err, DEAR_ERROR_IO,
                     "%s: the disk has %.1f GiB left, and %s needs %.1f GiB more; "
                     "XDG_CACHE_HOME may name a larger one",
                     p->directory, available / gib, p->request->repository,
                     (double)p->missing / gib);
}

/* Adds to a failure how to go on, when there is something to go on from. */
static dear_status interrupted(const pull *p, dear_status status, dear_error *err) {
    if (!err || part_size(p->current) == 0)
        return status;
    const hub_request *request = p->request;
    size_t length = strlen(err->message);
    snprintf(err->message + length, sizeof err->message - length, "; `%s%s` goes on from there",
             request->command ? "" : "dear models pull ",
             request->command ? request->command : request->repository);
    return status;
}

static dear_status fetch_current(pull *p, dear_error *err) {
    wanted_file *wanted = p->current;
    dear_status status = hub_client_fetch(p->client, p->listing.commit, wanted->file->path,
                                          wanted->part_path, wanted->file->expected.size, err);
    if (status != DEAR_OK)
        return interrupted(p, status, err);
    TRY(check(p, &wanted->fetched, wanted->part_path, err));
    if (!wanted->fetched)
        unlink(wanted->part_path);
    return DEAR_OK;
}

/* A part file may be of an older commit, or spoilt: then the file is fetched from its start. */
static dear_status fetch_missing(pull *p, dear_error *err) {
    for (size_t i = 0; i < p->listing.count; i++) {
        wanted_file *wanted = p->current = &p->files[i];
        if (wanted->installed || wanted->fetched)
            continue;
        int64_t missing = wanted->file->expected.size - wanted->left;
        TRY(fetch_current(p, err));
        if (!wanted->fetched && wanted->left) {
            wanted->left = 0;
            TRY(fetch_current(p, err));
        }
        if (!wanted->fetched)
            return error_set(err, DEAR_ERROR_NETWORK,
                             "%s/%s: what came does not have the checksum that the hub announced; "
                             "it was removed",
                             p->request->repository, wanted->file->name);
        p->missing_before += missing;
    }
    p->current = NULL;
    return DEAR_OK;
}

static bool is_wanted(const pull *p, const char *name) {
    for (size_t i = 0; i < p->listing.count; i++)
        if (strcmp(p->listing.files[i].name, name) == 0)
            return true;
    return false;
}

static dear_status remove_in_directory(const pull *p, const char *name, dear_error *err) {
    char *path = path_join(p->directory, name);
    if (!path)
        return error_memory(err);
    dear_status status = DEAR_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        status = error_errno(err, path);
    mem_free(path);
    return status;
}

/* Of the files that the marker of an earlier pull lists, removes those that are not of this one. */
static dear_status remove_outdated(const pull *p, const char *marker_path, dear_error *err) {
    if (!file_exists(marker_path))
        return DEAR_OK;
    strbuf marker = {0};
    TRY(file_read(&marker, marker_path, MARKER_LIMIT, err));
    dear_status status = DEAR_OK;
    char *rest = marker.text ? strchr(marker.text, '\n') : NULL; /* after the commit */
    char *name;
    while (status == DEAR_OK && rest && (name = strtok_r(NULL, "\n", &rest)))
        if (hub_file_name_is_safe(name) && !is_wanted(p, name))
            status = remove_in_directory(p, name, err);
    strbuf_free(&marker);
    return status;
}

static bool brought_anything(const pull *p) {
    for (size_t i = 0; i < p->listing.count; i++)
        if (p->files[i].fetched)
            return true;
    return false;
}

static dear_status give_names(const pull *p, dear_error *err) {
    for (size_t i = 0; i < p->listing.count; i++) {
        const wanted_file *wanted = &p->files[i];
        if (wanted->fetched && rename(wanted->part_path, wanted->path) != 0)
            return error_errno(err, wanted->path);
    }
    return DEAR_OK;
}

static dear_status write_marker(const pull *p, const char *marker_path, dear_error *err) {
    output_file marker;
    TRY(output_file_open(&marker, marker_path, err));
    fprintf(marker.stream, "%s\n", p->listing.commit);
    for (size_t i = 0; i < p->listing.count; i++)
        fprintf(marker.stream, "%s\n", p->listing.files[i].name);
    return output_file_commit(&marker, err);
}

/* For a moment, while names change, the directory has no marker and is no model. */
static dear_status install(const pull *p, dear_error *err) {
    char *marker_path = path_join(p->directory, LOOKUP_MARKER);
    if (!marker_path)
        return error_memory(err);
    dear_status status = remove_outdated(p, marker_path, err);
    if (status == DEAR_OK && brought_anything(p))
        status = remove_in_directory(p, LOOKUP_MARKER, err);
    if (status == DEAR_OK)
        status = give_names(p, err);
    if (status == DEAR_OK)
        status = write_marker(p, marker_path, err);
    mem_free(marker_path);
    return status;
}

static dear_status open_client(pull *p, dear_error *err) {
    const hub_request *request = p->request;
    hub_client_options options = {
        .kind = request->kind,
        .repository = request->repository,
        .stall_seconds = request->stall_seconds ? request->stall_seconds : DEFAULT_STALL_SECONDS,
        .retry_seconds = request->retry_seconds > 0 ? request->retry_seconds : 1,
        .progress = on_fetched,
        .context = p,
    };
    return hub_client_open(&p->client, &options, err);
}

static dear_status run(pull *p, dear_error *err) {
    TRY(check_request(p->request, err));
    TRY(open_client(p, err));
    TRY(read_listing(p, err));
    const hub_request *request = p->request;
    p->directory = request->directory ? mem_strdup(request->directory)
                                      : lookup_hub_directory(request->repository);
    if (!p->directory)
        return error_memory(err);
    TRY(directory_make(p->directory, err));
    TRY(lock_directory(p, err));
    TRY(name_files(p, err));
    TRY(take_stock(p, err));
    TRY(check_disk_space(p, err));
    TRY(fetch_missing(p, err));
    return install(p, err);
}

static void end(pull *p) {
    for (size_t i = 0; p->files && i < p->listing.count; i++) {
        mem_free(p->files[i].path);
        mem_free(p->files[i].part_path);
    }
    mem_free(p->files);
    if (p->lock >= 0)
        close(p->lock);
    hub_client_close(p->client);
    hub_listing_free(&p->listing);
    mem_free(p->directory);
}

dear_status hub_pull(char **directory, const hub_request *request, dear_error *err) {
    *directory = NULL;
    pull p = {.request = request, .lock = -1};
    dear_status status = run(&p, err);
    if (status == DEAR_OK) {
        *directory = p.directory;
        p.directory = NULL;
    }
    end(&p);
    return status;
}
