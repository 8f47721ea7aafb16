#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rank/hits.h"

#include <stdio.h>
#include <string.h>

static void finds_queries_by_id(void **state) {
    (void)state;
    enum { MANY = 2000 };
    hit_set set = {0};
    char qid[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(qid, sizeof qid, "q%d", i);
        assert_non_null(hit_set_add(&set, qid, "text"));
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(qid, sizeof qid, "q%d", i);
        assert_ptr_equal(hit_set_find(&set, qid), &set.lists[i]);
    }
    assert_null(hit_set_find(&set, "q2000"));
    assert_null(hit_set_find(&set, ""));
    hit_set_free(&set);
    assert_null(hit_set_find(&set, "q1"));
}

static void ties_keep_their_order(void **state) {
    (void)state;
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "q", "");
    const double scores[] = {1, 3, 2, 3, 1, 3};
    char docid[2] = "a";
    for (int i = 0; i < 6; i++, docid[0]++)
        assert_true(hit_list_add(list, docid, "", "", scores[i]));
    hit_list_sort(list);
    const char expected[] = "bdfcae";
    for (int i = 0; i < 6; i++) {
        assert_int_equal(list->hits[i].docid[0], expected[i]);
        assert_int_equal(list->hits[i].rank, i + 1);
        assert_int_equal(list->hits[i].first_rank, expected[i] - 'a' + 1);
    }
    hit_list_cut(list, 2);
    assert_int_equal(list->count, 2);
    hit_list_cut(list, 5);
    assert_int_equal(list->count, 2);
    hit_set_free(&set);
}

static void strings_become_valid_utf8(void **state) {
    (void)state;
    hit_set set = {0};
    hit_list *list = hit_set_add(&set, "q", "caf\xe9");
    assert_string_equal(list->query, "caf\xef\xbf\xbd");
    assert_true(hit_list_add(list, "d", "t\xff\xfe", "\xf0\x9f\xa6\x99 \xe2\x82", 1));
    assert_string_equal(list->hits[0].title, "t\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(list->hits[0].text, "\xf0\x9f\xa6\x99 \xef\xbf\xbd\xef\xbf\xbd");
    assert_true(hit_give_passage(&list->hits[0], "new", "passage"));
    assert_string_equal(list->hits[0].docid, "d");
    assert_string_equal(list->hits[0].title, "new");
    assert_string_equal(list->hits[0].text, "passage");
    hit_set_free(&set);
}

static void joins_sets_without_common_queries(void **state) {
    (void)state;
    hit_set a = {0}, b = {0}, c = {0};
    hit_set_add(&a, "1", "one");
    hit_list_add(hit_set_add(&b, "2", "two"), "d", "", "", 0);
    hit_set_add(&c, "1", "again");
    dear_error err;
    assert_int_equal(hit_set_join(&a, &b, &err), DEAR_OK);
    assert_int_equal(a.count, 2);
    assert_int_equal(b.count, 0);
    assert_int_equal(hit_set_find(&a, "2")->count, 1);
    assert_int_equal(hit_set_join(&a, &c, &err), DEAR_ERROR_INPUT);
    assert_non_null(strstr(err.message, "\"1\""));
    assert_int_equal(a.count, 2);
    assert_int_equal(c.count, 1);
    hit_set_free(&a);
    hit_set_free(&c);
}

static bool build(hit_set *set) {
    for (unsigned char i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        hit_list *list = hit_set_add(set, id, "query");
        if (!list || !hit_list_add(list, id, "title", "text", i))
            return false;
    }
    return true;
}

static void survives_every_failed_allocation(void **state) {
    (void)state;
    bool built = false;
    for (long n = 1; !built; n++) {
        hit_set set = {0};
        mem_fail_after(n);
        built = build(&set);
        mem_fail_after(0);
        hit_set_free(&set);
        assert_true(n < 1000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_queries_by_id),
        cmocka_unit_test(ties_keep_their_order),
        cmocka_unit_test(strings_become_valid_utf8),
        cmocka_unit_test(joins_sets_without_common_queries),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
