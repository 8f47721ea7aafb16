#include "golden/golden.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "train/losses.h"

#include <math.h>
#include <string.h>

/* The errors of one loss over all its cases. */
typedef struct loss_errors {
    double value;    ///< relative
    double gradient; ///< of the largest magnitude
} loss_errors;

static void widen(double *to, const float *from, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

/* Numbers of an array of arrays, end to end, as float32; the caller frees them. */
static float *flatten(const json_t *rows, size_t n) {
    size_t groups = json_array_size(rows), count;
    float *flat = mem_calloc(groups * n, sizeof *flat);
    for (size_t g = 0; g < groups; g++) {
        double *row = golden_numbers(json_array_get(rows, g), &count);
        for (size_t i = 0; i < n; i++)
            flat[g * n + i] = (float)row[i];
        mem_free(row);
    }
    return flat;
}

/* Group by group, as training computes a batch. */
static double batch_loss(const training_loss *loss, const float *scores, const float *teacher,
                         size_t n, size_t groups, float *gradient) {
    double sum = 0;
    for (size_t first = 0; first < groups * n; first += n)
        sum += training_loss_group(loss, scores + first, teacher + first, (int)n, (int64_t)groups,
                                   gradient + first);
    return sum;
}

static void note(double *largest, double error) {
    if (!(error <= *largest))
        *largest = error;
}

static void run_case(const training_loss *loss, const json_t *c, loss_errors *errors) {
    const json_t *rows = json_object_get(c, "scores");
    size_t groups = json_array_size(rows), n = json_array_size(json_array_get(rows, 0));
    size_t count = groups * n;
    float *scores = flatten(rows, n), *teacher = flatten(json_object_get(c, "teacher"), n);
    float *expected = flatten(json_object_get(c, "grad"), n), *got = flatten(rows, n);
    double *wide = mem_calloc(2 * count, sizeof *wide);
    double value = batch_loss(loss, scores, teacher, n, groups, got);
    double wanted = json_number_value(json_object_get(c, "value"));
    widen(wide, expected, count);
    widen(wide + count, got, count);
    note(&errors->value, fabs(value - wanted) / fabs(wanted));
    note(&errors->gradient, golden_error(wide, wide + count, count));
    mem_free(scores);
    mem_free(teacher);
    mem_free(expected);
    mem_free(got);
    mem_free(wide);
}

static void compare_loss(golden *g, const json_t *cases, const char *name,
                         const training_loss *loss, const char *path) {
    loss_errors errors = {0};
    size_t found = 0, i;
    const json_t *c;
    json_array_foreach(cases, i, c) {
        if (strcmp(json_string_value(json_object_get(c, "loss")), name) != 0)
            continue;
        run_case(loss, c, &errors);
        found++;
    }
    strbuf title = {0};
    strbuf_printf(&title, "%s %s", path, name);
    if (found) {
        golden_check(g, title.text, "value", errors.value, 1e-5);
        golden_check(g, title.text, "gradient", errors.gradient, 1e-5);
    } else {
        golden_fail(g, title.text, "has no case");
    }
    strbuf_free(&title);
}

void golden_losses(golden *g, const char *directory) {
    dear_error err;
    json_t *cases;
    training_loss loss;
    char *path = path_join(directory, "losses.json");
    if (json_read_file(&cases, path, 64 << 20, &err) != DEAR_OK) {
        golden_fail(g, path, err.message);
        mem_free(path);
        return;
    }
    for (const ranking_loss *l = ranking_losses; l->name; l++)
        if (training_loss_make(&loss, l->name, 0, 1, &err) == DEAR_OK)
            compare_loss(g, cases, l->name, &loss, path);
        else
            golden_fail(g, l->name, err.message);
    if (training_loss_make(&loss, "softmax_ce", 1, 2, &err) == DEAR_OK)
        compare_loss(g, cases, "kl", &loss, path);
    else
        golden_fail(g, "kl", err.message);
    json_decref(cases);
    mem_free(path);
}
