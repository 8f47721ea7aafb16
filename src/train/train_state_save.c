#include "train/train_state.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/state_format.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *state_previous_path(const char *path) {
    strbuf previous = {0};
    strbuf_printf(&previous, "%s.previous", path);
    return strbuf_take(&previous);
}

static bool add_array(json_t *arrays, const state_span *span) {
    return json_array_append_new(arrays, json_pack("{s:s, s:I}", "name", span->name, "count",
                                                   (json_int_t)span->count)) == 0;
}

/* NULL when there is no memory. */
static json_t *describe_arrays(const state_span *spans, size_t count) {
    json_t *arrays = json_array();
    bool added = arrays != NULL;
    for (size_t i = 0; added && i < count; i++)
        added = add_array(arrays, &spans[i]);
    if (!added)
        json_decref(arrays);
    return added ? arrays : NULL;
}

static char *header_text(const train_state *s, const state_span *spans, size_t count) {
    json_t *header = json_pack(
        "{s:I, s:I, s:I, s:I, s:s, s:o, s:I, s:o}", "step", (json_int_t)s->step, "epoch",
        (json_int_t)s->epoch, "position", (json_int_t)s->position, "seed", (json_int_t)s->seed,
        "settings", s->settings, "best", isnan(s->best) ? json_null() : json_real(s->best),
        "best_step", (json_int_t)s->best_step, "arrays", describe_arrays(spans, count));
    char *text = header ? json_dumps(header, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(header);
    return text;
}

typedef struct state_writer {
    output_file out;
    EVP_MD_CTX *digest; ///< of all written so far
} state_writer;

static dear_status put(state_writer *w, const void *bytes, size_t size, dear_error *err) {
    if (EVP_DigestUpdate(w->digest, bytes, size) != 1)
        return error_memory(err);
    return output_file_write(&w->out, bytes, size, err);
}

static dear_status put_header(state_writer *w, const char *header, dear_error *err) {
    uint64_t length = strlen(header);
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i);
    TRY(put(w, STATE_MAGIC, STATE_MAGIC_BYTES, err));
    TRY(put(w, bytes, sizeof bytes, err));
    return put(w, header, length, err);
}

static dear_status put_digest(state_writer *w, dear_error *err) {
    unsigned char digest[STATE_DIGEST_BYTES];
    if (EVP_DigestFinal_ex(w->digest, digest, NULL) != 1)
        return error_memory(err);
    return output_file_write(&w->out, digest, sizeof digest, err);
}

static dear_status put_state(state_writer *w, const char *header, const state_span *spans,
                             size_t count, dear_error *err) {
    if (!w->digest || EVP_DigestInit_ex(w->digest, EVP_sha256(), NULL) != 1)
        return error_memory(err);
    TRY(put_header(w, header, err));
    for (size_t i = 0; i < count; i++)
        if (spans[i].count > 0)
            TRY(put(w, spans[i].data, (size_t)spans[i].count * sizeof(float), err));
    TRY(put_digest(w, err));
    return fflush(w->out.stream) == 0 ? DEAR_OK : error_errno(err, w->out.part_path);
}

/* Renames the state that is there, once the new one is written. */
static dear_status keep_previous(const char *path, dear_error *err) {
    char *previous = state_previous_path(path);
    if (!previous)
        return error_memory(err);
    dear_status status = DEAR_OK;
    if (rename(path, previous) != 0 && errno != ENOENT)
        status = error_errno(err, previous);
    mem_free(previous);
    return status;
}

static dear_status write_state(const char *header, const state_span *spans, size_t count,
                               const char *path, dear_error *err) {
    state_writer w = {0};
    TRY(output_file_open(&w.out, path, err));
    w.digest = EVP_MD_CTX_new();
    dear_status status = put_state(&w, header, spans, count, err);
    EVP_MD_CTX_free(w.digest);
    if (status == DEAR_OK)
        status = keep_previous(path, err);
    if (status == DEAR_OK)
        return output_file_commit(&w.out, err);
    output_file_discard(&w.out, false);
    return status;
}

dear_status train_state_save(const train_state *state, const state_span *spans, size_t count,
                             const char *path, dear_error *err) {
    char *header = header_text(state, spans, count);
    if (!header)
        return error_memory(err);
    dear_status status = write_state(header, spans, count, path, err);
    free(header);
    return status;
}
