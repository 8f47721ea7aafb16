#define _GNU_SOURCE
#include "support/hub_server.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILES = 32, ENDLESS_CHUNK = 4096 };

static const char commit[] = "0123456789abcdef0123456789abcdef01234567";

typedef struct served_file {
    char name[128];
    unsigned char *bytes;
    size_t size;
    bool large;
} served_file;

struct hub_server {
    struct MHD_Daemon *daemon;
    char url[64];
    pthread_mutex_t mutex; ///< of all that follows
    served_file files[MAX_FILES];
    size_t num_files;
    hub_mischief mischief;
    size_t slice;    ///< bytes after which answers break off
    char target[64]; ///< where redirections go
    int failure, failures_left;
    bool listing_fails;
    char *lie;
    int requests;
    char range[64], authorization[256];
    atomic_bool stopping;
};

/* An answer's body, owned by the answer, so that the server's files may change meanwhile. */
typedef struct body {
    hub_server *server;
    hub_mischief mischief;
    size_t size;
    unsigned char bytes[];
} body;

static void hex_digest(char *hex, const EVP_MD *kind, const char *header, size_t header_size,
                       const served_file *file) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, kind, NULL);
    EVP_DigestUpdate(context, header, header_size);
    EVP_DigestUpdate(context, file->bytes, file->size);
    EVP_DigestFinal_ex(context, digest, &length);
    EVP_MD_CTX_free(context);
    for (unsigned int i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static json_t *sibling(const served_file *file) {
    char hex[2 * EVP_MAX_MD_SIZE + 1], header[32];
    json_int_t size = (json_int_t)file->size;
    if (file->large) {
        hex_digest(hex, EVP_sha256(), "", 0, file);
        return json_pack("{s:s,s:I,s:s,s:{s:s,s:I,s:i}}", "rfilename", file->name, "size", size,
                         "blobId", commit, "lfs", "sha256", hex, "size", size, "pointerSize", 135);
    }
    int length = snprintf(header, sizeof header, "blob %zu", file->size);
    hex_digest(hex, EVP_sha1(), header, (size_t)length + 1, file);
    return json_pack("{s:s,s:I,s:s}", "rfilename", file->name, "size", size, "blobId", hex);
}

char *hub_server_listing(const hub_server *s) {
    json_t *siblings = json_array();
    for (size_t i = 0; i < s->num_files; i++)
        json_array_append_new(siblings, sibling(&s->files[i]));
    json_t *tree =
        json_pack("{s:s,s:s,s:o}", "id", "test/model", "sha", commit, "siblings", siblings);
    char *text = json_dumps(tree, 0);
    json_decref(tree);
    return text;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned int status,
                                 const char *text) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static ssize_t silence(const body *b) {
    while (!atomic_load(&b->server->stopping))
        usleep(20 * 1000);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t read_body(void *context, uint64_t position, char *out, size_t room) {
    body *b = context;
    bool endless = b->mischief == HUB_SENDS_ENDLESSLY || b->mischief == HUB_REDIRECTS_ENDLESSLY;
    if (position >= b->size) {
        if (endless && !atomic_load(&b->server->stopping)) {
            size_t n = room < ENDLESS_CHUNK ? room : ENDLESS_CHUNK;
            memset(out, 'x', n);
            return (ssize_t)n;
        }
        if (b->mischief == HUB_STALLS)
            return silence(b);
        bool broken = b->mischief == HUB_BREAKS_OFF_ONCE || b->mischief == HUB_BREAKS_OFF_ALWAYS;
        return broken ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t left = b->size - (size_t)position;
    size_t n = left < room ? left : room;
    memcpy(out, b->bytes + position, n);
    return (ssize_t)n;
}

/* How many of `size` bytes of a body come before the mischief. */
static size_t bytes_to_send(const hub_server *s, hub_mischief mischief, size_t size) {
    switch (mischief) {
    case HUB_BREAKS_OFF_ONCE:
    case HUB_STALLS:
        return size / 2;
    case HUB_BREAKS_OFF_ALWAYS:
        return size < s->slice ? size : s->slice;
    case HUB_SENDS_SHORT:
        return size ? size - 1 : 0;
    default:
        return size;
    }
}

/* A redirection's page of unknown length would not be read at all, one of a tebibyte may be. */
static uint64_t announced_length(hub_mischief mischief, size_t size) {
    if (mischief == HUB_SENDS_SHORT || mischief == HUB_SENDS_ENDLESSLY)
        return MHD_SIZE_UNKNOWN;
    return mischief == HUB_REDIRECTS_ENDLESSLY ? (uint64_t)1 << 40 : size;
}

static struct MHD_Response *make_body(hub_server *s, hub_mischief mischief,
                                      const unsigned char *bytes, size_t size) {
    body *b = malloc(sizeof *b + size);
    *b = (body){.server = s, .mischief = mischief, .size = bytes_to_send(s, mischief, size)};
    if (size)
        memcpy(b->bytes, bytes, size);
    if (mischief == HUB_CORRUPTS && size)
        b->bytes[size - 1] ^= 1;
    return MHD_create_response_from_callback(announced_length(mischief, size), ENDLESS_CHUNK,
                                             read_body, b, free);
}

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned int status,
                             struct MHD_Response *response) {
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result redirect(hub_server *s, struct MHD_Connection *connection,
                                const char *path) {
    char location[512];
    if (s->mischief == HUB_REDIRECTS_TO_FILE)
        snprintf(location, sizeof location, "file:///etc/hostname");
    else
        snprintf(location, sizeof location, "%s%s",
                 s->mischief == HUB_REDIRECTS ? s->target : s->url, path);
    struct MHD_Response *response = make_body(s, s->mischief, NULL, 0);
    MHD_add_response_header(response, "Location", location);
    return queue(connection, MHD_HTTP_FOUND, response);
}

static bool redirects(hub_mischief mischief) {
    return mischief == HUB_REDIRECTS || mischief == HUB_REDIRECTS_IN_CIRCLE ||
           mischief == HUB_REDIRECTS_ENDLESSLY || mischief == HUB_REDIRECTS_TO_FILE;
}

static enum MHD_Result send_file(hub_server *s, struct MHD_Connection *connection,
                                 const served_file *file) {
    size_t start = strncmp(s->range, "bytes=", 6) == 0 ? strtoull(s->range + 6, NULL, 10) : 0;
    bool partial = start > 0 && s->mischief != HUB_IGNORES_RANGE;
    if (partial && (s->mischief == HUB_REFUSES_RANGE || start >= file->size))
        return send_text(connection, MHD_HTTP_RANGE_NOT_SATISFIABLE, "");
    if (!partial || s->mischief == HUB_SHIFTS_RANGE)
        start = 0;
    struct MHD_Response *response =
        make_body(s, s->mischief, file->bytes + start, file->size - start);
    char range[96];
    snprintf(range, sizeof range, "bytes %zu-%zu/%zu", start, file->size - 1, file->size);
    if (partial)
        MHD_add_response_header(response, "Content-Range", range);
    if (s->mischief == HUB_BREAKS_OFF_ONCE)
        s->mischief = HUB_HONEST;
    return queue(connection, partial ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

static const served_file *find_file(const hub_server *s, const char *name) {
    for (size_t i = 0; i < s->num_files; i++)
        if (strcmp(s->files[i].name, name) == 0)
            return &s->files[i];
    return NULL;
}

static void copy_header(char *out, size_t size, struct MHD_Connection *connection,
                        const char *name) {
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    snprintf(out, size, "%s", value ? value : "");
}

static bool must_fail(hub_server *s, bool listing) {
    if (s->failures_left == 0 || (listing && !s->listing_fails))
        return false;
    s->failures_left--;
    return true;
}

static enum MHD_Result answer_listing(hub_server *s, struct MHD_Connection *connection) {
    if (must_fail(s, true))
        return send_text(connection, (unsigned int)s->failure, "no");
    if (s->lie)
        return send_text(connection, MHD_HTTP_OK, s->lie);
    char *listing = hub_server_listing(s);
    enum MHD_Result result = send_text(connection, MHD_HTTP_OK, listing);
    free(listing);
    return result;
}

/* What a path after /test/model/resolve/COMMIT/ names; NULL for another path. */
static const served_file *file_at(const hub_server *s, const char *path) {
    char prefix[128];
    bool dataset = strncmp(path, "/datasets/", 10) == 0;
    snprintf(prefix, sizeof prefix, "%s/test/model/resolve/%s/", dataset ? "/datasets" : "",
             commit);
    return strncmp(path, prefix, strlen(prefix)) == 0 ? find_file(s, path + strlen(prefix)) : NULL;
}

static enum MHD_Result answer_file(hub_server *s, struct MHD_Connection *connection,
                                   const char *path) {
    s->requests++;
    copy_header(s->range, sizeof s->range, connection, "Range");
    copy_header(s->authorization, sizeof s->authorization, connection, "Authorization");
    if (must_fail(s, false))
        return send_text(connection, (unsigned int)s->failure, "no");
    if (redirects(s->mischief))
        return redirect(s, connection, path);
    const served_file *file = file_at(s, path);
    return file ? send_file(s, connection, file)
                : send_text(connection, MHD_HTTP_NOT_FOUND, "no such file");
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state) {
    (void)method, (void)version, (void)upload, (void)upload_size;
    hub_server *s = context;
    if (!*state) { /* only the headers came: an answer now would end the connection */
        *state = s;
        return MHD_YES;
    }
    pthread_mutex_lock(&s->mutex);
    enum MHD_Result result;
    if (strncmp(path, "/api/models/test/model/revision/", 32) == 0 ||
        strncmp(path, "/api/datasets/test/model/revision/", 34) == 0)
        result = answer_listing(s, connection);
    else if (strncmp(path, "/api/", 5) == 0)
        result = send_text(connection, MHD_HTTP_NOT_FOUND, "{\"error\":\"no such model\"}");
    else
        result = answer_file(s, connection, path);
    pthread_mutex_unlock(&s->mutex);
    return result;
}

hub_server *hub_server_start(void) {
    hub_server *s = calloc(1, sizeof *s);
    pthread_mutex_init(&s->mutex, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->daemon =
        MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL,
                         NULL, on_request, s, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
    if (!s->daemon) {
        free(s);
        return NULL;
    }
    unsigned int port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", port);
    return s;
}

void hub_server_stop(hub_server *s) {
    if (!s)
        return;
    atomic_store(&s->stopping, true);
    MHD_stop_daemon(s->daemon);
    hub_server_remove_all(s);
    free(s->lie);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

const char *hub_server_url(const hub_server *s) {
    return s->url;
}

void hub_server_put(hub_server *s, const char *name, const void *bytes, size_t size, bool large) {
    pthread_mutex_lock(&s->mutex);
    served_file *file = (served_file *)find_file(s, name);
    if (!file && s->num_files == MAX_FILES)
        abort();
    if (!file)
        file = &s->files[s->num_files++];
    free(file->bytes);
    *file = (served_file){.bytes = malloc(size + 1), .size = size, .large = large};
    snprintf(file->name, sizeof file->name, "%s", name);
    memcpy(file->bytes, bytes, size);
    pthread_mutex_unlock(&s->mutex);
}

void hub_server_remove_all(hub_server *s) {
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < s->num_files; i++)
        free(s->files[i].bytes);
    memset(s->files, 0, sizeof s->files);
    s->num_files = 0;
    pthread_mutex_unlock(&s->mutex);
}

void hub_server_misbehave(hub_server *s, hub_mischief mischief) {
    pthread_mutex_lock(&s->mutex);
    s->mischief = mischief;
    pthread_mutex_unlock(&s->mutex);
}

void hub_server_break_off_after(hub_server *s, size_t bytes) {
    pthread_mutex_lock(&s->mutex);
    s->mischief = HUB_BREAKS_OFF_ALWAYS;
    s->slice = bytes;
    pthread_mutex_unlock(&s->mutex);
}

void hub_server_redirect_to(hub_server *s, const hub_server *other) {
    snprintf(s->target, sizeof s->target, "%s", other->url);
    hub_server_misbehave(s, HUB_REDIRECTS);
}

void hub_server_fail(hub_server *s, int status, int times, bool listing) {
    pthread_mutex_lock(&s->mutex);
    s->failure = status;
    s->failures_left = times;
    s->listing_fails = listing;
    pthread_mutex_unlock(&s->mutex);
}

void hub_server_lie(hub_server *s, const char *listing) {
    pthread_mutex_lock(&s->mutex);
    free(s->lie);
    s->lie = listing ? strdup(listing) : NULL;
    pthread_mutex_unlock(&s->mutex);
}

int hub_server_requests(const hub_server *s) {
    return s->requests;
}

const char *hub_server_last_range(const hub_server *s) {
    return s->range;
}

const char *hub_server_last_authorization(const hub_server *s) {
    return s->authorization;
}
