/*
 * Fetching models, and files of data sets, from a Hugging Face hub.
 *
 * A model is fetched into lookup_hub_directory. Each file is first written as "NAME.part"; when
 * all are there and agree with the size and checksum that the hub announced, they get their names,
 * and the marker (LOOKUP_MARKER) is written last. So a directory with a marker holds a whole model
 * of one commit, and what a break or an interrupt leaves is where the next call goes on.
 */
#ifndef DEAR_MODEL_HUB_H
#define DEAR_MODEL_HUB_H

#include "model/hub_checksum.h"
#include "model/hub_kind.h"

/* What a pull is busy with. */
typedef enum hub_step {
    HUB_WAITING,  ///< for another process that fetches the same model
    HUB_CHECKING, ///< a file that is there: bytes read of that file's
    HUB_FETCHING  ///< bytes fetched of all that were missing when the pull began
} hub_step;

/* Called as a pull goes on, at least about once a second; returning false stops it. */
typedef bool (*hub_progress)(void *context, hub_step step, const char *file, double done,
                             double total);

typedef struct hub_request {
    hub_kind kind;
    const char *repository; ///< "org/name"
    const char *revision;   ///< branch, tag or commit; NULL: "main"
    const char *gguf;       ///< which file of a repository with several GGUF files; NULL: the one
    const char *file;       ///< the one file to fetch, by its path; NULL: what a model needs
    const hub_checksum *expected; ///< what that file must be; NULL: what the hub announces
    const char *directory;        ///< where it goes to; NULL: lookup_hub_directory
    const char *command;   ///< that goes on after a break, for the message; NULL: the model's
    hub_progress progress; ///< or NULL
    void *context;         ///< for `progress`
    long stall_seconds;    ///< without a byte, after which a server is given up; 0: 30
    double retry_seconds;  ///< pause before the second of four tries, then doubled; 0: 1
} hub_request;

/*
 * Fetches the files that a model needs, or the one asked for, and gives their directory (the caller
 * frees it); what is there already is checked and kept. The endpoint is HF_ENDPOINT or https://huggingface.co, the
 * token HF_TOKEN; HF_HUB_OFFLINE=1 forbids the network.
 */
dear_status hub_pull(char **directory, const hub_request *request, dear_error *err);

#endif
