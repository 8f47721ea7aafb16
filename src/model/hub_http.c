#define _GNU_SOURCE
#include "model/hub_http.h"

#include "base/memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECT_SECONDS = 15,
    LISTING_SECONDS = 120,
    LISTING_LIMIT = 16 << 20,     ///< bytes
    ENOUGH_TO_TRY_ANEW = 1 << 20, ///< bytes gained, after which the tries are counted anew
    REDIRECT_BODY_LIMIT = 1 << 20 ///< bytes of a redirection's page that are read and dropped
};
enum { TRIES = 4, REDIRECTS = 10 };

struct hub_client {
    hub_client_options options;
    CURL *curl;
    char *endpoint; ///< without a slash at its end
    bool has_token;
    char curl_message[CURL_ERROR_SIZE];
};

/* One answer being received, into `text` or into `fd`. */
typedef struct transfer {
    hub_client *client;
    const char *subject; ///< what is fetched: "org/name/config.json"
    const char *kind;    ///< "model", "data set" or "file", for "no such ..."
    strbuf *text;        ///< or NULL
    int fd;
    const char *path;  ///< of `fd`
    int64_t have;      ///< bytes there by now
    int64_t limit;     ///< most bytes that may come; for a file, exactly its size
    bool begun;        ///< a byte of this answer's body came
    bool from_start;   ///< the answer does not go on where asked to: begin again
    bool overlong;     ///< more came than was announced
    bool cancelled;    ///< the progress callback said so
    dear_status local; ///< a failure on this side, its sentence in `local_error`
    dear_error local_error;
} transfer;

/* What a kind of repository is called: in addresses, and in sentences. */
static const struct kind_words {
    const char *api;    ///< /api/models/org/name
    const char *folder; ///< before /org/name
    const char *noun;
} kind_words[] = {
    [HUB_MODEL] = {"models", "", "model"}, [HUB_DATASET] = {"datasets", "/datasets", "data set"}};

static bool is_true(const char *value) {
    static const char *const words[] = {"1", "true", "yes", "on"};
    for (size_t i = 0; value && i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

static bool is_printable_ascii(const char *text) {
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static dear_status read_endpoint(hub_client *c, bool *secure, dear_error *err) {
    const char *value = getenv("HF_ENDPOINT");
    if (!value || !*value)
        value = "https://huggingface.co";
    *secure = strncmp(value, "https://", 8) == 0;
    if ((!*secure && strncmp(value, "http://", 7) != 0) || !is_printable_ascii(value))
        return error_set(err, DEAR_ERROR_USAGE,
                         "HF_ENDPOINT must be an address that begins with https:// or http://");
    size_t length = strlen(value);
    while (value[length - 1] == '/')
        length--;
    c->endpoint = mem_strndup(value, length);
    return c->endpoint ? DEAR_OK : error_memory(err);
}

/* libcurl keeps the token off hosts other than the first, redirections included. */
static dear_status use_token(hub_client *c, dear_error *err) {
    const char *token = getenv("HF_TOKEN");
    if (!token || !*token)
        return DEAR_OK;
    if (!is_printable_ascii(token))
        return error_set(err, DEAR_ERROR_USAGE,
                         "HF_TOKEN holds a space or a character that no token has");
    c->has_token = true;
    bool set = curl_easy_setopt(c->curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) == CURLE_OK &&
               curl_easy_setopt(c->curl, CURLOPT_XOAUTH2_BEARER, token) == CURLE_OK;
    return set ? DEAR_OK : error_memory(err);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context);
static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now);

static void set_up(hub_client *c, bool secure) {
    CURL *curl = c->curl;
    const char *redirect_protocols = secure ? "https" : "http,https";
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "dear/" DEAR_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->curl_message);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, redirect_protocols);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, c->options.stall_seconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static void start_curl(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static dear_status prepare(hub_client *c, dear_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    bool secure;
    TRY(read_endpoint(c, &secure, err));
    c->curl = curl_easy_init();
    if (!c->curl)
        return error_memory(err);
    set_up(c, secure);
    return use_token(c, err);
}

dear_status hub_client_open(hub_client **out, const hub_client_options *options, dear_error *err) {
    *out = NULL;
    if (is_true(getenv("HF_HUB_OFFLINE")))
        return error_set(err, DEAR_ERROR_NETWORK,
                         "HF_HUB_OFFLINE is set, which forbids fetching %s", options->repository);
    hub_client *c = mem_calloc(1, sizeof *c);
    if (!c)
        return error_memory(err);
    c->options = *options;
    dear_status status = prepare(c, err);
    if (status != DEAR_OK) {
        hub_client_close(c);
        return status;
    }
    *out = c;
    return DEAR_OK;
}

void hub_client_close(hub_client *c) {
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    mem_free(c->endpoint);
    mem_free(c);
}

static long http_code(const transfer *t) {
    long code = 0;
    curl_easy_getinfo(t->client->curl, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

/* Whether a 206 answer begins at the byte that was asked for. */
static bool goes_on_where_asked(const transfer *t) {
    struct curl_header *header;
    if (curl_easy_header(t->client->curl, "Content-Range", 0, CURLH_HEADER, -1, &header) !=
        CURLHE_OK)
        return false;
    char *end;
    if (strncmp(header->value, "bytes ", 6) != 0)
        return false;
    errno = 0;
    long long start = strtoll(header->value + 6, &end, 10);
    return errno == 0 && *end == '-' && start == t->have;
}

static bool fail_locally(transfer *t) {
    t->local = error_errno(&t->local_error, t->path);
    return false;
}

static bool empty_file(transfer *t) {
    t->have = 0;
    return ftruncate(t->fd, 0) == 0 || fail_locally(t);
}

/* Decides by the answer's first byte whether it goes on from what is there or brings it all. */
static bool begin_body(transfer *t, long code) {
    t->begun = true;
    if (t->text || code == 200)
        return t->text || empty_file(t);
    t->from_start = !goes_on_where_asked(t);
    return !t->from_start;
}

static bool store(transfer *t, const char *bytes, size_t length) {
    if (t->text) {
        if (!strbuf_append(t->text, bytes, length))
            t->local = error_memory(&t->local_error);
        return t->local == DEAR_OK;
    }
    while (length) {
        ssize_t n = pwrite(t->fd, bytes, length, t->have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_locally(t);
        bytes += n;
        length -= (size_t)n;
        t->have += n;
    }
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    transfer *t = context;
    size_t length = size * count;
    long code = http_code(t);
    if (code != 200 && code != 206)
        return 0; /* an error's page: its code says enough */
    if (!t->begun && !begin_body(t, code))
        return 0;
    int64_t have = t->text ? (int64_t)t->text->length : t->have;
    t->overlong = (int64_t)length > t->limit - have;
    return !t->overlong && store(t, bytes, length) ? length : 0;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now) {
    (void)total, (void)up_total, (void)up_now;
    transfer *t = context;
    const hub_client_options *options = &t->client->options;
    if (!t->begun && now > REDIRECT_BODY_LIMIT)
        t->overlong = true;
    if (options->progress && !options->progress(options->context, t->have))
        t->cancelled = true;
    return t->overlong || t->cancelled;
}

static dear_status refused_status(const transfer *t, long code, dear_error *err) {
    const hub_client *c = t->client;
    const char *folder = kind_words[c->options.kind].folder;
    const char *repository = c->options.repository;
    if (code == 401 && c->has_token)
        return error_set(err, DEAR_ERROR_NETWORK,
                         "%s: no such %s at %s, or the token in HF_TOKEN may not read it",
                         t->subject, t->kind, c->endpoint);
    if (code == 401)
        return error_set(err, DEAR_ERROR_NETWORK,
                         "%s: no such %s, or it needs a token: accept its licence at %s%s/%s, then "
                         "set HF_TOKEN",
                         t->subject, t->kind, c->endpoint, folder, repository);
    if (code == 403)
        return error_set(err, DEAR_ERROR_NETWORK,
                         "%s needs a token that may read it: accept its licence at %s%s/%s, then "
                         "set HF_TOKEN",
                         t->subject, c->endpoint, folder, repository);
    if (code == 404)
        return error_set(err, DEAR_ERROR_NETWORK, "%s: no such %s at %s", t->subject, t->kind,
                         c->endpoint);
    return error_set(err, DEAR_ERROR_NETWORK, "%s: %s answered with HTTP status %ld", t->subject,
                     c->endpoint, code);
}

/* An answer that is not the thing asked for: an error, or a redirection to nowhere. */
static bool is_refusal(long http, CURLcode code) {
    if (http >= 400)
        return true;
    return http != 200 && http != 206 && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
}

static bool is_passing_status(long code) {
    return code == 408 || code == 416 || code == 429 || code >= 500;
}

/* Failures of a connection that was there: it may well be there again. */
static bool is_passing_failure(CURLcode code) {
    return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE ||
           code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

static dear_status failed_transfer(const transfer *t, CURLcode code, dear_error *err) {
    const char *message = t->client->curl_message;
    return error_set(err, DEAR_ERROR_NETWORK, "%s: the transfer from %s failed (%s)", t->subject,
                     t->client->endpoint, *message ? message : curl_easy_strerror(code));
}

/* What the answer came to. *again is set when another try may go better. */
static dear_status judge(transfer *t, CURLcode code, bool *again, dear_error *err) {
    *again = false;
    if (t->local != DEAR_OK)
        return error_set(err, t->local, "%s", t->local_error.message);
    if (t->cancelled)
        return error_set(err, DEAR_ERROR_CANCELLED, "stopped while fetching %s", t->subject);
    long http = http_code(t);
    if (is_refusal(http, code)) {
        *again = is_passing_status(http);
        t->from_start = http == 416;
        return refused_status(t, http, err);
    }
    if (t->overlong)
        return error_set(err, DEAR_ERROR_NETWORK,
                         "%s: %s sends more than the %lld bytes that it may have", t->subject,
                         t->client->endpoint, (long long)t->limit);
    *again = t->from_start || is_passing_failure(code);
    if (t->from_start)
        return error_set(err, DEAR_ERROR_NETWORK, "%s: %s does not go on where it was asked to",
                         t->subject, t->client->endpoint);
    if (code != CURLE_OK)
        return failed_transfer(t, code, err);
    *again = !t->text && t->have < t->limit;
    if (*again)
        return error_set(err, DEAR_ERROR_NETWORK, "%s: %s sent %lld of %lld bytes", t->subject,
                         t->client->endpoint, (long long)t->have, (long long)t->limit);
    return DEAR_OK;
}

static dear_status try_once(transfer *t, const char *url, bool *again, dear_error *err) {
    CURL *curl = t->client->curl;
    char range[32];
    snprintf(range, sizeof range, "%lld-", (long long)t->have);
    t->begun = t->from_start = t->overlong = false;
    t->client->curl_message[0] = 0;
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, t->text ? (long)LISTING_SECONDS : 0L);
    bool set = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_RANGE, t->have ? range : NULL) == CURLE_OK;
    if (!set) {
        *again = false;
        return error_memory(err);
    }
    dear_status status = judge(t, curl_easy_perform(curl), again, err);
    if (t->text && *again)
        strbuf_clear(t->text);
    if (!t->text && t->from_start && !empty_file(t)) {
        *again = false;
        return error_set(err, t->local, "%s", t->local_error.message);
    }
    return status;
}

/* Sleeps, while the progress callback may still stop it all. */
static bool wait_patiently(const transfer *t, double seconds) {
    const hub_client_options *options = &t->client->options;
    const double step = 0.1;
    for (; seconds > 0; seconds -= step) {
        if (options->progress && !options->progress(options->context, t->have))
            return false;
        double nap = seconds < step ? seconds : step;
        nanosleep(&(struct timespec){.tv_nsec = (long)(nap * 1e9)}, NULL);
    }
    return true;
}

static dear_status try_patiently(transfer *t, const char *url, dear_error *err) {
    double pause = t->client->options.retry_seconds;
    int64_t most = t->have;
    for (int tries = 1;; tries++) {
        bool again;
        dear_status status = try_once(t, url, &again, err);
        if (status == DEAR_OK || !again)
            return status;
        if (t->have >= most + ENOUGH_TO_TRY_ANEW) {
            most = t->have;
            pause = t->client->options.retry_seconds;
            tries = 1;
        }
        if (tries == TRIES)
            return status;
        if (!wait_patiently(t, pause))
            return error_set(err, DEAR_ERROR_CANCELLED, "stopped while fetching %s", t->subject);
        pause *= 2;
    }
}

/* Appends `text` with all that is not a plain letter or digit percent-encoded. */
static bool append_escaped(hub_client *c, strbuf *url, const char *text) {
    char *escaped = curl_easy_escape(c->curl, text, 0);
    bool done = escaped && strbuf_puts(url, escaped);
    curl_free(escaped);
    return done;
}

/* Appends "/" and each part of the path, escaped. */
static bool append_path(hub_client *c, strbuf *url, const char *path) {
    for (;;) {
        size_t length = strcspn(path, "/");
        char *escaped = curl_easy_escape(c->curl, path, (int)length);
        bool done = escaped && strbuf_putc(url, '/') && strbuf_puts(url, escaped);
        curl_free(escaped);
        if (!done || !path[length])
            return done;
        path += length + 1;
    }
}

dear_status hub_client_list(hub_client *c, const char *revision, strbuf *out, dear_error *err) {
    strbuf url = {0}, subject = {0};
    const struct kind_words *words = &kind_words[c->options.kind];
    strbuf_printf(&url, "%s/api/%s/%s/revision/", c->endpoint, words->api, c->options.repository);
    bool built = append_escaped(c, &url, revision) && strbuf_puts(&url, "?blobs=true") &&
                 strbuf_printf(&subject, "%s (revision %s)", c->options.repository, revision);
    dear_status status = DEAR_OK;
    if (built) {
        transfer t = {.client = c,
                      .subject = subject.text,
                      .kind = words->noun,
                      .text = out,
                      .fd = -1,
                      .limit = LISTING_LIMIT};
        status = try_patiently(&t, url.text, err);
    } else {
        status = error_memory(err);
    }
    strbuf_free(&url);
    strbuf_free(&subject);
    if (status != DEAR_OK)
        strbuf_free(out);
    return status;
}

/* Opens the part file; one longer than the whole is begun anew. */
static dear_status open_part(transfer *t, dear_error *err) {
    t->fd = open(t->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    struct stat info;
    if (t->fd < 0 || fstat(t->fd, &info) != 0) {
        dear_status status = error_errno(err, t->path);
        if (t->fd >= 0)
            close(t->fd);
        return status;
    }
    t->have = info.st_size;
    if (t->have > t->limit && !empty_file(t)) {
        close(t->fd);
        return error_set(err, t->local, "%s", t->local_error.message);
    }
    return DEAR_OK;
}

static dear_status fetch_into_part(transfer *t, const char *url, dear_error *err) {
    TRY(open_part(t, err));
    dear_status status = DEAR_OK;
    if (t->have < t->limit)
        status = try_patiently(t, url, err);
    if (status == DEAR_OK && fsync(t->fd) != 0)
        status = error_errno(err, t->path);
    close(t->fd);
    if (t->overlong)
        unlink(t->path);
    return status;
}

dear_status hub_client_fetch(hub_client *c, const char *commit, const char *file, const char *path,
                             int64_t size, dear_error *err) {
    strbuf url = {0}, subject = {0};
    strbuf_printf(&url, "%s%s/%s/resolve/%s", c->endpoint, kind_words[c->options.kind].folder,
                  c->options.repository, commit);
    bool built =
        append_path(c, &url, file) && strbuf_printf(&subject, "%s/%s", c->options.repository, file);
    dear_status status = DEAR_OK;
    if (built) {
        transfer t = {.client = c,
                      .subject = subject.text,
                      .kind = "file",
                      .fd = -1,
                      .path = path,
                      .limit = size};
        status = fetch_into_part(&t, url.text, err);
    } else {
        status = error_memory(err);
    }
    strbuf_free(&url);
    strbuf_free(&subject);
    return status;
}
