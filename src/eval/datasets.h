/*
 * Data sets by name: the catalogue that ships with the program (data/datasets.json, described in
 * docs/formats.md), and where a set's files are on this machine. Some parts ship with the program,
 * others are published on a hub and fetched, others are licensed and must be asked for.
 */
#ifndef DEAR_EVAL_DATASETS_H
#define DEAR_EVAL_DATASETS_H

#include "base/error.h"

#include <jansson.h>

typedef enum dataset_part {
    DATASET_QRELS,   ///< judgments (eval/qrels.h)
    DATASET_TOPICS,  ///< queries (rank/collection.h)
    DATASET_CORPUS,  ///< passages
    DATASET_HITS,    ///< candidates of a first stage, BM25's as a rule (rank/hits.h)
    DATASET_ANSWERS, ///< the answers of questions
    DATASET_PARTS
} dataset_part;

typedef enum dataset_place {
    DATASET_NOWHERE,   ///< the set has no such part
    DATASET_SHIPPED,   ///< in the data folder (base/data_path.h)
    DATASET_ON_HUB,    ///< a file of a data set on a hub
    DATASET_ON_REQUEST ///< licensed: not to be downloaded, `how` tells the way
} dataset_place;

/* Where a part comes from. */
typedef struct dataset_source {
    dataset_place place;
    dataset_part folder;    ///< the part itself, or the one whose file serves as this too
    const char *file;       ///< path in the data folder or in the repository; a name on request
    const char *repository; ///< on a hub: "org/name"
    const char *revision;   ///< on a hub: branch, tag or commit
    const char *how;        ///< on request: whom to ask
    const char *note;       ///< what else is to be known, or NULL
    int64_t size;           ///< bytes; -1 where not known
    const char *sha256;     ///< 64 digits; NULL where not known
} dataset_source;

/* What a set must hold; -1 where that is not known. */
typedef struct dataset_counts {
    int64_t topics;    ///< queries in the topics
    int64_t queries;   ///< of these, the ones with judgments or answers
    int64_t judgments; ///< lines of the judgments
    int64_t passages;  ///< in the corpus
} dataset_counts;

/* Strings belong to the catalogue; those but name and title may be NULL. */
typedef struct dataset_entry {
    const char *name;  ///< "dl19": letters, digits, '-' and '.'
    const char *title; ///< "TREC 2019 Deep Learning, passages"
    const char *description;
    const char *task;
    const char *licence;
    const char *homepage;
    const char *citation;
    const char *counts_from; ///< the source of the counts
    dataset_counts counts;
    dataset_source parts[DATASET_PARTS];
} dataset_entry;

typedef struct dataset_catalogue {
    dataset_entry *sets; ///< [count], as the file has them
    size_t count;
    json_t *tree; ///< owns the strings
} dataset_catalogue;

/* Reads the catalogue that ships; DEAR_ERROR_INPUT names what in it is not as it must be. The
 * caller ends it with dataset_catalogue_free. */
dear_status dataset_catalogue_read(dataset_catalogue *out, dear_error *err);

/* The same, of JSON in memory; `where` begins messages. */
dear_status dataset_catalogue_parse(dataset_catalogue *out, const char *text, size_t length,
                                    const char *where, dear_error *err);
void dataset_catalogue_free(dataset_catalogue *c);

/* The set of that name, or NULL. */
const dataset_entry *dataset_find(const dataset_catalogue *c, const char *name);

/* "qrels", "topics", "corpus", "hits", "answers"; and back: DATASET_PARTS for another word. */
const char *dataset_part_name(dataset_part part);
dataset_part dataset_part_named(const char *name);

/* The set of that name; DEAR_ERROR_INPUT when there is none. */
dear_status dataset_named(const dataset_entry **out, const dataset_catalogue *c, const char *name,
                          dear_error *err);

/* The folder for a part that is fetched, or asked for: data/NAME/PART in the cache
 * (lookup_cache_directory). The caller frees it; NULL when there is no memory. */
char *dataset_directory(const dataset_entry *set, dataset_part part);

/* Where the part is, or will be once it is fetched. The caller frees it; NULL when there is no
 * memory. Not for a shipped one. */
char *dataset_fetched_path(const dataset_entry *set, dataset_part part);

/* The file of a part if it is here, whole; *path is NULL, and that is no failure, if not. The
 * caller frees it. */
dear_status dataset_here(char **path, const dataset_entry *set, dataset_part part, dear_error *err);

/* True for a name that the catalogue has. */
bool dataset_known(const char *name);

/*
 * The file of a part of a known data set, shipped or fetched earlier; the caller frees it. A set
 * that is not known, a part that it lacks or that is not here yet is DEAR_ERROR_INPUT with the way
 * out (`dear data get NAME`, or whom to ask).
 */
dear_status dataset_path(char **out, const char *name, dataset_part part, dear_error *err);

#endif
