/* Result files: what can be read can be written, and comes back the same. */
#define _GNU_SOURCE
#include "eval/result.h"
#include "memory_file.h"

#include <string.h>

static void check_round_trip(const result *r) {
    char folder[] = "/tmp/dear-fuzz-XXXXXX", path[64];
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/result.json", folder);
    result back;
    if (result_write(r, path, NULL) != DEAR_OK || result_read(&back, path, NULL) != DEAR_OK)
        abort();
    bool responses_agree =
        !r->responses ? !back.responses : json_equal(r->responses, back.responses);
    if (strcmp(back.run_path, r->run_path) != 0 || back.num_measures != r->num_measures ||
        back.num_queries != r->num_queries || !responses_agree)
        abort();
    result_free(&back);
    unlink(path);
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    result r;
    dear_error err = {0};
    if (result_read(&r, file.path, &err) == DEAR_OK)
        check_round_trip(&r);
    else if (!err.message[0] || r.run_path)
        abort();
    result_free(&r);
    close(file.fd);
    return 0;
}
