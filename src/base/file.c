#define _GNU_SOURCE
#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

enum { LINE_LIMIT = 64 << 20, READ_CHUNK = 1 << 16 };

dear_status file_map_open(file_map *map, const char *path, dear_error *err) {
    *map = (file_map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, path);
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return error_set(err, DEAR_ERROR_IO, "%s: not a regular file", path);
    }
    if (info.st_size > 0) {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) {
            dear_status status = error_errno(err, path);
            close(fd);
            return status;
        }
        map->data = data;
        map->size = (size_t)info.st_size;
    }
    close(fd);
    return DEAR_OK;
}

void file_map_close(file_map *map) {
    if (map->data)
        munmap((void *)map->data, map->size);
    *map = (file_map){0};
}

void file_map_release(const file_map *map) {
    if (map->data)
        madvise((void *)map->data, map->size, MADV_DONTNEED);
}

bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

bool file_is_directory(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *path_join(const char *directory, const char *name) {
    strbuf path = {0};
    strbuf_puts(&path, directory);
    if (path.length && path.text[path.length - 1] != '/')
        strbuf_putc(&path, '/');
    strbuf_puts(&path, name);
    return strbuf_take(&path);
}

dear_status directory_make(const char *path, dear_error *err) {
    char *copy = mem_strdup(path);
    if (!copy)
        return error_memory(err);
    dear_status status = DEAR_OK;
    for (char *p = copy + 1; status == DEAR_OK; p++) {
        bool last = *p == 0;
        if (*p != '/' && !last)
            continue;
        *p = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = error_errno(err, copy);
        if (last)
            break;
        *p = '/';
    }
    if (status == DEAR_OK && !file_is_directory(path))
        status = error_set(err, DEAR_ERROR_IO, "%s: not a directory", path);
    mem_free(copy);
    return status;
}

struct line_reader {
    gzFile stream;
    char *path;
    size_t number;
    strbuf line;
    char chunk[READ_CHUNK];
    size_t chunk_begin, chunk_end;
};

static gzFile open_gzip(const char *path) {
    return strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");
}

static dear_status gzip_error(gzFile stream, const char *path, dear_error *err) {
    int code;
    const char *what = gzerror(stream, &code);
    if (code == Z_ERRNO)
        return error_errno(err, path);
    return error_set(err, DEAR_ERROR_INPUT, "%s: broken gzip data (%s)", path, what);
}

dear_status file_read(strbuf *out, const char *path, size_t limit, dear_error *err) {
    if (strcmp(path, "-") != 0 && file_is_directory(path))
        return error_set(err, DEAR_ERROR_IO, "%s: is a directory", path);
    gzFile stream = open_gzip(path);
    if (!stream)
        return error_errno(err, path);
    dear_status status = DEAR_OK;
    char chunk[READ_CHUNK];
    int n;
    while (status == DEAR_OK && (n = gzread(stream, chunk, sizeof chunk)) != 0) {
        if (n < 0)
            status = gzip_error(stream, path, err);
        else if (out->length + (size_t)n > limit)
            status = error_set(err, DEAR_ERROR_INPUT, "%s: larger than %zu bytes", path, limit);
        else if (!strbuf_append(out, chunk, (size_t)n))
            status = error_memory(err);
    }
    int code;
    gzerror(stream, &code);
    if (status == DEAR_OK && code != Z_OK && code != Z_STREAM_END)
        status = gzip_error(stream, path, err);
    gzclose(stream);
    if (status != DEAR_OK)
        strbuf_free(out);
    return status;
}

dear_status line_reader_open(line_reader **out, const char *path, dear_error *err) {
    *out = NULL;
    if (strcmp(path, "-") != 0 && file_is_directory(path))
        return error_set(err, DEAR_ERROR_IO, "%s: is a directory", path);
    gzFile stream = open_gzip(path);
    if (!stream)
        return error_errno(err, path);
    line_reader *r = mem_calloc(1, sizeof *r);
    char *copy = mem_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    if (!r || !copy) {
        mem_free(r);
        mem_free(copy);
        gzclose(stream);
        return error_memory(err);
    }
    r->stream = stream;
    r->path = copy;
    *out = r;
    return DEAR_OK;
}

/* Refills the chunk; at the end of the file it stays empty. */
static dear_status refill(line_reader *r, dear_error *err) {
    int n = gzread(r->stream, r->chunk, sizeof r->chunk);
    int code;
    gzerror(r->stream, &code);
    if (n < 0 || (n == 0 && code != Z_OK && code != Z_STREAM_END))
        return gzip_error(r->stream, r->path, err);
    r->chunk_begin = 0;
    r->chunk_end = (size_t)n;
    return DEAR_OK;
}

dear_status line_reader_next(line_reader *r, char **line, size_t *length, dear_error *err) {
    *line = NULL;
    *length = 0;
    strbuf_clear(&r->line);
    bool ended = false;
    while (!ended) {
        if (r->chunk_begin == r->chunk_end)
            TRY(refill(r, err));
        if (r->chunk_begin == r->chunk_end)
            break;
        char *begin = r->chunk + r->chunk_begin;
        size_t left = r->chunk_end - r->chunk_begin;
        char *newline = memchr(begin, '\n', left);
        size_t taken = newline ? (size_t)(newline - begin) : left;
        if (r->line.length + taken > LINE_LIMIT)
            return error_set(err, DEAR_ERROR_INPUT, "%s:%zu: line over %d MiB", r->path,
                             r->number + 1, LINE_LIMIT >> 20);
        if (!strbuf_append(&r->line, begin, taken))
            return error_memory(err);
        r->chunk_begin += taken + (newline != NULL);
        ended = newline != NULL;
    }
    if (!ended && r->line.length == 0)
        return DEAR_OK;
    r->number++;
    if (r->line.length && r->line.text[r->line.length - 1] == '\r')
        r->line.text[--r->line.length] = 0;
    *line = r->line.text;
    *length = r->line.length;
    return DEAR_OK;
}

size_t line_reader_number(const line_reader *r) {
    return r->number;
}

const char *line_reader_path(const line_reader *r) {
    return r->path;
}

void line_reader_close(line_reader *r) {
    if (!r)
        return;
    gzclose(r->stream);
    strbuf_free(&r->line);
    mem_free(r->path);
    mem_free(r);
}

static dear_status open_output(output_file *out, const char *path, const char *mode,
                               dear_error *err) {
    *out = (output_file){0};
    if (!path || strcmp(path, "-") == 0) {
        out->stream = stdout;
        return DEAR_OK;
    }
    strbuf part = {0};
    strbuf_printf(&part, "%s.part", path);
    out->part_path = strbuf_take(&part);
    out->path = mem_strdup(path);
    if (!out->part_path || !out->path) {
        output_file_discard(out, true);
        return error_memory(err);
    }
    out->stream = fopen(out->part_path, mode);
    if (!out->stream) {
        dear_status status = error_errno(err, out->part_path);
        output_file_discard(out, true);
        return status;
    }
    return DEAR_OK;
}

dear_status output_file_open(output_file *out, const char *path, dear_error *err) {
    return open_output(out, path, "w", err);
}

dear_status output_file_resume(output_file *out, const char *path, dear_error *err) {
    return open_output(out, path, "a", err);
}

static const char *part_name(const output_file *out) {
    return out->part_path ? out->part_path : "standard output";
}

dear_status output_file_write(output_file *out, const void *bytes, size_t count, dear_error *err) {
    if (fwrite(bytes, 1, count, out->stream) != count)
        return error_errno(err, part_name(out));
    return DEAR_OK;
}

dear_status output_file_commit(output_file *out, dear_error *err) {
    const char *name = part_name(out);
    bool written = fflush(out->stream) == 0 && !ferror(out->stream);
    if (written && out->path)
        written = fsync(fileno(out->stream)) == 0;
    dear_status status = written ? DEAR_OK : error_errno(err, name);
    if (out->path) {
        if (fclose(out->stream) != 0 && status == DEAR_OK)
            status = error_errno(err, name);
        out->stream = NULL;
        if (status == DEAR_OK && rename(out->part_path, out->path) != 0)
            status = error_errno(err, out->path);
    }
    output_file_discard(out, true);
    return status;
}

void output_file_discard(output_file *out, bool keep_part) {
    if (out->stream && out->part_path)
        fclose(out->stream);
    if (out->part_path && !keep_part)
        unlink(out->part_path);
    mem_free(out->path);
    mem_free(out->part_path);
    *out = (output_file){0};
}

static dear_status write_whole(const char *to, const void *bytes, size_t count, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, to, err));
    dear_status status = output_file_write(&out, bytes, count, err);
    if (status == DEAR_OK)
        return output_file_commit(&out, err);
    output_file_discard(&out, false);
    return status;
}

dear_status file_copy(const char *to, const char *from, size_t limit, dear_error *err) {
    file_map map;
    TRY(file_map_open(&map, from, err));
    dear_status status =
        map.size <= limit
            ? write_whole(to, map.size ? (const void *)map.data : "", map.size, err)
            : error_set(err, DEAR_ERROR_INPUT, "%s: larger than %zu bytes", from, limit);
    file_map_close(&map);
    return status;
}

/* The folder that `path` is in. */
static char *folder_of(const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length ? mem_strndup(path, length) : mem_strdup(".");
}

dear_status file_check_space(const char *path, double bytes, dear_error *err) {
    char *folder = folder_of(path);
    if (!folder)
        return error_memory(err);
    struct statvfs disk;
    dear_status status = statvfs(folder, &disk) == 0 ? DEAR_OK : error_errno(err, folder);
    mem_free(folder);
    if (status != DEAR_OK)
        return status;
    double left = (double)disk.f_bavail * (double)disk.f_frsize;
    if (bytes <= left)
        return DEAR_OK;
    return error_set(err, DEAR_ERROR_IO, "%s: takes %.1f MB, and its disk has %.1f MB left", path,
                     bytes / 1e6, left / 1e6);
}
