#include "cmocka_setup.h"

#include "report/label_places.h"

static void label_stands_right_where_there_is_room(void **state) {
    (void)state;
    labelled_point p[] = {{0.1, 0.5, 0.3, 0.05, LABEL_SIDES}};
    label_places_choose(p, 1);
    assert_int_equal(p[0].side, LABEL_RIGHT);
}

static void label_keeps_off_points_and_edges(void **state) {
    (void)state;
    labelled_point p[] = {
        {0.4, 0.5, 0.3, 0.05, 0}, {0.6, 0.5, 0.3, 0.05, 0}, {0.9, 0.2, 0.3, 0.05, 0}};
    label_places_choose(p, 3);
    assert_int_equal(p[0].side, LABEL_LEFT); /* the second point is on its right */
    assert_int_equal(p[1].side, LABEL_RIGHT);
    assert_int_equal(p[2].side, LABEL_LEFT); /* the edge is */
}

static void labels_keep_off_each_other(void **state) {
    (void)state;
    labelled_point p[] = {{0.5, 0.5, 0.3, 0.05, 0}, {0.53, 0.54, 0.3, 0.05, 0}};
    label_places_choose(p, 2);
    assert_int_equal(p[0].side, LABEL_RIGHT);
    assert_int_not_equal(p[1].side, LABEL_RIGHT);
}

static void where_no_side_is_free_it_is_right(void **state) {
    (void)state;
    labelled_point p[] = {{0.5, 0.5, 2, 2, LABEL_BELOW}};
    label_places_choose(p, 1);
    assert_int_equal(p[0].side, LABEL_RIGHT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_stands_right_where_there_is_room),
        cmocka_unit_test(label_keeps_off_points_and_edges),
        cmocka_unit_test(labels_keep_off_each_other),
        cmocka_unit_test(where_no_side_is_free_it_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
