/*
 * A text file whose lines can be read in any order: where each begins is all that is kept in
 * memory. What cannot be read from any place (gzip data, a pipe) is unpacked once into a temporary
 * file without a name, in $TMPDIR or /tmp, that goes when it is closed or the process ends.
 */
#ifndef DEAR_TRAIN_LINE_FILE_H
#define DEAR_TRAIN_LINE_FILE_H

#include "base/error.h"
#include "base/strbuf.h"

typedef struct line_place {
    int64_t offset; ///< bytes before the line
    int64_t number; ///< from 1, for messages
} line_place;

/* Made by line_file_open, ended by line_file_close. */
typedef struct line_file {
    char *path; ///< for messages
    int fd;
    int64_t size;        ///< bytes, as when it was opened
    int64_t modified_ns; ///< the file's time then
    line_place *lines;   ///< [count], those that are not blank
    size_t count;
    size_t capacity;
} line_file;

/* Opens the file ("-" is standard input) and finds its lines. A line over 64 MiB and a broken gzip
 * stream are errors. */
dear_status line_file_open(line_file *out, const char *path, dear_error *err);

/* Reads line i of [count] into `out`, without its end. A file that was changed since it was opened
 * is an error. */
dear_status line_file_read(const line_file *f, size_t i, strbuf *out, dear_error *err);

void line_file_close(line_file *f);

#endif
