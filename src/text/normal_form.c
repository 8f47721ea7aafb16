#include "text/normal_form.h"

#include "base/memory.h"
#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

/* The longest decomposition of one character is 18 code points (U+FDFA, compatibility). */
enum { LONGEST_DECOMPOSITION = 18, CLASSES = 256 };

typedef struct code_list {
    utf8proc_int32_t *codes;
    size_t count, capacity;
} code_list;

static dear_status decompose(code_list *list, const char *text, size_t length, int options,
                             dear_error *err) {
    for (size_t at = 0, bytes; at < length; at += bytes) {
        uint32_t code;
        utf8_read(text + at, length - at, &code, &bytes);
        while (list->capacity - list->count < LONGEST_DECOMPOSITION)
            if (!mem_grow((void **)&list->codes, &list->capacity, list->capacity,
                          sizeof *list->codes))
                return error_memory(err);
        int boundary = 0;
        utf8proc_ssize_t n =
            utf8proc_decompose_char((utf8proc_int32_t)code, list->codes + list->count,
                                    LONGEST_DECOMPOSITION, options, &boundary);
        if (n < 0 || n > LONGEST_DECOMPOSITION)
            return error_set(err, DEAR_ERROR_INPUT, "U+%04X cannot be normalized", code);
        list->count += (size_t)n;
    }
    return DEAR_OK;
}

static unsigned char combining_class(utf8proc_int32_t code) {
    return (unsigned char)utf8proc_get_property(code)->combining_class;
}

/* Counting sort of one run of marks by combining class; `room` has as many places as the run. */
static void sort_run(utf8proc_int32_t *codes, size_t count, utf8proc_int32_t *room) {
    size_t begin[CLASSES + 1] = {0};
    for (size_t i = 0; i < count; i++)
        begin[combining_class(codes[i]) + 1]++;
    for (size_t c = 0; c < CLASSES; c++)
        begin[c + 1] += begin[c];
    for (size_t i = 0; i < count; i++)
        room[begin[combining_class(codes[i])]++] = codes[i];
    memcpy(codes, room, count * sizeof *codes);
}

/* Puts the marks after each starter in canonical order: by combining class, else as they came. */
static dear_status order_marks(code_list *list, dear_error *err) {
    utf8proc_int32_t *room = NULL;
    for (size_t begin = 0, end; begin < list->count; begin = end + 1) {
        bool sorted = true;
        for (end = begin; end < list->count && combining_class(list->codes[end]); end++)
            if (end > begin &&
                combining_class(list->codes[end]) < combining_class(list->codes[end - 1]))
                sorted = false;
        if (sorted)
            continue;
        if (!room && !(room = mem_calloc(list->count, sizeof *room)))
            return error_memory(err);
        sort_run(list->codes + begin, end - begin, room);
    }
    mem_free(room);
    return DEAR_OK;
}

static dear_status compose_and_write(code_list *list, bool compose, strbuf *out, dear_error *err) {
    utf8proc_ssize_t count = (utf8proc_ssize_t)list->count;
    if (count > 0 && compose)
        count = utf8proc_normalize_utf32(list->codes, count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    const utf8proc_int32_t *codes = list->codes;
    for (utf8proc_ssize_t i = 0; codes && i < count; i++) {
        char bytes[4];
        strbuf_append(out, bytes, utf8_write((uint32_t)codes[i], bytes));
    }
    return out->failed ? error_memory(err) : DEAR_OK;
}

dear_status normal_form_append(strbuf *out, const char *text, size_t length, bool compose,
                               bool compatibility, dear_error *err) {
    int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatibility ? UTF8PROC_COMPAT : 0);
    code_list list = {0};
    dear_status status = decompose(&list, text, length, options, err);
    if (status == DEAR_OK)
        status = order_marks(&list, err);
    if (status == DEAR_OK)
        status = compose_and_write(&list, compose, out, err);
    mem_free(list.codes);
    return status;
}
