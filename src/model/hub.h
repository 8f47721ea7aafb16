/* Fetching models from a Hugging Face hub. */
#ifndef DEAR_MODEL_HUB_H
#define DEAR_MODEL_HUB_H

#include "base/error.h"

/* Called as bytes arrive, with the file's name; returning false stops the download. */
typedef bool (*hub_progress)(void *context, const char *file, double done, double total);

/*
 * Fetches the files of `repository` ("org/name", `revision` usually "main") that a model needs
 * into DeAR's cache and gives its directory (the caller frees it). The endpoint is HF_ENDPOINT or
 * https://huggingface.co, the token HF_TOKEN; HF_HUB_OFFLINE=1 forbids the network. A broken-off
 * download leaves a part file that the next call resumes; size and SHA-256 are checked before a
 * file gets its name.
 */
dear_status hub_pull(char **directory, const char *repository, const char *revision,
                     hub_progress progress, void *context, dear_error *err);

#endif
