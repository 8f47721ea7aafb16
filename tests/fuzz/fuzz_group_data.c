/* Groups to train on: reading them whole and drawing from them. */
#define _GNU_SOURCE
#include "memory_file.h"
#include "rank/utf8_text.h"
#include "train/group_data.h"

#include <math.h>
#include <string.h>

static void check_text(const char *text) {
    if (!text || !utf8_valid(text, strlen(text)))
        abort();
}

static void check_group(const training_group *g, const group_data_options *options) {
    size_t count = g->num_positives + g->num_negatives;
    if (g->num_positives < 1 || g->num_negatives < 1 || g->num_drawn != options->group_size)
        abort();
    check_text(g->query_id);
    check_text(g->query);
    for (size_t i = 0; i < count; i++) {
        check_text(g->passages[i].docid);
        check_text(g->passages[i].title);
        check_text(g->passages[i].text);
        if (isinf(g->passages[i].teacher_score) ||
            (options->need_teacher && isnan(g->passages[i].teacher_score)))
            abort();
    }
    for (size_t i = 0; i < g->num_drawn; i++)
        if (g->drawn[i] >= count || (g->drawn[i] < g->num_positives) != (i == 0))
            abort();
}

static void read_all(const char *path, const group_data_options *options) {
    group_data *data;
    dear_error err = {0};
    if (group_data_open(&data, &path, 1, options, &err) != DEAR_OK) {
        if (data || !err.message[0])
            abort();
        return;
    }
    for (size_t i = 0; i < group_data_groups(data); i++) {
        training_group g;
        if (group_data_read(data, 1, i, &g, &err) != DEAR_OK)
            abort();
        check_group(&g, options);
        training_group_free(&g);
    }
    group_data_close(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const group_data_options options[] = {
        {.group_size = 0}, {.group_size = 5, .seed = 1}, {.group_size = 3, .need_teacher = true}};
    memory_file file = memory_file_make(data, size);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        read_all(file.path, &options[i]);
    close(file.fd);
    return 0;
}
