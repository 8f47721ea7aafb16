#include "report/published_entry.h"

#include <math.h>
#include <string.h>

static bool same_entry(const published_row *a, const published_row *b) {
    return strcmp(a->dataset, b->dataset) == 0 && strcmp(a->system, b->system) == 0 &&
           strcmp(a->source, b->source) == 0;
}

bool published_begins_entry(const published *rows, size_t i) {
    for (size_t before = 0; before < i; before++)
        if (same_entry(&rows->rows[before], &rows->rows[i]))
            return false;
    return true;
}

double published_entry_value(const published *rows, const published_row *row, const char *name) {
    for (size_t i = 0; i < rows->count; i++)
        if (same_entry(&rows->rows[i], row) && strcmp(rows->rows[i].measure, name) == 0)
            return rows->rows[i].value;
    return NAN;
}
