/* Files that a test writes and reads: in a folder of their own that goes when the test ends. */
#ifndef DEAR_TESTS_SCRATCH_FILE_H
#define DEAR_TESTS_SCRATCH_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_folder[] = "/tmp/dear-test-XXXXXX";

static inline int scratch_make(void **state) {
    (void)state;
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_remove(void **state) {
    (void)state;
    char command[sizeof scratch_folder + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_folder);
    return system(command);
}

/* The path of a scratch file; valid for the next sixteen calls. */
static inline const char *scratch_path(const char *name) {
    static char paths[16][128];
    static int turn;
    char *path = paths[turn++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);
    return path;
}

static inline const char *scratch_write_bytes(const char *name, const char *bytes, size_t length) {
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, length, f) != length || fclose(f) != 0)
        abort();
    return path;
}

static inline const char *scratch_write(const char *name, const char *text) {
    return scratch_write_bytes(name, text, strlen(text));
}

/* The whole of a file, to be freed; NULL when it is not there. */
static inline char *scratch_read(const char *path, size_t *length) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *length = (size_t)ftell(f);
    rewind(f);
    char *bytes = calloc(*length + 1, 1);
    if (!bytes || fread(bytes, 1, *length, f) != *length)
        abort();
    fclose(f);
    return bytes;
}

#endif
