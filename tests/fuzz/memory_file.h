/* Bytes as a file with a path, for readers that take paths. */
#ifndef DEAR_TESTS_MEMORY_FILE_H
#define DEAR_TESTS_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct memory_file {
    int fd;
    char path[32];
} memory_file;

static inline memory_file memory_file_make(const uint8_t *data, size_t size) {
    memory_file f = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
    if (f.fd < 0 || write(f.fd, data, size) != (ssize_t)size)
        abort();
    snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    return f;
}

#endif
