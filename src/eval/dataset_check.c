#include "eval/dataset_check.h"

#include "eval/qrels.h"
#include "model/hub_checksum.h"
#include "rank/record_reader.h"

#include <string.h>

static dear_status count_records(int64_t *out, collection_kind kind, const char *path,
                                 dear_error *err) {
    record_reader *reader;
    TRY(record_reader_open(&reader, kind, path, err));
    int64_t count = 0;
    record r;
    dear_status status;
    while ((status = record_reader_next(reader, &r, err)) == DEAR_OK && r.id)
        count++;
    record_reader_close(reader);
    *out = count;
    return status;
}

static dear_status count_judgments(dataset_counts *found, const char *path, dear_error *err) {
    qrels judged;
    TRY(qrels_read(&judged, path, err));
    found->queries = (int64_t)judged.count;
    found->judgments = 0;
    for (size_t i = 0; i < judged.count; i++)
        found->judgments += (int64_t)judged.topics[i].count;
    qrels_free(&judged);
    return DEAR_OK;
}

dear_status dataset_count(dataset_counts *found, dataset_part part, const char *path,
                          dear_error *err) {
    *found = (dataset_counts){-1, -1, -1, -1};
    switch (part) {
    case DATASET_QRELS:
        return count_judgments(found, path, err);
    case DATASET_TOPICS:
        return count_records(&found->topics, COLLECTION_QUERIES, path, err);
    case DATASET_CORPUS:
        return count_records(&found->passages, COLLECTION_CORPUS, path, err);
    default:
        return DEAR_OK;
    }
}

static dear_status check_bytes(const dataset_source *source, const char *path, dear_error *err) {
    if (!source->sha256)
        return DEAR_OK;
    hub_checksum expected = {.size = source->size, .kind = HUB_DIGEST_SHA256};
    memcpy(expected.hex, source->sha256, strlen(source->sha256) + 1);
    bool matches;
    TRY(hub_checksum_file(&matches, path, &expected, NULL, NULL, err));
    if (!matches)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s: is not the file that the catalogue knows (SHA-256 or size differ)",
                         path);
    return DEAR_OK;
}

static dear_status check_count(int64_t found, int64_t expected, const char *what, const char *path,
                               dear_error *err) {
    if (found < 0 || expected < 0 || found == expected)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_INPUT, "%s: holds %lld %s, and must hold %lld", path,
                     (long long)found, what, (long long)expected);
}

dear_status dataset_check(dataset_counts *found, const dataset_entry *set, dataset_part part,
                          const char *path, dear_error *err) {
    const dataset_counts *expected = &set->counts;
    TRY(check_bytes(&set->parts[part], path, err));
    TRY(dataset_count(found, part, path, err));
    TRY(check_count(found->topics, expected->topics, "queries", path, err));
    TRY(check_count(found->queries, expected->queries, "queries", path, err));
    TRY(check_count(found->judgments, expected->judgments, "judgments", path, err));
    return check_count(found->passages, expected->passages, "passages", path, err);
}
