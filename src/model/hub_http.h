/* The HTTP side of a hub: endpoint, token, redirects, retries, and going on where a file broke
 * off. */
#ifndef DEAR_MODEL_HUB_HTTP_H
#define DEAR_MODEL_HUB_HTTP_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/hub_kind.h"

typedef struct hub_client hub_client;

/* Told the bytes there are by now; returning false stops the transfer. Called about once a second
 * while nothing arrives. */
typedef bool (*hub_http_progress)(void *context, int64_t have);

typedef struct hub_client_options {
    hub_kind kind;
    const char *repository;     ///< "org/name"
    long stall_seconds;         ///< without a byte, after which the server is given up
    double retry_seconds;       ///< pause before the second try; it doubles with each
    hub_http_progress progress; ///< or NULL
    void *context;
} hub_client_options;

/*
 * A client for one repository at HF_ENDPOINT (https://huggingface.co when unset), with the token
 * HF_TOKEN if there is one, which goes to the endpoint alone and not to where it redirects.
 * The strings of `options` are borrowed for the client's life. HF_HUB_OFFLINE is an error here.
 */
dear_status hub_client_open(hub_client **out, const hub_client_options *options, dear_error *err);
void hub_client_close(hub_client *c);

/* Appends the JSON that lists the files of `revision`. */
dear_status hub_client_list(hub_client *c, const char *revision, strbuf *out, dear_error *err);

/*
 * Fetches a file of a commit, named by its path in the repository, into `path` until it holds `size` bytes. What the file holds already
 * is taken for its beginning. On failure what came stays, for the next call; a file that runs over
 * its size is removed.
 */
dear_status hub_client_fetch(hub_client *c, const char *commit, const char *file, const char *path,
                             int64_t size, dear_error *err);

#endif
