#include "report/study.h"

#include "base/memory.h"
#include "eval/datasets.h"
#include "eval/result_paths.h"
#include "rank/hits_format.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *title, *name;
} measures[STUDY_MEASURES] = {
    [STUDY_NDCG_1] = {"nDCG@1", "ndcg_cut.1"},    [STUDY_NDCG_5] = {"nDCG@5", "ndcg_cut.5"},
    [STUDY_NDCG_10] = {"nDCG@10", "ndcg_cut.10"}, [STUDY_MAP] = {"MAP", "map"},
    [STUDY_MRR] = {"MRR", "recip_rank"},
};

const char *study_measure_title(study_measure m) {
    return measures[m].title;
}

dear_status study_begin(study *s, dear_error *err) {
    *s = (study){0};
    for (size_t m = 0; m < STUDY_MEASURES; m++) {
        dear_status status = measure_list_add(&s->measures, measures[m].name, err);
        if (status != DEAR_OK) {
            study_free(s);
            return status;
        }
    }
    return DEAR_OK;
}

static void run_free(study_run *r) {
    mem_free(r->label);
    mem_free(r->path);
    evaluation_free(&r->measured);
    hit_set_free(&r->hits);
    result_free(&r->about);
}

static void dataset_free(study_dataset *set) {
    for (size_t i = 0; i < set->count; i++)
        run_free(&set->runs[i]);
    mem_free(set->runs);
    mem_free(set->name);
    mem_free(set->qrels_path);
    mem_free(set->topics_path);
    qrels_free(&set->judged);
}

void study_free(study *s) {
    for (size_t i = 0; i < s->count; i++)
        dataset_free(&s->datasets[i]);
    mem_free(s->datasets);
    mem_free(s->baseline);
    measure_list_free(&s->measures);
    *s = (study){0};
}

static study_dataset *find_dataset(const study *s, const char *name) {
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->datasets[i].name, name) == 0)
            return &s->datasets[i];
    return NULL;
}

const study_run *study_find_run(const study_dataset *set, const char *label) {
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->runs[i].label, label) == 0)
            return &set->runs[i];
    return NULL;
}

const study_run *study_baseline(const study *s, const study_dataset *set) {
    return study_find_run(set, s->baseline);
}

/* The topics of a known data set when they are here: a report without the queries' texts is one. */
static dear_status find_topics(char **out, const char *name, dear_error *err) {
    dataset_catalogue catalogue;
    TRY(dataset_catalogue_read(&catalogue, err));
    const dataset_entry *set = dataset_find(&catalogue, name);
    dear_status status = set ? dataset_here(out, set, DATASET_TOPICS, err) : DEAR_OK;
    dataset_catalogue_free(&catalogue);
    return status;
}

static dear_status fill_dataset(study_dataset *set, const char *name, const char *qrels_path,
                                dear_error *err) {
    set->name = mem_strdup(name);
    set->qrels_path = qrels_path ? mem_strdup(qrels_path) : NULL;
    if (!set->name || (qrels_path && !set->qrels_path))
        return error_memory(err);
    if (!qrels_path)
        TRY(dataset_path(&set->qrels_path, name, DATASET_QRELS, err));
    if (dataset_known(name))
        TRY(find_topics(&set->topics_path, name, err));
    TRY(sha256_file(set->qrels_sha256, set->qrels_path, err));
    return qrels_read(&set->judged, set->qrels_path, err);
}

/* `qrels_path` NULL: those of the known data set. */
static dear_status add_dataset(study *s, const char *name, const char *qrels_path,
                               dear_error *err) {
    if (find_dataset(s, name))
        return error_set(err, DEAR_ERROR_INPUT, "data set \"%s\" is given twice", name);
    if (!mem_grow((void **)&s->datasets, &s->capacity, s->count, sizeof *s->datasets))
        return error_memory(err);
    study_dataset set = {0};
    dear_status status = fill_dataset(&set, name, qrels_path, err);
    if (status == DEAR_OK)
        s->datasets[s->count++] = set;
    else
        dataset_free(&set);
    return status;
}

dear_status study_add_dataset(study *s, const char *text, dear_error *err) {
    const char *equals = strchr(text, '=');
    if (!equals)
        return add_dataset(s, text, NULL, err);
    if (equals == text || !equals[1])
        return error_set(err, DEAR_ERROR_INPUT, "data set \"%s\": NAME=QRELS is expected", text);
    char *name = mem_strndup(text, (size_t)(equals - text));
    dear_status status = name ? add_dataset(s, name, equals + 1, err) : error_memory(err);
    mem_free(name);
    return status;
}

/* `sha256` NULL: the run may be any. */
static dear_status fill_run(study_run *r, const study_dataset *set, const char *label,
                            const char *path, const char *sha256, dear_error *err) {
    r->label = mem_strdup(label);
    r->path = mem_strdup(path);
    if (!r->label || !r->path)
        return error_memory(err);
    TRY(sha256_file(r->sha256, path, err));
    if (sha256 && strcmp(r->sha256, sha256) != 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s is another run now than when it was measured",
                         path);
    hits_input input = {.path = path, .queries_path = set->topics_path};
    return hits_read(&r->hits, &input, err);
}

static dear_status add_run(study_dataset *set, const char *label, const char *path,
                           const char *sha256, dear_error *err) {
    if (study_find_run(set, label))
        return error_set(err, DEAR_ERROR_INPUT, "%s: data set \"%s\" has a run \"%s\" already",
                         path, set->name, label);
    if (!mem_grow((void **)&set->runs, &set->capacity, set->count, sizeof *set->runs))
        return error_memory(err);
    study_run run = {.seconds = NAN, .about = result_defaults()};
    dear_status status = fill_run(&run, set, label, path, sha256, err);
    if (status == DEAR_OK)
        set->runs[set->count++] = run;
    else
        run_free(&run);
    return status;
}

dear_status study_add_run(study *s, const char *label, const char *path, dear_error *err) {
    if (s->count == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: no data set is given before this run", path);
    return add_run(&s->datasets[s->count - 1], label, path, NULL, err);
}

/* A result that does not name its data set is of one called after its judgments. */
static dear_status dataset_of_result(study_dataset **out, study *s, const result *about,
                                     const char *path, dear_error *err) {
    const char *name = about->dataset ? about->dataset : about->qrels_path;
    if (!name)
        return error_set(err, DEAR_ERROR_INPUT, "%s: neither dataset nor qrels is named", path);
    if (!(*out = find_dataset(s, name))) {
        char *qrels_path = about->qrels_path ? result_file_path(path, about->qrels_path) : NULL;
        dear_status status = about->qrels_path && !qrels_path
                                 ? error_memory(err)
                                 : add_dataset(s, name, qrels_path, err);
        mem_free(qrels_path);
        if (status != DEAR_OK)
            return error_prefix(err, "%s", path);
        *out = &s->datasets[s->count - 1];
    }
    if (about->qrels_sha256 && strcmp(about->qrels_sha256, (*out)->qrels_sha256) != 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: was measured by other judgments than %s", path,
                         (*out)->qrels_path);
    return DEAR_OK;
}

static dear_status add_result_run(study_dataset *set, const result *about, const char *path,
                                  dear_error *err) {
    const char *label = about->name     ? about->name
                        : about->model  ? about->model
                        : about->method ? about->method
                                        : path;
    char *run_path = result_file_path(path, about->run_path);
    if (!run_path)
        return error_memory(err);
    dear_status status = add_run(set, label, run_path, about->run_sha256, err);
    if (status == DEAR_ERROR_INPUT)
        error_prefix(err, "%s", path);
    mem_free(run_path);
    return status;
}

dear_status study_add_result(study *s, const char *path, dear_error *err) {
    result about;
    TRY(result_read(&about, path, err));
    study_dataset *set = NULL;
    dear_status status = about.run_path
                             ? dataset_of_result(&set, s, &about, path, err)
                             : error_set(err, DEAR_ERROR_INPUT, "%s: names no run", path);
    if (status == DEAR_OK)
        status = add_result_run(set, &about, path, err);
    if (status != DEAR_OK) {
        result_free(&about);
        return status;
    }
    study_run *run = &set->runs[set->count - 1];
    run->seconds = about.seconds_per_query;
    run->about = about;
    return DEAR_OK;
}

dear_status study_set_seconds(study *s, const char *label, double seconds, dear_error *err) {
    study_dataset *set = s->count ? &s->datasets[s->count - 1] : NULL;
    for (size_t i = 0; set && i < set->count; i++)
        if (strcmp(set->runs[i].label, label) == 0) {
            set->runs[i].seconds = seconds;
            return DEAR_OK;
        }
    return error_set(err, DEAR_ERROR_INPUT, "seconds of \"%s\": no such run before", label);
}

static bool is_listed(const char *const *labels, size_t count, const char *label) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(labels[i], label) == 0)
            return true;
    return false;
}

const char **study_labels(const study *s, size_t *count) {
    size_t runs = 0;
    for (size_t d = 0; d < s->count; d++)
        runs += s->datasets[d].count;
    const char **labels = mem_calloc(runs, sizeof *labels);
    *count = 0;
    for (size_t d = 0; d < s->count && labels; d++)
        for (size_t i = 0; i < s->datasets[d].count; i++)
            if (!is_listed(labels, *count, s->datasets[d].runs[i].label))
                labels[(*count)++] = s->datasets[d].runs[i].label;
    return labels;
}

double study_value(const study_run *r, size_t query, study_measure m) {
    return r->measured.values[query * r->measured.num_measures + m];
}

double study_mean(const study_run *r, study_measure m) {
    return r->measured.all[m];
}
