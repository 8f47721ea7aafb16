#include "train/train_curve.h"

#include "base/file.h"
#include "base/memory.h"
#include "report/plot.h"
#include "train/train_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_POINTS = 300 }; /* about two units of the drawing's width each */

typedef double entry_value(const train_log_entry *entry);

static double loss_of(const train_log_entry *entry) {
    return entry->loss;
}

static double validation_of(const train_log_entry *entry) {
    return entry->validation;
}

/* The mean of a stretch's finite values, at their mean step; false when it has none. */
static bool mean_of(const train_log_entry *entries, size_t count, entry_value *value, double *step,
                    double *mean) {
    double steps = 0, sum = 0, n = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(value(&entries[i]))) {
            steps += (double)entries[i].step;
            sum += value(&entries[i]);
            n++;
        }
    *step = steps / n;
    *mean = sum / n;
    return n > 0;
}

/* Adds a data block; returns how many points it has. */
static size_t add_points(plot *p, const char *name, const train_log_entry *entries, size_t count,
                         entry_value *value) {
    size_t stretch = count / MAX_POINTS + 1, points = 0;
    plot_add(p, "$%s << EOD\n", name);
    for (size_t i = 0; i < count; i += stretch) {
        double step, mean;
        if (!mean_of(entries + i, count - i < stretch ? count - i : stretch, value, &step, &mean))
            continue;
        plot_add(p, "%.9g %.9g\n", step, mean);
        points++;
    }
    plot_add(p, "EOD\n");
    return points;
}

/* Each curve has its axis, and says beside it which line it is. */
static void add_curves(plot *p, bool validated) {
    static const char loss[] = "set xlabel 'step'\nset ylabel 'loss (line)'\n";
    static const char validation[] = "set border 11\nset ytics nomirror\nset y2tics\n"
                                     "set y2label 'validation (triangles, dashed)'\n";
    plot_add(p, "%s%s", loss, validated ? validation : "");
    plot_add(p, "plot $loss using 1:2 with lines linestyle 1");
    if (validated)
        plot_add(p, ", $validation using 1:2 axes x1y2 with linespoints linestyle 2");
    plot_add(p, "\n");
}

static dear_status draw_entries(char **svg, const train_log_entry *entries, size_t count,
                                const char *log_path, dear_error *err) {
    plot p = plot_begin(340);
    size_t losses = add_points(&p, "loss", entries, count, loss_of);
    add_curves(&p, add_points(&p, "validation", entries, count, validation_of) > 0);
    dear_status status = DEAR_OK;
    if (losses == 0)
        status = error_set(err, DEAR_ERROR_INPUT, "%s: holds no loss to draw", log_path);
    else
        status =
            plot_draw(svg, &p, "training", "Training", "Loss and validation over the steps.", err);
    plot_free(&p);
    return status;
}

static dear_status write_svg(const char *svg, const char *path, dear_error *err) {
    output_file out;
    TRY(output_file_open(&out, path, err));
    dear_status status = output_file_write(&out, svg, strlen(svg), err);
    if (status == DEAR_OK)
        return output_file_commit(&out, err);
    output_file_discard(&out, false);
    return status;
}

dear_status train_curve_draw(const char *log_path, const char *svg_path, dear_error *err) {
    train_log_entry *entries;
    size_t count;
    char *svg = NULL;
    TRY(train_log_read(&entries, &count, log_path, err));
    dear_status status = draw_entries(&svg, entries, count, log_path, err);
    if (status == DEAR_OK)
        status = write_svg(svg, svg_path, err);
    mem_free(entries);
    mem_free(svg);
    return status;
}
