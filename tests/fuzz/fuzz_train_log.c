/* A training's log: read whole, and cut back to go on from a step. */
#define _GNU_SOURCE
#include "base/memory.h"
#include "memory_file.h"
#include "train/train_log.h"

#include <math.h>

static size_t check_entries(const char *path, bool *whole) {
    train_log_entry *entries;
    size_t count;
    dear_error err = {0};
    *whole = train_log_read(&entries, &count, path, &err) == DEAR_OK;
    if (!*whole && (entries || count || !err.message[0]))
        abort();
    for (size_t i = 0; i < count; i++)
        if (entries[i].step < 0 || (i && entries[i].step < entries[i - 1].step) ||
            isinf(entries[i].loss) || isinf(entries[i].validation))
            abort();
    mem_free(entries);
    return count;
}

/* After going on from `step` and one more line, all is a log again. */
static void go_on(const char *path, int64_t step, size_t before) {
    train_log *log;
    dear_error err = {0};
    bool whole;
    train_log_entry next = {.step = step + 1, .loss = 1, .validation = NAN};
    if (train_log_open(&log, path, step, &err) != DEAR_OK) {
        if (log || !err.message[0])
            abort();
        return;
    }
    if (train_log_add(log, &next, &err) != DEAR_OK)
        abort();
    train_log_close(log);
    if (check_entries(path, &whole) > before + 1 || !whole)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    bool whole;
    size_t count = check_entries(file.path, &whole);
    go_on(file.path, 20, whole ? count : SIZE_MAX - 1);
    close(file.fd);
    return 0;
}
