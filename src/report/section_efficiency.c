#include "report/sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A system in the plot: seconds a query and nDCG@10. */
typedef struct point {
    const char *label;
    double seconds, value;
} point;

static bool of_run(point *out, const study_run *r) {
    *out = (point){r->label, r->seconds, study_mean(r, STUDY_NDCG_10)};
    return r->seconds > 0;
}

static bool of_row(point *out, const published_row *row, const study_dataset *set,
                   const char *name) {
    *out = (point){row->system, row->seconds, row->value};
    return row->seconds > 0 && strcmp(row->dataset, set->name) == 0 &&
           strcmp(row->measure, name) == 0;
}

static void add_point(plot *p, const point *of, const char *suffix) {
    char label[256];
    snprintf(label, sizeof label, "%.200s%s", of->label, suffix);
    plot_add(p, "%.6g %.4f {%zu}\n", of->seconds, of->value * 100, plot_label(p, label));
}

static size_t add_measured(plot *p, const study_dataset *set) {
    size_t n = 0;
    point of;
    plot_add(p, "$measured << EOD\n");
    for (size_t i = 0; i < set->count; i++)
        if (of_run(&of, &set->runs[i]) && ++n)
            add_point(p, &of, "");
    plot_add(p, "EOD\n");
    return n;
}

static size_t add_published(plot *p, const study *s, const study_dataset *set,
                            const published *rows) {
    size_t n = 0;
    point of;
    plot_add(p, "$published << EOD\n");
    for (size_t i = 0; i < rows->count; i++)
        if (of_row(&of, &rows->rows[i], set, s->measures.specs[STUDY_NDCG_10].name) && ++n)
            add_point(p, &of, " (published)");
    plot_add(p, "EOD\n");
    return n;
}

/* Filled circles are measured, open diamonds published; each has its label beside it. */
static const char drawing[] =
    "set logscale x\nset offsets graph 0.1, graph 0.45, graph 0.12, graph 0.08\n"
    "set xlabel 'seconds a query (logarithmic)'\nset ylabel 'nDCG@10 \u00d7 100'\n"
    "set format x '%g'\nplot";
static const char series[] = "%s $%s using 1:2 with points linestyle %d, $%s using 1:2:3 with "
                             "labels left offset 0.8,0 textcolor '#222222'";

static dear_status draw_dataset(document *d, const study *s, const study_dataset *set,
                                const published *rows, dear_error *err) {
    plot p = plot_begin(340);
    size_t measured = add_measured(&p, set), others = add_published(&p, s, set, rows);
    if (measured + others == 0) {
        plot_free(&p);
        return DEAR_OK;
    }
    plot_add(&p, "%s", drawing);
    if (measured)
        plot_add(&p, series, "", "measured", 1, "measured");
    if (others)
        plot_add(&p, series, measured ? "," : "", "published", 4, "published");
    plot_add(&p, "\n");
    char title[256], description[256];
    snprintf(title, sizeof title, "%s: effectiveness against time", set->name);
    int length = snprintf(description, sizeof description,
                          "Further up is better, further left faster. Filled circles: %zu measured "
                          "here.",
                          measured);
    if (others)
        snprintf(description + length, sizeof description - (size_t)length,
                 " Open diamonds: %zu as published, timed on their authors\u2019 machines.",
                 others);
    return section_add_plot(d, &p, title, description, err);
}

static bool is_timed(const study *s, const published *rows) {
    point of;
    for (size_t i = 0; i < s->count; i++) {
        for (size_t r = 0; r < s->datasets[i].count; r++)
            if (of_run(&of, &s->datasets[i].runs[r]))
                return true;
        for (size_t r = 0; r < rows->count; r++)
            if (of_row(&of, &rows->rows[r], &s->datasets[i], s->measures.specs[STUDY_NDCG_10].name))
                return true;
    }
    return false;
}

dear_status section_efficiency(document *d, const study *s, const published *rows,
                               dear_error *err) {
    if (!is_timed(s, rows))
        return DEAR_OK;
    document_heading(d, 2, "Effectiveness and time");
    for (size_t i = 0; i < s->count; i++)
        TRY(draw_dataset(d, s, &s->datasets[i], rows, err));
    return DEAR_OK;
}
