#include "report/sections.h"

#include "base/memory.h"
#include "report/label_places.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLOT_HEIGHT = 360 };

/* A system in the plot: seconds a query and nDCG@10. */
typedef struct point {
    const char *label;
    double seconds, value;
    bool is_published;
} point;

/* The points of a data set, and what the axes show. */
typedef struct scatter {
    point *points; ///< [count]
    size_t count, num_published;
    double left, right, bottom, top; ///< log10 of seconds; nDCG@10
} scatter;

static bool is_of(const published_row *row, const study_dataset *set, const char *name) {
    return row->seconds > 0 && strcmp(row->dataset, set->name) == 0 &&
           strcmp(row->measure, name) == 0;
}

static dear_status gather(scatter *out, const study *s, const study_dataset *set,
                          const published *rows, dear_error *err) {
    *out = (scatter){.points = mem_calloc(set->count + rows->count, sizeof *out->points)};
    if (!out->points)
        return error_memory(err);
    for (size_t i = 0; i < set->count; i++) {
        const study_run *r = &set->runs[i];
        if (r->seconds > 0)
            out->points[out->count++] =
                (point){r->label, r->seconds, study_mean(r, STUDY_NDCG_10), false};
    }
    for (size_t i = 0; i < rows->count; i++) {
        const published_row *row = &rows->rows[i];
        if (is_of(row, set, s->measures.specs[STUDY_NDCG_10].name)) {
            out->points[out->count++] = (point){row->system, row->seconds, row->value, true};
            out->num_published++;
        }
    }
    return DEAR_OK;
}

/* Room around the points: for labels at the sides, and so that the axes cover something. */
static void set_ranges(scatter *s) {
    s->left = s->bottom = INFINITY;
    s->right = s->top = -INFINITY;
    for (size_t i = 0; i < s->count; i++) {
        s->left = fmin(s->left, log10(s->points[i].seconds));
        s->right = fmax(s->right, log10(s->points[i].seconds));
        s->bottom = fmin(s->bottom, s->points[i].value);
        s->top = fmax(s->top, s->points[i].value);
    }
    double across = fmax(s->right - s->left, 0.5), up = fmax(s->top - s->bottom, 0.02);
    s->left -= 0.35 * across;
    s->right += 0.35 * across;
    s->bottom -= 0.15 * up;
    s->top += 0.15 * up;
}

static void label_of(char *out, size_t size, const point *of) {
    snprintf(out, size, "%.200s%s", of->label, of->is_published ? " (published)" : "");
}

/* Text is 13 units high and 7 wide a character, in a plot of about 470 by 290. */
static labelled_point *place_labels(const scatter *s) {
    labelled_point *places = mem_calloc(s->count, sizeof *places);
    for (size_t i = 0; i < s->count && places; i++) {
        char label[256];
        label_of(label, sizeof label, &s->points[i]);
        size_t length = strlen(label) < PLOT_LABEL_LENGTH ? strlen(label) : PLOT_LABEL_LENGTH;
        places[i].x = (log10(s->points[i].seconds) - s->left) / (s->right - s->left);
        places[i].y = (s->points[i].value - s->bottom) / (s->top - s->bottom);
        places[i].width = 7.0 * (double)length / 470;
        places[i].height = 15.0 / 290;
    }
    if (places)
        label_places_choose(places, s->count);
    return places;
}

static void add_points(plot *p, const scatter *s, const labelled_point *places) {
    plot_add(p, "$d << EOD\n");
    for (size_t i = 0; i < s->count; i++) {
        const point *of = &s->points[i];
        char label[256];
        label_of(label, sizeof label, of);
        plot_add(p, "%.6g %.4f {%zu} %d %d\n", of->seconds, of->value * 100, plot_label(p, label),
                 of->is_published, (int)places[i].side);
    }
    plot_add(p, "EOD\n");
}

/* Filled circles are measured, open diamonds published; each has its label beside it. */
static void add_drawing(plot *p, const scatter *s) {
    static const char *const offsets[LABEL_SIDES] = {
        [LABEL_RIGHT] = "left offset 1,0",
        [LABEL_LEFT] = "right offset -1,0",
        [LABEL_ABOVE] = "center offset 0,0.8",
        [LABEL_BELOW] = "center offset 0,-0.8",
    };
    plot_add(p,
             "set logscale x\nset xrange [%.6g:%.6g]\nset yrange [%.4f:%.4f]\n"
             "set xlabel 'seconds a query (logarithmic)'\nset ylabel 'nDCG@10 \u00d7 100'\n"
             "set format x '%%g'\nplot "
             "$d using 1:($4 == 1 ? NaN : $2) with points linestyle 1, "
             "$d using 1:($4 == 1 ? $2 : NaN) with points linestyle 4",
             pow(10, s->left), pow(10, s->right), s->bottom * 100, s->top * 100);
    for (int side = 0; side < LABEL_SIDES; side++)
        plot_add(p, ", $d using 1:($5 == %d ? $2 : NaN):3 with labels %s textcolor '#222222'", side,
                 offsets[side]);
    plot_add(p, "\n");
}

static dear_status draw(document *d, const study_dataset *set, const scatter *s, dear_error *err) {
    labelled_point *places = place_labels(s);
    if (!places)
        return error_memory(err);
    plot p = plot_begin(PLOT_HEIGHT);
    add_points(&p, s, places);
    add_drawing(&p, s);
    mem_free(places);
    char title[256], description[256];
    snprintf(title, sizeof title, "%s: effectiveness against time", set->name);
    int length = snprintf(description, sizeof description,
                          "Further up is better, further left faster. Filled circles: %zu measured "
                          "here.",
                          s->count - s->num_published);
    if (s->num_published)
        snprintf(description + length, sizeof description - (size_t)length,
                 " Open diamonds: %zu as published, timed on their authors\u2019 machines.",
                 s->num_published);
    return section_add_plot(d, &p, title, description, err);
}

dear_status section_efficiency(document *d, const study *s, const published *rows,
                               dear_error *err) {
    bool has_heading = false;
    for (size_t i = 0; i < s->count; i++) {
        scatter points;
        TRY(gather(&points, s, &s->datasets[i], rows, err));
        if (points.count && !has_heading)
            document_heading(d, 2, "Effectiveness and time");
        has_heading |= points.count > 0;
        set_ranges(&points);
        dear_status status = points.count ? draw(d, &s->datasets[i], &points, err) : DEAR_OK;
        mem_free(points.points);
        TRY(status);
    }
    return DEAR_OK;
}
