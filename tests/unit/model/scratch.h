/* A folder for a test's own files, and files made for it. */
#ifndef DEAR_TESTS_UNIT_MODEL_SCRATCH_H
#define DEAR_TESTS_UNIT_MODEL_SCRATCH_H

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define GOLDEN TEST_DATA "/../golden/data"

enum { SCRATCH_PATH = 512 };

static char scratch[SCRATCH_PATH];

/* cmocka set-up and tear-down of a test or group: an empty folder, then none. */
static inline int scratch_make(void **state) {
    (void)state;
    snprintf(scratch, sizeof scratch, "%s/dear-test-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove_entry(const char *path, const struct stat *info, int kind,
                                       struct FTW *place) {
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline int scratch_remove(void **state) {
    (void)state;
    return nftw(scratch, scratch_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in the folder; valid until the third next call. */
static inline const char *scratch_path(const char *name) {
    static char paths[3][SCRATCH_PATH + 300];
    static int next;
    next = (next + 1) % 3;
    snprintf(paths[next], sizeof paths[next], "%s/%s", scratch, name);
    return paths[next];
}

static inline const char *scratch_write(const char *name, const void *bytes, size_t size) {
    const char *path = scratch_path(name);
    unlink(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *scratch_write_text(const char *name, const char *text) {
    return scratch_write(name, text, strlen(text));
}

/* A safetensors file: the header and `size` bytes of data, counting up. */
static inline const char *scratch_write_safetensors(const char *name, const char *header,
                                                    size_t size) {
    size_t length = strlen(header);
    unsigned char *bytes = malloc(8 + length + size);
    assert_non_null(bytes);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < size; i++)
        bytes[8 + length + i] = (unsigned char)(i % 64);
    const char *path = scratch_write(name, bytes, 8 + length + size);
    free(bytes);
    return path;
}

/* The bytes of a file, to be freed. */
static inline unsigned char *read_bytes(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

/* A failure with this status whose message contains `part`. */
static inline void assert_failure(dear_status got, dear_status expected, const dear_error *err,
                                  const char *part) {
    if (got != expected || !strstr(err->message, part))
        fail_msg("status %d, \"%s\"; expected status %d and \"%s\"", (int)got,
                 got == DEAR_OK ? "" : err->message, (int)expected, part);
}

static inline void assert_success(dear_status got, const dear_error *err) {
    if (got != DEAR_OK)
        fail_msg("status %d, \"%s\"", (int)got, err->message);
}

#endif
