#include "report/leaderboard.h"

#include "base/memory.h"
#include "base/strbuf.h"
#include "eval/datasets.h"
#include "eval/evaluation.h"
#include "eval/result_paths.h"
#include "model/sha256.h"
#include "rank/hits_format.h"

#include <math.h>
#include <string.h>

static const double four_digits = 0.5e-4 + 1e-12;

/* A file that a result speaks of: it must be there and have that digest, if one is given. */
static dear_status check_file(const char *what, const char *path, const char *sha256,
                              dear_error *err) {
    char now[SHA256_HEX + 1];
    TRY(sha256_file(now, path, err));
    if (sha256 && strcmp(now, sha256) != 0)
        return error_set(err, DEAR_ERROR_INPUT,
                         "%s is another file now: its SHA-256 is %.12s\u2026", what, now);
    return DEAR_OK;
}

/* The judgments: the file that the result names, else those of its data set. */
static dear_status find_qrels(char **out, const result *about, const char *path, dear_error *err) {
    *out = NULL;
    if (about->qrels_path) {
        *out = result_file_path(path, about->qrels_path);
        return *out ? DEAR_OK : error_memory(err);
    }
    if (!about->dataset)
        return error_set(err, DEAR_ERROR_INPUT, "it names neither judgments nor a data set");
    return dataset_path(out, about->dataset, DATASET_QRELS, err);
}

/* Adds the measure that prints as `name`: "ndcg_cut_10" is asked for as "ndcg_cut.10", and which
 * "_" stands for the "." only the measures know. */
static dear_status add_measure(measure_list *list, const char *name, dear_error *err) {
    char text[MEASURE_NAME_SIZE];
    size_t length = strlen(name), dot = length < sizeof text ? length : 0;
    while (dot > 0) {
        measure_list alone = {0};
        memcpy(text, name, length + 1);
        if (dot < length)
            text[dot] = '.';
        dear_status status = measure_list_add(&alone, text, err);
        bool is_it =
            status == DEAR_OK && alone.count == 1 && strcmp(alone.specs[0].name, name) == 0;
        measure_list_free(&alone);
        if (is_it)
            return measure_list_add(list, text, err);
        if (status == DEAR_ERROR_MEMORY)
            return status;
        do
            dot--;
        while (dot > 0 && name[dot] != '_');
    }
    return error_set(err, DEAR_ERROR_INPUT, "it has a measure \"%s\", which is not known here",
                     name);
}

static dear_status add_measures(measure_list *list, const result *about, dear_error *err) {
    for (size_t i = 0; i < about->num_measures; i++)
        TRY(add_measure(list, about->measures[i].name, err));
    return DEAR_OK;
}

static dear_status compare_measures(const evaluation *e, const measure_list *list,
                                    const result *about, dear_error *err) {
    for (size_t m = 0; m < e->num_measures; m++) {
        double said = result_get_measure(about, list->specs[m].name);
        if (!(fabs(said - e->all[m]) <= four_digits))
            return error_set(err, DEAR_ERROR_INPUT, "%s is %.4f, not %.4f", list->specs[m].name,
                             e->all[m], said);
    }
    return DEAR_OK;
}

static dear_status evaluate_files(const char *qrels_path, const char *run_path,
                                  const measure_list *list, const result *about, dear_error *err) {
    qrels judged = {0};
    hit_set run = {0};
    evaluation e = {0};
    hits_input input = {.path = run_path};
    dear_status status = qrels_read(&judged, qrels_path, err);
    if (status == DEAR_OK)
        status = hits_read(&run, &input, err);
    if (status == DEAR_OK)
        status = evaluate(&e, &judged, &run, list, NULL, err);
    if (status == DEAR_OK)
        status = compare_measures(&e, list, about, err);
    evaluation_free(&e);
    hit_set_free(&run);
    qrels_free(&judged);
    return status;
}

static dear_status measure_again(const result *about, const char *qrels_path, const char *run_path,
                                 dear_error *err) {
    measure_list list = {0};
    dear_status status = add_measures(&list, about, err);
    if (status == DEAR_OK && list.count == 0)
        status = error_set(err, DEAR_ERROR_INPUT, "it has no measures");
    if (status == DEAR_OK)
        status = evaluate_files(qrels_path, run_path, &list, about, err);
    measure_list_free(&list);
    return status;
}

static dear_status check_run(const result *about, const char *path, const char *run_path,
                             dear_error *err) {
    TRY(check_file("the run", run_path, about->run_sha256, err));
    char *qrels_path;
    TRY(find_qrels(&qrels_path, about, path, err));
    dear_status status = check_file("the file of judgments", qrels_path, about->qrels_sha256, err);
    if (status == DEAR_OK)
        status = measure_again(about, qrels_path, run_path, err);
    mem_free(qrels_path);
    return status;
}

static dear_status check(const result *about, const char *path, dear_error *err) {
    if (!about->run_path)
        return error_set(err, DEAR_ERROR_INPUT, "it names no run");
    char *run_path = result_file_path(path, about->run_path);
    if (!run_path)
        return error_memory(err);
    dear_status status = check_run(about, path, run_path, err);
    mem_free(run_path);
    return status;
}

dear_status leaderboard_check(char **doubt, const result *about, const char *path,
                              dear_error *err) {
    *doubt = NULL;
    dear_error why;
    dear_status status = check(about, path, &why);
    if (status == DEAR_OK)
        return DEAR_OK;
    if (status == DEAR_ERROR_MEMORY || !(*doubt = mem_strdup(why.message)))
        return error_memory(err);
    return DEAR_OK;
}
