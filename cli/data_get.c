#include "data.h"

#include "command.h"
#include "models.h"
#include "pull_display.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

typedef struct get_command {
    char **names; ///< [count]
    int count;
    dataset_part part; ///< DATASET_PARTS: all
} get_command;

static const struct argp_option options[] = {
    {"part", 'p', "PART", 0, "Only this part: qrels, topics, corpus, hits or answers", 0}, {0}};

static const char doc[] =
    "Fetch data sets, or a part of them, from a Hugging Face hub into dear's cache."
    "\v"
    "NAME is a data set that `dear data list` shows. Each file is held to the size and checksum "
    "that the hub announces, and to those of the catalogue where it knows them; what is here "
    "already is checked and kept. What an interrupt leaves is where the same command goes on. "
    "Parts "
    "that ship with dear need no fetching; parts that have to be asked for are named.\n"
    "\n"
    "HF_ENDPOINT is the hub's address (https://huggingface.co), HF_TOKEN the token for data sets "
    "that ask for one; HF_HUB_OFFLINE=1 forbids the network.\n"
    "\n"
    "Examples:\n"
    "  dear data get scifact\n"
    "  dear data get nfcorpus fiqa --part corpus";

static error_t parse(int key, char *argument, struct argp_state *state) {
    get_command *c = state->input;
    switch (key) {
    case 'p':
        c->part = parse_dataset_part(state, argument);
        return 0;
    case ARGP_KEY_ARGS:
        c->names = state->argv + state->next;
        c->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "needs the NAME of a data set; `dear data list` shows them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static dear_status report_place(const dataset_entry *set, dataset_part part, dear_error *err) {
    char *path, size[SIZE_TEXT];
    double bytes;
    TRY(dataset_path(&path, set->name, part, err));
    dear_status status = model_size(&bytes, path, err);
    if (status == DEAR_OK) {
        format_size(size, bytes);
        printf("%s %s is here: %s (%s)\n", set->name, dataset_part_name(part), path, size);
    }
    mem_free(path);
    return status;
}

/* What the catalogue knows of a file; NULL when it knows no checksum. */
static const hub_checksum *known_checksum(hub_checksum *out, const dataset_source *source) {
    if (!source->sha256)
        return NULL;
    *out = (hub_checksum){.size = source->size, .kind = HUB_DIGEST_SHA256};
    memcpy(out->hex, source->sha256, strlen(source->sha256) + 1);
    return out;
}

static dear_status pull_part(const dataset_entry *set, dataset_part part, const char *directory,
                             dear_error *err) {
    const dataset_source *source = &set->parts[part];
    char command[128], *pulled;
    snprintf(command, sizeof command, "dear data get %s --part %s", set->name,
             dataset_part_name(part));
    hub_checksum known;
    pull_display display = {0};
    hub_request request = {.kind = HUB_DATASET,
                           .repository = source->repository,
                           .revision = source->revision,
                           .file = source->file,
                           .expected = known_checksum(&known, source),
                           .directory = directory,
                           .command = command,
                           .progress = pull_display_show,
                           .context = &display};
    dear_status status = hub_pull(&pulled, &request, err);
    pull_display_finish(&display);
    mem_free(pulled);
    return status;
}

static dear_status fetch_part(const dataset_entry *set, dataset_part part, dear_error *err) {
    char *directory = dataset_directory(set, part);
    if (!directory)
        return error_memory(err);
    dear_status status = pull_part(set, part, directory, err);
    mem_free(directory);
    return status == DEAR_OK ? report_place(set, part, err) : status;
}

/* One part of a set of which all are wanted: what cannot be fetched is told, and is no failure. */
static dear_status get_if_there(const dataset_entry *set, dataset_part part, dear_error *err) {
    const dataset_source *source = &set->parts[part];
    if (source->place == DATASET_NOWHERE || source->folder != part)
        return DEAR_OK;
    if (source->place == DATASET_ON_HUB)
        return fetch_part(set, part, err);
    char *path;
    TRY(dataset_here(&path, set, part, err));
    bool here = path != NULL;
    mem_free(path);
    if (here)
        return report_place(set, part, err);
    printf("%s %s is not fetched: %s\n", set->name, dataset_part_name(part), source->how);
    return DEAR_OK;
}

static dear_status get_set(const get_command *c, const dataset_entry *set, dear_error *err) {
    if (c->part != DATASET_PARTS && set->parts[c->part].place != DATASET_ON_HUB)
        return report_place(set, c->part, err);
    if (c->part != DATASET_PARTS)
        return fetch_part(set, c->part, err);
    for (int part = 0; part < DATASET_PARTS; part++)
        TRY(get_if_there(set, (dataset_part)part, err));
    return DEAR_OK;
}

/* No set is fetched when one of the names is wrong. */
static dear_status check_names(const get_command *c, const dataset_catalogue *catalogue,
                               dear_error *err) {
    const dataset_entry *set;
    for (int i = 0; i < c->count; i++)
        TRY(dataset_named(&set, catalogue, c->names[i], err));
    return DEAR_OK;
}

static dear_status get_all(const get_command *c, dear_error *err) {
    dataset_catalogue catalogue;
    TRY(dataset_catalogue_read(&catalogue, err));
    dear_status status = check_names(c, &catalogue, err);
    for (int i = 0; i < c->count && status == DEAR_OK; i++)
        status = get_set(c, dataset_find(&catalogue, c->names[i]), err);
    dataset_catalogue_free(&catalogue);
    return status;
}

int data_get(int argc, char **argv) {
    static const struct argp argp = {options, parse, "NAME...", doc, NULL, NULL, NULL};
    get_command c = {.part = DATASET_PARTS};
    argp_parse(&argp, argc, argv, 0, NULL, &c);
    interrupt_catch();
    dear_error err;
    return get_all(&c, &err) == DEAR_OK ? EXIT_DONE : command_fail(&err);
}
