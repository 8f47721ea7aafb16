/* Files: mapped for reading, read line by line (plain or gzip), and written beside then renamed. */
#ifndef DEAR_BASE_FILE_H
#define DEAR_BASE_FILE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdio.h>

/* A regular file, mapped read-only. */
typedef struct file_map {
    const unsigned char *data; ///< `size` bytes; NULL for an empty file
    size_t size;
} file_map;

dear_status file_map_open(file_map *map, const char *path, dear_error *err);
void file_map_close(file_map *map);

/* Gives back the memory that reading the file took; what is touched again is read again. */
void file_map_release(const file_map *map);

bool file_exists(const char *path);
bool file_is_directory(const char *path);

/* "directory/name" in memory that the caller frees; NULL when there is none. */
char *path_join(const char *directory, const char *name);

/* Makes `path` and the folders above it. */
dear_status directory_make(const char *path, dear_error *err);

/* The whole of a file (gunzipped if it is gzip, "-" is standard input), at most `limit` bytes. */
dear_status file_read(strbuf *out, const char *path, size_t limit, dear_error *err);

/* Writes a copy of the file `from` (at most `limit` bytes) to `to`, beside its place and renamed. */
dear_status file_copy(const char *to, const char *from, size_t limit, dear_error *err);

/* DEAR_ERROR_IO, with both numbers, when the disk that `path` will be on has no room for `bytes`. */
dear_status file_check_space(const char *path, double bytes, dear_error *err);

/* Reads lines of plain or gzip text; "-" is standard input. */
typedef struct line_reader line_reader;

dear_status line_reader_open(line_reader **out, const char *path, dear_error *err);

/*
 * Gives the next line without its end ("\n" or "\r\n"), valid until the next call; *line is NULL
 * at the end of the file. A line over 64 MiB, and a broken gzip stream, are errors.
 */
dear_status line_reader_next(line_reader *r, char **line, size_t *length, dear_error *err);

/* The number, from 1, of the line given last; for messages. */
size_t line_reader_number(const line_reader *r);
const char *line_reader_path(const line_reader *r);
void line_reader_close(line_reader *r);

/*
 * Output that appears under its name only when it is whole: written to "path.part" beside it and
 * renamed by commit. "-" (or NULL) is standard output. With `keep_part`, discard leaves the part
 * file for a later resume.
 */
typedef struct output_file {
    FILE *stream;
    char *path;      ///< NULL for standard output
    char *part_path; ///< NULL for standard output
} output_file;

dear_status output_file_open(output_file *out, const char *path, dear_error *err);

/* As above, but goes on at the end of a part file that an earlier run left. */
dear_status output_file_resume(output_file *out, const char *path, dear_error *err);

/* Appends bytes; an error names the file, and says why the system would not take them. */
dear_status output_file_write(output_file *out, const void *bytes, size_t count, dear_error *err);

/* Flushes to the disk and renames; on failure (a full disk) the part file is kept and named. */
dear_status output_file_commit(output_file *out, dear_error *err);

/* Closes without renaming; the part file stays when `keep_part`, else it is removed. */
void output_file_discard(output_file *out, bool keep_part);

#endif
