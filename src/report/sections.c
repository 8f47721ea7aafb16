#include "report/sections.h"

#include <math.h>
#include <stdio.h>

void section_dataset_heading(document *d, const study *s, const study_dataset *set) {
    if (s->count > 1)
        document_heading(d, 3, "%s", set->name);
}

void section_value_cell(document *d, double value) {
    if (isnan(value))
        document_cell(d, "\u2013");
    else
        document_cell(d, "%.1f", value * 100);
}

dear_status section_add_plot(document *d, plot *p, const char *title, const char *description,
                             dear_error *err) {
    char id[32];
    snprintf(id, sizeof id, "figure-%zu", d->count);
    char *svg;
    dear_status status = plot_draw(&svg, p, id, title, description, err);
    plot_free(p);
    if (status == DEAR_OK)
        document_figure(d, svg, title, description);
    return status;
}
