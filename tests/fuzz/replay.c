/*
 * Runs a fuzz target without libFuzzer, so that every build holds the corpus to it: over each file
 * named on the command line (a folder stands for its files), and over what simple damage makes of
 * it: cut short, bytes flipped, a piece doubled. The damage is the same in every run.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST_INPUT = 1 << 20, CUTS = 32, FLIPS = 96, DOUBLINGS = 16 };

static size_t num_inputs;

/* In a block of exactly its size, so that a sanitizer sees the first byte read past the end. */
static void run_input(const uint8_t *data, size_t size) {
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    num_inputs++;
}

/* Numerical Recipes' 32-bit linear congruential generator; the high bits are the better ones. */
static size_t next_below(uint32_t *state, size_t bound) {
    *state = *state * 1664525u + 1013904223u;
    return (size_t)(((uint64_t)(*state) * bound) >> 32);
}

static void run_damaged(const uint8_t *data, size_t size) {
    static uint8_t damaged[2 * LARGEST_INPUT];
    uint32_t random = (uint32_t)size;
    for (size_t i = 0; i < CUTS; i++)
        run_input(data, size * i / CUTS);
    for (size_t i = 0; i < FLIPS; i++) {
        memcpy(damaged, data, size);
        damaged[next_below(&random, size)] ^= (uint8_t)(1u << next_below(&random, 8));
        if (i % 2)
            damaged[next_below(&random, size)] = (uint8_t)next_below(&random, 256);
        run_input(damaged, size);
    }
    for (size_t i = 0; i < DOUBLINGS; i++) {
        size_t begin = next_below(&random, size);
        size_t length = 1 + next_below(&random, size - begin);
        memcpy(damaged, data, begin + length);
        memcpy(damaged + begin + length, data + begin, size - begin);
        run_input(damaged, size + length);
    }
}

static int replay_file(const char *path) {
    static uint8_t data[LARGEST_INPUT];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    run_input(data, size);
    if (size)
        run_damaged(data, size);
    return 0;
}

static int replay(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return replay_file(path);
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    int failed = count < 0;
    for (int i = 0; i < count; i++) {
        char inside[4096];
        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            failed |= replay(inside);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return failed;
}

int main(int argc, char **argv) {
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    if (num_inputs == 0) {
        fprintf(stderr, "%s: no input to replay\n", argv[0]);
        return 1;
    }
    printf("%zu inputs\n", num_inputs);
    return failed;
}
