/*
 * A small model hub on 127.0.0.1 that serves files from memory in the Hugging Face hub's protocol
 * and, on request, breaks off, lies and stalls.
 */
#ifndef DEAR_TESTS_HUB_SERVER_H
#define DEAR_TESTS_HUB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hub_server hub_server;

/* What goes wrong while files are served. */
typedef enum hub_mischief {
    HUB_HONEST,
    HUB_BREAKS_OFF_ONCE,     ///< the next answer ends in the middle
    HUB_BREAKS_OFF_ALWAYS,   ///< every answer ends early: see hub_server_break_off_after
    HUB_IGNORES_RANGE,       ///< 200 and the whole file, whatever was asked for
    HUB_REFUSES_RANGE,       ///< 416 to every range
    HUB_SHIFTS_RANGE,        ///< 206, but from the file's start
    HUB_CORRUPTS,            ///< the last byte is another
    HUB_SENDS_SHORT,         ///< the last byte is missing, and no length says so
    HUB_SENDS_ENDLESSLY,     ///< the file and then more, without end
    HUB_STALLS,              ///< half the file, then silence
    HUB_REDIRECTS,           ///< 302 to the server of hub_server_redirect_to
    HUB_REDIRECTS_IN_CIRCLE, ///< 302 to itself
    HUB_REDIRECTS_ENDLESSLY, ///< a redirection whose page has no end
    HUB_REDIRECTS_TO_FILE    ///< 302 to a file:// address
} hub_mischief;

/* Starts an empty hub on a port of its own. NULL when that fails. */
hub_server *hub_server_start(void);
void hub_server_stop(hub_server *s);

/* "http://127.0.0.1:PORT" */
const char *hub_server_url(const hub_server *s);

/* Adds a file to the one repository that the server has, or replaces it: `large` ones are announced
 * as LFS, by SHA-256, the others by git's hash. */
void hub_server_put(hub_server *s, const char *name, const void *bytes, size_t size, bool large);
void hub_server_remove_all(hub_server *s);

void hub_server_misbehave(hub_server *s, hub_mischief mischief);
void hub_server_break_off_after(hub_server *s, size_t bytes);
void hub_server_redirect_to(hub_server *s, const hub_server *other);

/* Answers the next `times` requests (for files; for the listing too with `listing`) with `status`.
 */
void hub_server_fail(hub_server *s, int status, int times, bool listing);

/* Answers listings with this text; NULL: honestly. */
void hub_server_lie(hub_server *s, const char *listing);

/* The honest listing, which the caller frees with free(). */
char *hub_server_listing(const hub_server *s);

/* Of the requests for files: how many there were, and the last one's Range and Authorization
 * headers ("" without one), valid until the next. */
int hub_server_requests(const hub_server *s);
const char *hub_server_last_range(const hub_server *s);
const char *hub_server_last_authorization(const hub_server *s);

#endif
