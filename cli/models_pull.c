#define _GNU_SOURCE
#include "models.h"

#include "command.h"
#include "pull_display.h"

#include "base/file.h"
#include "base/memory.h"
#include "model/adapter_config.h"
#include "model/lookup.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

typedef struct pull_command {
    const char *name;
    const char *revision; ///< NULL: main
    const char *gguf;     ///< NULL: the only one
    bool with_base;
} pull_command;

enum { OPTION_REVISION = 'r', OPTION_FILE = 'f', OPTION_WITH_BASE = 1 };

static const struct argp_option options[] = {
    {"revision", OPTION_REVISION, "R", 0, "Branch, tag or commit to fetch (default: main)", 0},
    {"file", OPTION_FILE, "FILE", 0,
     "Which file of a repository that holds several GGUF files; one of them is kept at a time", 0},
    {"with-base", OPTION_WITH_BASE, NULL, 0,
     "Fetch the model that an adapter was made for too, if it is not here", 0},
    {0}};

static const char doc[] =
    "Fetch a model from a Hugging Face hub into dear's cache."
    "\v"
    "NAME is a short name that `dear models list` shows, or ORG/NAME as the hub calls it. Only the "
    "files that the model needs are fetched, and each is checked by size and checksum. What an "
    "interrupted pull left is gone on from; a second pull checks what is there, and fetches what "
    "has changed since.\n"
    "\n"
    "Environment: HF_ENDPOINT is the hub (https://huggingface.co), HF_TOKEN the token for models "
    "that need one, HF_HUB_OFFLINE=1 forbids the network. Models are kept in $XDG_CACHE_HOME/dear "
    "or ~/.cache/dear; those in a Hugging Face cache (HF_HOME) are found without a pull.\n"
    "\n"
    "Examples:\n"
    "  dear models pull dear-8b-ce\n"
    "  dear models pull dear-3b-ce-lora --with-base\n"
    "  dear models pull meta-llama/Llama-3.2-1B --revision main";

static error_t parse(int key, char *argument, struct argp_state *state) {
    pull_command *c = state->input;
    switch (key) {
    case OPTION_REVISION:
        c->revision = argument;
        return 0;
    case OPTION_FILE:
        c->gguf = argument;
        return 0;
    case OPTION_WITH_BASE:
        c->with_base = true;
        return 0;
    case ARGP_KEY_ARG:
        if (c->name)
            argp_error(state, "\"%s\": one NAME is all there is to give", argument);
        c->name = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "needs the NAME of a model; `dear models list` shows them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static dear_status report_place(const char *repository, const char *directory, dear_error *err) {
    double bytes;
    TRY(model_size(&bytes, directory, err));
    char size[SIZE_TEXT];
    format_size(size, bytes);
    printf("%s is here: %s (%s)\n", repository, directory, size);
    return DEAR_OK;
}

/* Fetches one repository and gives its directory, which the caller frees. */
static dear_status pull_one(char **directory, const pull_command *c, const char *repository,
                            dear_error *err) {
    pull_display display = {0};
    hub_request request = {.repository = repository,
                           .revision = c->revision,
                           .gguf = c->gguf,
                           .progress = pull_display_show,
                           .context = &display};
    dear_status status = hub_pull(directory, &request, err);
    pull_display_finish(&display);
    if (status == DEAR_OK)
        status = report_place(repository, *directory, err);
    if (status != DEAR_OK) {
        mem_free(*directory);
        *directory = NULL;
    }
    return status;
}

/* The base that adapter_config.json names; *base is NULL when the model is no adapter. */
static dear_status read_base(char **base, const char *directory, dear_error *err) {
    *base = NULL;
    char *path = path_join(directory, "adapter_config.json");
    if (!path)
        return error_memory(err);
    adapter_config config = {0};
    dear_status status = DEAR_OK;
    if (file_exists(path))
        status = adapter_config_read(&config, path, err);
    if (status == DEAR_OK) {
        *base = config.base;
        config.base = NULL;
        adapter_config_free(&config);
    }
    mem_free(path);
    return status;
}

static bool is_here(const char *model) {
    char *path;
    bool here = lookup_model(&path, model, NULL) == DEAR_OK;
    mem_free(path);
    return here;
}

/* An adapter is no use without its base: fetches that, or says how to get it. */
static dear_status see_to_base(const pull_command *c, const char *base, dear_error *err) {
    if (is_here(base))
        return DEAR_OK;
    if (!lookup_is_hub_name(base)) {
        printf("It is an adapter, and its base \"%s\" is neither here nor a model's name on a hub: "
               "give the base as --model and this one as --adapter.\n",
               base);
        return DEAR_OK;
    }
    if (!c->with_base) {
        printf("It is an adapter; its base is not here: `dear models pull %s` fetches it.\n", base);
        return DEAR_OK;
    }
    char *directory;
    pull_command plain = {.name = base};
    TRY(pull_one(&directory, &plain, base, err));
    mem_free(directory);
    return DEAR_OK;
}

static dear_status pull(const pull_command *c, const char *repository, dear_error *err) {
    char *directory, *base = NULL;
    TRY(pull_one(&directory, c, repository, err));
    dear_status status = read_base(&base, directory, err);
    if (status == DEAR_OK && base)
        status = see_to_base(c, base, err);
    mem_free(base);
    mem_free(directory);
    return status;
}

/* The default model is on no hub; all there is to say is whether the set-up put it there. */
static dear_status say_where_default_is(const char *name, dear_error *err) {
    char *path;
    TRY(lookup_model(&path, name, err));
    dear_status status = report_place(name, path, err);
    mem_free(path);
    return status;
}

int models_pull(int argc, char **argv) {
    static const struct argp argp = {options, parse, "NAME", doc, NULL, NULL, NULL};
    pull_command c = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    interrupt_catch();
    dear_error err;
    dear_status status;
    const known_model *known = lookup_by_name(c.name);
    if (known && !known->hub)
        status = say_where_default_is(c.name, &err);
    else if (known || lookup_is_hub_name(c.name))
        status = pull(&c, known ? known->hub : c.name, &err);
    else
        status = error_set(&err, DEAR_ERROR_USAGE,
                           "%s: neither a model that `dear models list` shows nor a hub's "
                           "ORG/NAME",
                           c.name);
    return status == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
