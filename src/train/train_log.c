#define _GNU_SOURCE
#include "train/train_log.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

struct train_log {
    FILE *stream;
    char *path;
};

/* A log being gone through. */
typedef struct log_scan {
    const char *path;
    file_map map;
    size_t offset; ///< behind the line in hand
    size_t number; ///< of the line in hand
    int64_t step;  ///< of the line in hand
} log_scan;

static dear_status read_entry(train_log_entry *out, const json_t *line, int64_t after,
                              const char *where, dear_error *err) {
    if (!json_is_object(line))
        return error_set(err, DEAR_ERROR_INPUT, "%s: must be a JSON object", where);
    TRY(json_get_int(line, "step", after, INT64_MAX, &out->step, where, err));
    TRY(json_get_double(line, "loss", &out->loss, where, err));
    TRY(json_get_double(line, "lr", &out->learning_rate, where, err));
    TRY(json_get_double(line, "tokens_per_second", &out->tokens_per_second, where, err));
    TRY(json_get_double(line, "grad_norm", &out->gradient_norm, where, err));
    TRY(json_get_double(line, "spread", &out->spread, where, err));
    TRY(json_get_double(line, "validation", &out->validation, where, err));
    if (out->step < 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: has no \"step\"", where);
    return DEAR_OK;
}

static dear_status parse_entry(train_log_entry *out, const char *line, size_t length, int64_t after,
                               const char *where, dear_error *err) {
    json_t *object;
    TRY(json_read_text(&object, line, length, where, err));
    dear_status status = read_entry(out, object, after, where, err);
    json_decref(object);
    return status;
}

/* Takes the next line; *taken is false when there is none, or none that has its end. */
static dear_status next_entry(log_scan *s, train_log_entry *out, bool *taken, dear_error *err) {
    const char *begin = (const char *)s->map.data + s->offset;
    const char *end = s->offset < s->map.size ? memchr(begin, '\n', s->map.size - s->offset) : NULL;
    strbuf where = {0};
    *out = (train_log_entry){-1, NAN, NAN, NAN, NAN, NAN, NAN};
    *taken = end != NULL;
    if (!end)
        return DEAR_OK;
    if (!strbuf_printf(&where, "%s:%zu", s->path, ++s->number))
        return error_memory(err);
    dear_status status = parse_entry(out, begin, (size_t)(end - begin), s->step, where.text, err);
    s->offset += (size_t)(end - begin) + 1;
    s->step = out->step;
    strbuf_free(&where);
    return status;
}

/* Where the lines of steps up to `step` end. */
static dear_status find_cut(log_scan *s, int64_t step, size_t *cut, dear_error *err) {
    train_log_entry entry;
    bool taken;
    for (*cut = 0;; *cut = s->offset) {
        TRY(next_entry(s, &entry, &taken, err));
        if (!taken || entry.step > step)
            return DEAR_OK;
    }
}

static dear_status cut_back(const char *path, int64_t step, dear_error *err) {
    log_scan s = {.path = path};
    size_t cut;
    TRY(file_map_open(&s.map, path, err));
    dear_status status = find_cut(&s, step, &cut, err);
    file_map_close(&s.map);
    if (status == DEAR_OK && truncate(path, (off_t)cut) != 0)
        status = error_errno(err, path);
    return status;
}

dear_status train_log_open(train_log **out, const char *path, int64_t step, dear_error *err) {
    *out = NULL;
    if (step > 0 && file_exists(path))
        TRY(cut_back(path, step, err));
    train_log *log = mem_calloc(1, sizeof *log);
    char *copy = mem_strdup(path);
    if (!log || !copy) {
        mem_free(log);
        mem_free(copy);
        return error_memory(err);
    }
    *log = (train_log){.stream = fopen(path, step > 0 ? "ae" : "we"), .path = copy};
    if (!log->stream) {
        train_log_close(log);
        return error_errno(err, path);
    }
    *out = log;
    return DEAR_OK;
}

static json_t *number_or_null(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

/* NULL when there is no memory. */
static json_t *entry_json(const train_log_entry *e) {
    json_t *line = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "step", (json_int_t)e->step, "loss",
                             number_or_null(e->loss), "lr", number_or_null(e->learning_rate),
                             "tokens_per_second", number_or_null(e->tokens_per_second), "grad_norm",
                             number_or_null(e->gradient_norm), "spread", number_or_null(e->spread));
    if (line && !isnan(e->validation) &&
        json_object_set_new(line, "validation", number_or_null(e->validation)) != 0) {
        json_decref(line);
        return NULL;
    }
    return line;
}

dear_status train_log_add(train_log *log, const train_log_entry *entry, dear_error *err) {
    json_t *line = entry_json(entry);
    if (!line)
        return error_memory(err);
    bool written = json_dumpf(line, log->stream, JSON_REAL_PRECISION(9)) == 0 &&
                   putc('\n', log->stream) != EOF && fflush(log->stream) == 0;
    json_decref(line);
    return written ? DEAR_OK : error_errno(err, log->path);
}

void train_log_close(train_log *log) {
    if (!log)
        return;
    if (log->stream)
        fclose(log->stream);
    mem_free(log->path);
    mem_free(log);
}

static dear_status collect(log_scan *s, train_log_entry **entries, size_t *count, dear_error *err) {
    size_t capacity = 0;
    for (;;) {
        train_log_entry entry;
        bool taken;
        TRY(next_entry(s, &entry, &taken, err));
        if (!taken)
            return DEAR_OK;
        if (!mem_grow((void **)entries, &capacity, *count, sizeof **entries))
            return error_memory(err);
        (*entries)[(*count)++] = entry;
    }
}

dear_status train_log_read(train_log_entry **out, size_t *count, const char *path,
                           dear_error *err) {
    log_scan s = {.path = path};
    *out = NULL;
    *count = 0;
    TRY(file_map_open(&s.map, path, err));
    dear_status status = collect(&s, out, count, err);
    file_map_close(&s.map);
    if (status != DEAR_OK) {
        mem_free(*out);
        *out = NULL;
        *count = 0;
    }
    return status;
}
