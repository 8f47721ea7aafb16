#define _GNU_SOURCE
#include "train/line_file.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, LINE_LIMIT = 64 << 20 };

/* Reads up to `size` bytes at `offset`; less is the end of the file. */
static dear_status read_at(const line_file *f, void *bytes, size_t size, int64_t offset,
                           size_t *done, dear_error *err) {
    for (*done = 0; *done < size;) {
        ssize_t n = pread(f->fd, (char *)bytes + *done, size - *done, offset + (off_t)*done);
        if (n < 0 && errno != EINTR)
            return error_errno(err, f->path);
        if (n == 0)
            break;
        *done += n > 0 ? (size_t)n : 0;
    }
    return DEAR_OK;
}

/* Opens a regular file that is not gzip data; *plain says whether it is one. */
static dear_status open_plain(line_file *f, bool *plain, dear_error *err) {
    struct stat info;
    unsigned char magic[2];
    size_t length;
    *plain = false;
    if (stat(f->path, &info) != 0 || !S_ISREG(info.st_mode))
        return DEAR_OK; /* the line reader says what is wrong */
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0)
        return error_errno(err, f->path);
    TRY(read_at(f, magic, sizeof magic, 0, &length, err));
    *plain = length < 2 || magic[0] != 0x1f || magic[1] != 0x8b;
    return DEAR_OK;
}

static dear_status open_temporary(FILE **out, dear_error *err) {
    const char *folder = getenv("TMPDIR");
    char *name = path_join(folder && *folder ? folder : "/tmp", "dear-lines-XXXXXX");
    if (!name)
        return error_memory(err);
    dear_status status = DEAR_OK;
    int fd = mkostemp(name, O_CLOEXEC);
    *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!*out)
        status = error_errno(err, name);
    if (fd >= 0)
        unlink(name);
    if (fd >= 0 && !*out)
        close(fd);
    mem_free(name);
    return status;
}

static dear_status copy_lines(FILE *to, line_reader *from, dear_error *err) {
    for (;;) {
        char *line;
        size_t length;
        TRY(line_reader_next(from, &line, &length, err));
        if (!line)
            break;
        if (fwrite(line, 1, length, to) != length || putc('\n', to) == EOF)
            return error_errno(err, "temporary file for unpacking");
    }
    return fflush(to) == 0 ? DEAR_OK : error_errno(err, "temporary file for unpacking");
}

static dear_status unpack(line_file *f, line_reader *reader, dear_error *err) {
    FILE *temporary;
    TRY(open_temporary(&temporary, err));
    dear_status status = copy_lines(temporary, reader, err);
    if (status == DEAR_OK) {
        f->fd = fcntl(fileno(temporary), F_DUPFD_CLOEXEC, 0);
        if (f->fd < 0)
            status = error_errno(err, f->path);
    }
    fclose(temporary);
    return status;
}

static dear_status open_unpacked(line_file *f, const char *path, dear_error *err) {
    line_reader *reader;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    TRY(line_reader_open(&reader, path, err));
    dear_status status = unpack(f, reader, err);
    line_reader_close(reader);
    return status;
}

/* The line that is being looked for. */
typedef struct line_scan {
    line_place place;
    bool blank;
} line_scan;

static bool is_blank(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r\v\f", bytes[i]) || !bytes[i])
            return false;
    return true;
}

static dear_status keep_line(line_file *f, const line_scan *scan, dear_error *err) {
    if (scan->blank)
        return DEAR_OK;
    if (!mem_grow((void **)&f->lines, &f->capacity, f->count, sizeof *f->lines))
        return error_memory(err);
    f->lines[f->count++] = scan->place;
    return DEAR_OK;
}

/* Goes through one piece of the file, from `offset`. */
static dear_status scan_piece(line_file *f, line_scan *scan, const char *bytes, size_t length,
                              int64_t offset, dear_error *err) {
    for (size_t i = 0; i < length;) {
        const char *end = memchr(bytes + i, '\n', length - i);
        size_t taken = end ? (size_t)(end - bytes) - i : length - i;
        scan->blank = scan->blank && is_blank(bytes + i, taken);
        i += taken;
        if (offset + (int64_t)i - scan->place.offset > LINE_LIMIT)
            return error_set(err, DEAR_ERROR_INPUT, "%s:%lld: line over %d MiB", f->path,
                             (long long)scan->place.number, LINE_LIMIT >> 20);
        if (!end)
            break;
        TRY(keep_line(f, scan, err));
        i++;
        *scan = (line_scan){{offset + (int64_t)i, scan->place.number + 1}, true};
    }
    return DEAR_OK;
}

static dear_status find_lines(line_file *f, dear_error *err) {
    char chunk[CHUNK];
    line_scan scan = {{0, 1}, true};
    size_t length;
    do {
        TRY(read_at(f, chunk, sizeof chunk, f->size, &length, err));
        TRY(scan_piece(f, &scan, chunk, length, f->size, err));
        f->size += (int64_t)length;
    } while (length == sizeof chunk);
    return keep_line(f, &scan, err);
}

/* The file's size and time, by which a change is noticed. */
static dear_status look_at(const line_file *f, int64_t *size, int64_t *modified_ns,
                           dear_error *err) {
    struct stat info;
    if (fstat(f->fd, &info) != 0)
        return error_errno(err, f->path);
    *size = info.st_size;
    *modified_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    return DEAR_OK;
}

static dear_status check_unchanged(const line_file *f, dear_error *err) {
    int64_t size, modified_ns;
    TRY(look_at(f, &size, &modified_ns, err));
    if (size != f->size || modified_ns != f->modified_ns)
        return error_set(err, DEAR_ERROR_INPUT, "%s: was changed while it was in use", f->path);
    return DEAR_OK;
}

static dear_status open_lines(line_file *f, const char *path, dear_error *err) {
    bool plain = false;
    int64_t size;
    if (strcmp(path, "-") != 0)
        TRY(open_plain(f, &plain, err));
    if (!plain)
        TRY(open_unpacked(f, path, err));
    TRY(look_at(f, &size, &f->modified_ns, err));
    TRY(find_lines(f, err));
    return check_unchanged(f, err);
}

dear_status line_file_open(line_file *out, const char *path, dear_error *err) {
    *out = (line_file){.fd = -1};
    out->path = mem_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    if (!out->path)
        return error_memory(err);
    dear_status status = open_lines(out, path, err);
    if (status != DEAR_OK)
        line_file_close(out);
    return status;
}

dear_status line_file_read(const line_file *f, size_t i, strbuf *out, dear_error *err) {
    char chunk[CHUNK], *newline = NULL;
    int64_t offset = f->lines[i].offset;
    size_t length;
    strbuf_clear(out);
    do {
        TRY(read_at(f, chunk, sizeof chunk, offset, &length, err));
        newline = memchr(chunk, '\n', length);
        if (!strbuf_append(out, chunk, newline ? (size_t)(newline - chunk) : length))
            return error_memory(err);
        offset += (int64_t)length;
    } while (!newline && length == sizeof chunk);
    return check_unchanged(f, err);
}

void line_file_close(line_file *f) {
    if (f->fd >= 0)
        close(f->fd);
    mem_free(f->path);
    mem_free(f->lines);
    *f = (line_file){.fd = -1};
}
