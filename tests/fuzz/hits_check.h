/* What must hold for every set that a reader gives, and a way through all writers. */
#ifndef DEAR_TESTS_HITS_CHECK_H
#define DEAR_TESTS_HITS_CHECK_H

#include "rank/hits_format.h"
#include "rank/utf8_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline void check_text(const char *text) {
    if (!text || !utf8_valid(text, strlen(text)))
        abort();
}

static inline void check_hits(const hit_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const hit *h = &list->hits[i];
        check_text(h->docid);
        check_text(h->title);
        check_text(h->text);
        if (!*h->docid || !isfinite(h->score) || h->rank != (int64_t)i + 1)
            abort();
    }
}

static inline void check_set(const hit_set *set) {
    for (size_t i = 0; i < set->count; i++) {
        check_text(set->lists[i].qid);
        check_text(set->lists[i].query);
        if (hit_set_find(set, set->lists[i].qid) != &set->lists[i])
            abort();
        check_hits(&set->lists[i]);
    }
}

/* Writes the set in every format; an id that a format cannot carry is its only excuse. */
static inline void write_everywhere(const hit_set *set) {
    for (hits_format format = HITS_FORMAT_RANKGPT; format <= HITS_FORMAT_TABLE; format++) {
        char *text;
        size_t length;
        FILE *stream = open_memstream(&text, &length);
        for (size_t i = 0; i < set->count; i++) {
            dear_status status = hits_write_list(stream, format, &set->lists[i], i, "t", NULL);
            bool has_columns = format == HITS_FORMAT_TREC || format == HITS_FORMAT_TSV;
            if (status != DEAR_OK && !(has_columns && status == DEAR_ERROR_INPUT))
                abort();
        }
        fclose(stream);
        free(text);
    }
}

static inline void check_reading(const hits_input *input) {
    hit_set set;
    dear_error err = {0};
    if (hits_read(&set, input, &err) == DEAR_OK) {
        check_set(&set);
        write_everywhere(&set);
        hit_set_free(&set);
    } else if (!err.message[0] || set.lists) {
        abort();
    }
}

#endif
