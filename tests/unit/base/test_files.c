#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/dear-test-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static char *in_folder(const char *name) {
    return path_join(folder, name);
}

static char *write_file(const char *name, const void *bytes, size_t length) {
    char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, length, f), length);
    fclose(f);
    return path;
}

static void lines_are_read_without_their_ends(void **state) {
    (void)state;
    char *path = write_file("lines", "one\r\ntwo\n\nlast", 14);
    line_reader *r;
    dear_error err;
    char *line;
    size_t length;
    assert_int_equal(line_reader_open(&r, path, &err), DEAR_OK);
    const char *wanted[] = {"one", "two", "", "last"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(line_reader_next(r, &line, &length, &err), DEAR_OK);
        assert_string_equal(line, wanted[i]);
        assert_int_equal(line_reader_number(r), i + 1);
    }
    assert_int_equal(line_reader_next(r, &line, &length, &err), DEAR_OK);
    assert_null(line);
    line_reader_close(r);
    mem_free(path);
}

static void gzip_is_read_as_text_and_a_broken_one_is_an_error(void **state) {
    (void)state;
    char *path = in_folder("text.gz");
    gzFile gz = gzopen(path, "wb");
    for (int i = 0; i < 20000; i++)
        gzprintf(gz, "line %d\n", i * 7919 % 20011);
    gzclose(gz);
    strbuf text = {0};
    dear_error err;
    assert_int_equal(file_read(&text, path, 1 << 20, &err), DEAR_OK);
    assert_memory_equal(text.text, "line 0\nline 7919\n", 17);
    strbuf_free(&text);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(truncate(path, info.st_size / 2), 0);
    assert_int_equal(file_read(&text, path, 1 << 20, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "text.gz"));
    assert_null(text.text);
    mem_free(path);
}

static void reading_stops_at_the_limit(void **state) {
    (void)state;
    char *path = write_file("big", "0123456789", 10);
    strbuf text = {0};
    dear_error err;
    assert_int_equal(file_read(&text, path, 9, &err), DEAR_ERROR_INPUT);
    assert_int_equal(file_read(&text, path, 10, &err), DEAR_OK);
    strbuf_free(&text);
    mem_free(path);
}

static void missing_files_and_folders_are_named(void **state) {
    (void)state;
    dear_error err;
    file_map map;
    strbuf text = {0};
    assert_int_equal(file_map_open(&map, "/nonexistent/x", &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "/nonexistent/x"));
    assert_int_equal(file_map_open(&map, folder, &err), DEAR_ERROR_IO);
    assert_int_equal(file_read(&text, folder, 10, &err), DEAR_ERROR_IO);
}

static void output_appears_only_when_committed(void **state) {
    (void)state;
    char *path = in_folder("out"), *part = in_folder("out.part");
    output_file out;
    dear_error err;
    assert_int_equal(output_file_open(&out, path, &err), DEAR_OK);
    fputs("half", out.stream);
    output_file_discard(&out, true);
    assert_false(file_exists(path));
    assert_true(file_exists(part));
    assert_int_equal(output_file_resume(&out, path, &err), DEAR_OK);
    fputs(" whole", out.stream);
    assert_int_equal(output_file_commit(&out, &err), DEAR_OK);
    strbuf text = {0};
    assert_int_equal(file_read(&text, path, 100, &err), DEAR_OK);
    assert_string_equal(text.text, "half whole");
    assert_false(file_exists(part));
    strbuf_free(&text);
    assert_int_equal(output_file_open(&out, path, &err), DEAR_OK);
    output_file_discard(&out, false);
    assert_false(file_exists(part));
    assert_true(file_exists(path));
    mem_free(path);
    mem_free(part);
}

static void a_full_disk_is_an_error_and_keeps_the_old_file(void **state) {
    (void)state;
    output_file out;
    dear_error err;
    char *path = in_folder("full"), *part = in_folder("full.part");
    assert_int_equal(symlink("/dev/full", part), 0);
    assert_int_equal(output_file_open(&out, path, &err), DEAR_OK);
    fputs("lost", out.stream);
    assert_int_equal(output_file_commit(&out, &err), DEAR_ERROR_IO);
    assert_non_null(strstr(err.message, "No space left"));
    assert_false(file_exists(path));
    mem_free(path);
    mem_free(part);
}

static void folders_are_made_with_their_parents(void **state) {
    (void)state;
    char *path = in_folder("a/b/c");
    dear_error err;
    assert_int_equal(directory_make(path, &err), DEAR_OK);
    assert_int_equal(directory_make(path, &err), DEAR_OK);
    assert_true(file_is_directory(path));
    char *file = write_file("plain", "", 0), *below = path_join(file, "x");
    assert_int_equal(directory_make(below, &err), DEAR_ERROR_IO);
    mem_free(path);
    mem_free(file);
    mem_free(below);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_without_their_ends),
        cmocka_unit_test(gzip_is_read_as_text_and_a_broken_one_is_an_error),
        cmocka_unit_test(reading_stops_at_the_limit),
        cmocka_unit_test(missing_files_and_folders_are_named),
        cmocka_unit_test(output_appears_only_when_committed),
        cmocka_unit_test(a_full_disk_is_an_error_and_keeps_the_old_file),
        cmocka_unit_test(folders_are_made_with_their_parents),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
