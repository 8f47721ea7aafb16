#include "report/label_places.h"

#include <stdbool.h>

typedef struct box {
    double left, right, bottom, top;
} box;

static const double gap = 0.02; /* between a point and its label */
static const double radius = 0.012;

static box label_box(const labelled_point *p, label_side side) {
    double left = side == LABEL_RIGHT  ? p->x + gap
                  : side == LABEL_LEFT ? p->x - gap - p->width
                                       : p->x - p->width / 2;
    double bottom = side == LABEL_ABOVE   ? p->y + gap
                    : side == LABEL_BELOW ? p->y - gap - p->height
                                          : p->y - p->height / 2;
    return (box){left, left + p->width, bottom, bottom + p->height};
}

static box point_box(const labelled_point *p) {
    return (box){p->x - radius, p->x + radius, p->y - radius, p->y + radius};
}

static bool overlap(box a, box b) {
    return a.left < b.right && b.left < a.right && a.bottom < b.top && b.bottom < a.top;
}

static bool is_inside(box b) {
    return b.left >= 0 && b.right <= 1 && b.bottom >= 0 && b.top <= 1;
}

static bool is_free(const labelled_point *points, size_t count, size_t i, label_side side) {
    box wanted = label_box(&points[i], side);
    for (size_t k = 0; k < count; k++)
        if (k != i && overlap(wanted, point_box(&points[k])))
            return false;
    for (size_t k = 0; k < i; k++)
        if (overlap(wanted, label_box(&points[k], points[k].side)))
            return false;
    return is_inside(wanted);
}

void label_places_choose(labelled_point *points, size_t count) {
    for (size_t i = 0; i < count; i++) {
        points[i].side = LABEL_RIGHT;
        for (label_side side = LABEL_RIGHT; side < LABEL_SIDES; side++)
            if (is_free(points, count, i, side)) {
                points[i].side = side;
                break;
            }
    }
}
