/* Where labels of a scatter plot go, so that none covers a point or another label. */
#ifndef DEAR_REPORT_LABEL_PLACES_H
#define DEAR_REPORT_LABEL_PLACES_H

#include <stddef.h>

typedef enum label_side {
    LABEL_RIGHT,
    LABEL_LEFT,
    LABEL_ABOVE,
    LABEL_BELOW,
    LABEL_SIDES
} label_side;

/* A point and its label's size, all in shares of the plot: 0 to 1 from left to right, and up. */
typedef struct labelled_point {
    double x, y;
    double width, height;
    label_side side; ///< what label_places_choose has chosen
} labelled_point;

/* Chooses a side for each of `count` labels, one after the other: the first, in the order above,
 * where it stays inside the plot, on no point and on no label placed before; right if none does. */
void label_places_choose(labelled_point *points, size_t count);

#endif
