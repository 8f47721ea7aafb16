#include "train/group_data.h"

#include "base/memory.h"
#include "base/progress.h"
#include "train/line_file.h"

struct group_data {
    group_data_options options;
    line_file *files; ///< [num_files]
    size_t num_files;
    size_t num_groups;
    uint32_t *order; ///< [num_groups], of `epoch`; NULL before the first
    uint64_t epoch;
    strbuf line, where; ///< of the group in hand
};

/* Random numbers of their own for each purpose in each epoch. */
static random_source random_for(const group_data *data, uint64_t epoch, uint64_t purpose) {
    random_source of_seed = random_from_seed(data->options.seed);
    random_source of_epoch = random_from_seed(random_bits(&of_seed) + epoch);
    return random_from_seed(random_bits(&of_epoch) + purpose);
}

/* Purposes: the order is 0, the draw of group i is 1 + i. */
static random_source random_for_order(const group_data *data, uint64_t epoch) {
    return random_for(data, epoch, 0);
}

static random_source random_for_draw(const group_data *data, uint64_t epoch, size_t group) {
    return random_for(data, epoch, 1 + (uint64_t)group);
}

/* Reads group `index` in the files' order, without a draw. */
static dear_status read_group(group_data *data, size_t index, training_group *out,
                              dear_error *err) {
    const line_file *f = data->files;
    while (index >= f->count)
        index -= f++->count;
    TRY(line_file_read(f, index, &data->line, err));
    strbuf_clear(&data->where);
    if (!strbuf_printf(&data->where, "%s:%lld", f->path, (long long)f->lines[index].number))
        return error_memory(err);
    return training_group_parse(out, data->line.text, data->line.length, data->options.need_teacher,
                                data->where.text, err);
}

static dear_status check_groups(group_data *data, progress *bar, dear_error *err) {
    for (size_t i = 0; i < data->num_groups; i++) {
        training_group group;
        TRY(read_group(data, i, &group, err));
        training_group_free(&group);
        progress_update(bar, (double)(i + 1));
    }
    return DEAR_OK;
}

static dear_status open_files(group_data *data, const char *const *paths, size_t count,
                              dear_error *err) {
    data->files = mem_calloc(count, sizeof *data->files);
    if (!data->files)
        return error_memory(err);
    for (size_t i = 0; i < count; i++) {
        TRY(line_file_open(&data->files[i], paths[i], err));
        data->num_files++;
        data->num_groups += data->files[i].count;
    }
    if (data->num_groups == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: holds no groups to train on",
                         count ? paths[0] : "no file");
    if (data->num_groups > UINT32_MAX)
        return error_set(err, DEAR_ERROR_UNSUPPORTED, "%s: more than %u groups", paths[0],
                         UINT32_MAX);
    return DEAR_OK;
}

dear_status group_data_open(group_data **out, const char *const *paths, size_t count,
                            const group_data_options *options, dear_error *err) {
    *out = NULL;
    group_data *data = mem_calloc(1, sizeof *data);
    if (!data)
        return error_memory(err);
    data->options = *options;
    dear_status status = open_files(data, paths, count, err);
    progress bar;
    progress_start(&bar, options->progress, "checking data", "groups", (double)data->num_groups);
    if (status == DEAR_OK)
        status = check_groups(data, &bar, err);
    progress_finish(&bar);
    if (status == DEAR_OK)
        *out = data;
    else
        group_data_close(data);
    return status;
}

size_t group_data_groups(const group_data *data) {
    return data->num_groups;
}

/* Fisher and Yates' shuffle of all groups. */
static dear_status shuffle(group_data *data, uint64_t epoch, dear_error *err) {
    if (!data->order)
        data->order = mem_calloc(data->num_groups, sizeof *data->order);
    if (!data->order)
        return error_memory(err);
    random_source random = random_for_order(data, epoch);
    for (size_t i = 0; i < data->num_groups; i++) {
        size_t place = random_below(&random, i + 1);
        data->order[i] = data->order[place];
        data->order[place] = (uint32_t)i;
    }
    data->epoch = epoch;
    return DEAR_OK;
}

static dear_status read_drawn(group_data *data, uint64_t epoch, size_t index, training_group *out,
                              dear_error *err) {
    random_source random = random_for_draw(data, epoch, index);
    TRY(read_group(data, index, out, err));
    dear_status status = training_group_draw(out, data->options.group_size,
                                             data->options.first ? NULL : &random, err);
    if (status != DEAR_OK)
        training_group_free(out);
    return status;
}

dear_status group_data_read(group_data *data, uint64_t epoch, size_t position, training_group *out,
                            dear_error *err) {
    *out = (training_group){0};
    if (data->options.group_size == 0)
        return read_group(data, position, out, err);
    if (!data->order || data->epoch != epoch)
        TRY(shuffle(data, epoch, err));
    return read_drawn(data, epoch, data->order[position], out, err);
}

void group_data_close(group_data *data) {
    if (!data)
        return;
    for (size_t i = 0; i < data->num_files; i++)
        line_file_close(&data->files[i]);
    mem_free(data->files);
    mem_free(data->order);
    strbuf_free(&data->line);
    strbuf_free(&data->where);
    mem_free(data);
}
