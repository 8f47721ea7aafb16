#include "cmocka_setup.h"

#include "llm/sampler.h"

#include <math.h>
#include <string.h>

enum { VOCAB = 6, DRAWS = 200000 };

/* Probabilities 0.4, 0.3, 0.15, 0.1, 0.05, 0. */
static const float logits[VOCAB] = {-0.9162907f, -1.2039728f, -1.8971200f,
                                    -2.3025851f, -2.9957323f, -INFINITY};

static void draw(const sampler_options *options, double share[VOCAB]) {
    sampler *s;
    dear_error err;
    int counts[VOCAB] = {0};
    assert_int_equal(sampler_create(&s, options, VOCAB, &err), DEAR_OK);
    for (int i = 0; i < DRAWS; i++)
        counts[sampler_next(s, logits)]++;
    for (int i = 0; i < VOCAB; i++)
        share[i] = (double)counts[i] / DRAWS;
    sampler_free(s);
}

static void expect(const double *share, const double *wanted) {
    for (int i = 0; i < VOCAB; i++)
        assert_true(fabs(share[i] - wanted[i]) < 0.005);
}

static void greedy_takes_the_first_of_the_likeliest(void **state) {
    (void)state;
    sampler_options greedy = {.top_p = 1};
    sampler *s;
    dear_error err;
    const float ties[VOCAB] = {0, 3, 1, 3, 2, 3};
    assert_int_equal(sampler_create(&s, &greedy, VOCAB, &err), DEAR_OK);
    assert_int_equal(sampler_next(s, ties), 1);
    sampler_free(s);
}

static void draws_follow_the_probabilities(void **state) {
    (void)state;
    double share[VOCAB];
    draw(&(sampler_options){.temperature = 1, .top_p = 1, .seed = 1}, share);
    expect(share, (double[]){0.4, 0.3, 0.15, 0.1, 0.05, 0});
}

static void temperature_sharpens(void **state) {
    (void)state;
    double share[VOCAB];
    draw(&(sampler_options){.temperature = 0.5f, .top_p = 1, .seed = 2}, share);
    double squares = 0.16 + 0.09 + 0.0225 + 0.01 + 0.0025;
    expect(share, (double[]){0.16 / squares, 0.09 / squares, 0.0225 / squares, 0.01 / squares,
                             0.0025 / squares, 0});
}

static void filters_cut_the_tail(void **state) {
    (void)state;
    double share[VOCAB];
    draw(&(sampler_options){.temperature = 1, .top_p = 1, .top_k = 2, .seed = 3}, share);
    expect(share, (double[]){4.0 / 7, 3.0 / 7, 0, 0, 0, 0});
    draw(&(sampler_options){.temperature = 1, .top_p = 0.75f, .seed = 4}, share);
    expect(share, (double[]){0.4 / 0.85, 0.3 / 0.85, 0.15 / 0.85, 0, 0, 0});
    draw(&(sampler_options){.temperature = 1, .top_p = 1, .min_p = 0.3f, .seed = 5}, share);
    expect(share, (double[]){0.4 / 0.85, 0.3 / 0.85, 0.15 / 0.85, 0, 0, 0});
}

static void the_same_seed_makes_the_same_choices(void **state) {
    (void)state;
    sampler_options options = {.temperature = 1, .top_p = 1, .seed = 77};
    sampler *a, *b;
    dear_error err;
    assert_int_equal(sampler_create(&a, &options, VOCAB, &err), DEAR_OK);
    assert_int_equal(sampler_create(&b, &options, VOCAB, &err), DEAR_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(sampler_next(a, logits), sampler_next(b, logits));
    sampler_free(a);
    sampler_free(b);
}

static void options_out_of_range_are_refused(void **state) {
    (void)state;
    const sampler_options wrong[] = {{.temperature = -1, .top_p = 1},
                                     {.temperature = NAN, .top_p = 1},
                                     {.top_p = 0},
                                     {.top_p = 1.5f},
                                     {.top_p = 1, .min_p = 2},
                                     {.top_p = 1, .top_k = -1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sampler *s;
        dear_error err;
        assert_int_equal(sampler_create(&s, &wrong[i], VOCAB, &err), DEAR_ERROR_USAGE);
        assert_null(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_takes_the_first_of_the_likeliest),
        cmocka_unit_test(draws_follow_the_probabilities),
        cmocka_unit_test(temperature_sharpens),
        cmocka_unit_test(filters_cut_the_tail),
        cmocka_unit_test(the_same_seed_makes_the_same_choices),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
