#include "report/sections.h"

#include <stdio.h>

static double total(json_t *responses) {
    double sum = 0;
    const char *name;
    json_t *count;
    json_object_foreach(responses, name, count) sum += json_number_value(count);
    return sum;
}

static void table_of(document *d, const study_dataset *set, const study_run *r) {
    double all = total(r->about.responses);
    document_table(d, "%s: responses of %s", set->name, r->label);
    document_column(d, COLUMN_NAME, "Class");
    document_column(d, COLUMN_NUMBER, "Responses");
    document_column(d, COLUMN_NUMBER, "%%");
    const char *name;
    json_t *count;
    json_object_foreach(r->about.responses, name, count) {
        document_cell(d, "%s", name);
        document_cell(d, "%.0f", json_number_value(count));
        document_cell(d, "%.1f", all > 0 ? 100 * json_number_value(count) / all : 0);
    }
}

static dear_status draw(document *d, const study_dataset *set, const study_run *r,
                        dear_error *err) {
    char title[256], description[128];
    double all = total(r->about.responses);
    snprintf(title, sizeof title, "%s: responses of %s", set->name, r->label);
    snprintf(description, sizeof description,
             "Classes of the %.0f responses of the listwise stage.", all);
    plot p = plot_begin(260);
    plot_add(&p, "$d << EOD\n");
    const char *name;
    json_t *count;
    int bar = 0;
    json_object_foreach(r->about.responses, name, count)
        plot_add(&p, "%d %.0f {%zu}\n", bar++, json_number_value(count), plot_label(&p, name));
    plot_add(&p,
             "EOD\nset xrange [-0.6:%d.6]\nset yrange [0:*]\nset offsets 0, 0, graph 0.1, 0\n"
             "set ylabel 'responses'\nset boxwidth 0.6\nset style fill pattern 4\n"
             "plot $d using 1:2:xticlabels(3) with boxes linestyle 1, "
             "$d using 1:2:2 with labels center offset 0,0.6 textcolor '#222222'\n",
             bar - 1);
    return section_add_plot(d, &p, title, description, err);
}

static bool has_responses(const study_run *r) {
    return r->about.responses && total(r->about.responses) > 0;
}

static bool any_responses(const study *s) {
    for (size_t i = 0; i < s->count; i++)
        for (size_t r = 0; r < s->datasets[i].count; r++)
            if (has_responses(&s->datasets[i].runs[r]))
                return true;
    return false;
}

dear_status section_responses(document *d, const study *s, dear_error *err) {
    if (!any_responses(s))
        return DEAR_OK;
    document_heading(d, 2, "Responses of the listwise stage");
    for (size_t i = 0; i < s->count; i++)
        for (size_t r = 0; r < s->datasets[i].count; r++)
            if (has_responses(&s->datasets[i].runs[r])) {
                table_of(d, &s->datasets[i], &s->datasets[i].runs[r]);
                TRY(draw(d, &s->datasets[i], &s->datasets[i].runs[r], err));
            }
    return DEAR_OK;
}
