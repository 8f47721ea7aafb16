/*
 * Serves the files of a directory, with its folders, as the hub's model and data set
 * test/model, for tests of the command line:
 *
 *     hub_server DIRECTORY [honest | stall | corrupt]
 *
 * prints its address on standard output and runs until standard input ends.
 */
#define _GNU_SOURCE
#include "support/hub_server.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "hub_server: %s\n", what);
    return 1;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool put_file(hub_server *s, const char *directory, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen(path, "rb");
    if (!stream || fseek(stream, 0, SEEK_END) != 0)
        return false;
    size_t size = (size_t)ftell(stream);
    rewind(stream);
    char *bytes = malloc(size + 1);
    bool read_all = bytes && fread(bytes, 1, size, stream) == size;
    fclose(stream);
    if (read_all)
        hub_server_put(s, name, bytes, size,
                       ends_with(name, ".safetensors") || ends_with(name, ".gz"));
    free(bytes);
    return read_all;
}

static bool put_directory(hub_server *s, const char *root, const char *folder);

static bool put_entry(hub_server *s, const char *root, const char *folder,
                      const struct dirent *entry) {
    char name[512];
    snprintf(name, sizeof name, "%s%s%s", folder, *folder ? "/" : "", entry->d_name);
    return entry->d_type == DT_DIR ? put_directory(s, root, name) : put_file(s, root, name);
}

static bool put_directory(hub_server *s, const char *root, const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, folder);
    DIR *stream = opendir(path);
    bool put = stream != NULL;
    for (struct dirent *entry; put && (entry = readdir(stream));)
        if (entry->d_name[0] != '.')
            put = put_entry(s, root, folder, entry);
    if (stream)
        closedir(stream);
    return put;
}

static bool set_mischief(hub_server *s, const char *name) {
    static const struct {
        const char *name;
        hub_mischief mischief;
    } kinds[] = {{"honest", HUB_HONEST}, {"stall", HUB_STALLS}, {"corrupt", HUB_CORRUPTS}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            hub_server_misbehave(s, kinds[i].mischief);
            return true;
        }
    return false;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3)
        return fail("DIRECTORY [honest | stall | corrupt]");
    hub_server *s = hub_server_start();
    if (!s)
        return fail("no port on 127.0.0.1");
    if (!put_directory(s, argv[1], ""))
        return fail("the directory cannot be read");
    if (argc == 3 && !set_mischief(s, argv[2]))
        return fail("no such mischief");
    puts(hub_server_url(s));
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    hub_server_stop(s);
    return 0;
}
